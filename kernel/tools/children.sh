# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by common.sh: children that end when their script ends, whatever ends it. Bash handles a
# signal at once only during the builtin wait, so everything that takes long runs in the background.

CHILD='' CHILD_IN_NAMESPACE=false ANSWER='' ANSWER_FILE=''

# on_exit FUNCTION: calls FUNCTION at the end, whatever the reason. Children in the background
# ignore SIGINT, so a script passes every signal on as SIGTERM.
on_exit() {
	# shellcheck disable=SC2064  # expand the name now
	trap "end_child; $1" EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
}

# run_child PROGRAM...: runs PROGRAM and returns its status; PROGRAM ends if this script is killed
run_child() {
	local status
	setpriv --pdeathsig TERM -- "$@" <&0 &
	CHILD=$!
	wait "$CHILD"
	status=$?
	CHILD='' CHILD_IN_NAMESPACE=false
	return "$status"
}

# child_answer COMMAND...: like ANSWER=$(COMMAND...), but a signal ends COMMAND
child_answer() {
	local status
	make_cache
	ANSWER_FILE=$(mktemp "$CACHE/tmp/answer.XXXXXX") ||
		die "cannot make a file in $CACHE/tmp" "is the disk full?"
	run_child "$@" >"$ANSWER_FILE"
	status=$?
	# shellcheck disable=SC2034  # the caller reads it
	ANSWER=$(<"$ANSWER_FILE")
	rm -f "$ANSWER_FILE"
	ANSWER_FILE=
	return "$status"
}

# run_in_namespace COMMAND...: run_child in mount and process namespaces that end with COMMAND
run_in_namespace() {
	local options=(--mount --pid --fork --kill-child)
	if [ "$1" = --no-network ]; then
		options+=(--net)
		shift
	fi
	CHILD_IN_NAMESPACE=true
	run_child setpriv --pdeathsig KILL -- unshare "${options[@]}" --mount-proc -- "$@"
}

# end_child: ends the child and waits for it, so that it can clean up. unshare blocks SIGTERM, so in
# a namespace this kills the first process; unshare ends when the last of the others is gone. It
# waits only if the signal was delivered: in a trap, bash waits for ever for a child that it has
# already reaped.
end_child() {
	local first='' victim=$CHILD signal=TERM
	[ -z "$ANSWER_FILE" ] || rm -f "$ANSWER_FILE"
	[ -n "$CHILD" ] || return 0
	if $CHILD_IN_NAMESPACE; then
		{ read -r first _ <"/proc/$CHILD/task/$CHILD/children"; } 2>/dev/null
		victim=${first:-$CHILD} signal=KILL
	fi
	! kill -"$signal" "$victim" 2>/dev/null || wait "$CHILD" 2>/dev/null
	CHILD=''
}
