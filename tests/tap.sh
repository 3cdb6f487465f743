# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# For the shell tests of the guest: TAP, one line for each check, what went wrong as diagnostics.
# A test file sources this, calls check…, and ends by calling `finish`.

tap_count=0
tap_failed=0
TAP_DIR=$(mktemp -d) || exit 1
trap 'rm -rf "$TAP_DIR"' EXIT
# shellcheck disable=SC2034 # for the tests that source this
TESTS=/usr/lib/iouringd/tests

# result STATUS NAME [FILE]: a line of TAP; FILE becomes diagnostics when the status is not 0
result() {
	tap_count=$((tap_count + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $tap_count - $2"
	else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_count - $2"
		[ -z "${3:-}" ] || head -c 4000 "$3" | sed 's/^/# /'
	fi
}

# skip NAME CAPABILITY: what this machine lacks for it
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP needs $2"
}

# check NAME COMMAND...: it succeeds
check() {
	local name=$1 status
	shift
	"$@" >"$TAP_DIR/out" 2>&1
	status=$?
	[ $status -eq 0 ] || echo "(exit status $status of: $*)" >>"$TAP_DIR/out"
	result $status "$name" "$TAP_DIR/out"
}

# check_says NAME REGEX COMMAND...: it succeeds, and its output matches
check_says() {
	local name=$1 regex=$2
	shift 2
	says 0 "$regex" "$@"
	result $? "$name" "$TAP_DIR/out"
}

# check_fails NAME STATUS REGEX COMMAND...: it exits with STATUS, and its output matches
check_fails() {
	local name=$1 expected=$2 regex=$3
	shift 3
	says "$expected" "$regex" "$@"
	result $? "$name" "$TAP_DIR/out"
}

says() {
	local expected=$1 regex=$2 status
	shift 2
	"$@" >"$TAP_DIR/out" 2>&1
	status=$?
	if [ $status -ne "$expected" ]; then
		echo "(exit status $status, expected $expected, of: $*)" >>"$TAP_DIR/out"
		return 1
	fi
	if [ -n "$regex" ] && ! grep -Eqz -- "$regex" "$TAP_DIR/out"; then
		echo "(nothing there matches: $regex)" >>"$TAP_DIR/out"
		return 1
	fi
}

# check_equal NAME EXPECTED ACTUAL
check_equal() {
	printf 'expected: %s\nfound:    %s\n' "$2" "$3" >"$TAP_DIR/out"
	[ "$2" = "$3" ]
	result $? "$1" "$TAP_DIR/out"
}

# as USER COMMAND...: in that user's name
as() {
	local user=$1
	shift
	runuser -u "$user" -- "$@"
}

# wait_until SECONDS COMMAND...: for conditions that nothing announces (processes that end)
wait_until() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || return 1
		sleep 0.05
	done
}

finish() {
	echo "1..$tap_count"
	[ $tap_failed -eq 0 ]
}

# ---- what a ring leaves behind: all of it ----

daemon_pid() {
	systemctl show --property=MainPID --value iouringd.service
}

# load_programs: has every shipped program loaded, so that a loaded one more is no leak
load_programs() {
	local program files
	for program in nop copy copy-paced chase; do
		files=''
		case $program in
		copy*) files=',"files":[{"slot":"source","fileDescriptor":0},{"slot":"target","fileDescriptor":1}]' ;;
		chase) files=',"files":[{"slot":"file","fileDescriptor":0}]' ;;
		esac
		case $program in
		nop) set -- ;;
		chase) set -- --fd "$TAP_DIR/source" ;;
		*) set -- --fd "$TAP_DIR/source" --fd "$TAP_DIR/target" ;;
		esac
		: >"$TAP_DIR/source" >"$TAP_DIR/target"
		iouctl call CreateRing "{\"program\":\"$program\"$files}" "$@" >/dev/null || echo "# $program cannot be loaded"
	done
	wait_until 10 sh -c '! pgrep -x iouring-host'
}

# left_over: prints what is there of hosts, pins, sockets, memfds and descriptors of the daemon
left_over() {
	local pid
	pid=$(daemon_pid)
	echo "hosts $(pgrep -cx iouring-host)"
	echo "pins $(find /sys/fs/bpf/iouringd -mindepth 1 ! -name journal 2>/dev/null | wc -l)"
	echo "sockets $(find /run/iouringd/hosts -mindepth 1 2>/dev/null | wc -l)"
	echo "descriptors $(find "/proc/$pid/fd" -mindepth 1 2>/dev/null | wc -l)"
	echo "memfds $(find "/proc/$pid/fd" -lname '/memfd:*' 2>/dev/null | wc -l)"
	echo "links $(bpftool --json link list 2>/dev/null | jq length)"
}

# same_left_over EXPECTED
same_left_over() {
	[ "$(left_over)" = "$1" ]
}

# check_nothing_left NAME BASELINE: within seconds, as rings end when their clients do
check_nothing_left() {
	wait_until 10 same_left_over "$2"
	check_equal "$1" "$2" "$(left_over)"
}
