# SPDX-License-Identifier: LGPL-2.1-or-later
# Turns meson's testlog.json (one object for each program) into one TAP stream for tap-count. A
# program without TAP output counts as one test.

def ended:
	if .result == "OK" or .result == "SKIP" or .result == "EXPECTEDFAIL" then 0
	elif (.returncode // 0) != 0 then .returncode
	else 1 end;
def lines: if . == null or . == "" then empty else rtrimstr("\n") end;
def comment: lines | split("\n")[] | select(. != "") | "# " + .;
def known: ["OK", "FAIL", "SKIP"] | index(.) != null;

(.name | split(" / ") | last) as $name |
"# program: \($name)",
(if (.stdout // "") | test("(^|\n)(TAP version|1\\.\\.[0-9])")
 then (.stdout | lines)
 else "1..1",
	(if .result == "SKIP" then "ok 1 - # SKIP \([.stdout | lines] | add // "")"
	 elif ended == 0 then "ok 1"
	 else "not ok 1", (.stdout | comment)
	 end)
 end),
(if ended != 0 then .stderr | comment else empty end),
"# program ended: \(ended)\(if .result | known then "" else " (\(.result | ascii_downcase))" end)"
