# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by common.sh: children that end when their script ends, whatever ends it. Bash tells a waiting
# script of a signal only while it is in wait, so all that takes long runs in the background.

CHILD='' CHILD_IN_NAMESPACE=false ANSWER='' ANSWER_FILE=''

# on_exit FUNCTION: called at the end, whatever the reason of the end. Children in the background ignore
# SIGINT, so a script passes every signal on as SIGTERM.
on_exit() {
	# shellcheck disable=SC2064  # the name is wanted now
	trap "end_child; $1" EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
}

# run_child PROGRAM...: runs it to its end and returns its status; it ends too if this script is killed
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
	ANSWER_FILE=$(mktemp "$CACHE/tmp/answer.XXXXXX") || die "cannot make a file in $CACHE/tmp" "is the disk full?"
	run_child "$@" >"$ANSWER_FILE"
	status=$?
	# shellcheck disable=SC2034  # it is the caller's
	ANSWER=$(<"$ANSWER_FILE")
	rm -f "$ANSWER_FILE"
	ANSWER_FILE=
	return "$status"
}

# run_in_namespace COMMAND...: run_child with mounts and processes of its own, which all end with it
run_in_namespace() {
	local options=(--mount --pid --fork --kill-child)
	if [ "$1" = --no-network ]; then
		options+=(--net)
		shift
	fi
	CHILD_IN_NAMESPACE=true
	run_child setpriv --pdeathsig KILL -- unshare "${options[@]}" --mount-proc -- "$@"
}

# end_child: unshare shuts out SIGTERM, so there the first process of the namespace is killed: unshare
# ends when the last of the others is gone. Children get time to end in order. (A child is waited for only
# if there was one to kill: in a trap, bash waits for ever for one that it has seen the end of already.)
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
