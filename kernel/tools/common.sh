# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the tools: messages, the cache, locks, stamps, children. Needs bash.

set -u -o pipefail
export LC_ALL=C.UTF-8

TOOLS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
CLONE=$(cd "$TOOLS/../.." && pwd) || exit 1
CACHE=${IOURINGD_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/iouringd}
SUITE=trixie
KERNEL_MINIMUM=7.2
export TOOLS CLONE CACHE SUITE KERNEL_MINIMUM

# progress TEXT: what is being done now; for people only, so silent in a pipe
progress() {
	if [ -t 2 ]; then
		printf '%s\n' "-- $*" >&2
	fi
}

# stage TEXT: one line for a step that takes long; also told in CI's log
stage() {
	if [ -t 2 ] || [ -n "${CI:-}" ]; then
		printf '%s\n' "-- $*" >&2
	fi
}

warn() {
	printf '%s\n' "iouringd: $*" >&2
}

# die TEXT...: what happened, to what, what to do; a line each
die() {
	printf 'iouringd: %s\n' "$1" >&2
	shift
	[ $# -eq 0 ] || printf '  %s\n' "$@" >&2
	exit 1
}

need_root() {
	[ "$(id -u)" -eq 0 ] || die "this needs root (it makes a chroot and mounts in a namespace of its own)" \
		"run it as root, for example: sudo ./run $*"
}

# make_cache: the cache directory exists and is ours
make_cache() {
	mkdir -p "$CACHE/tmp" || die "cannot make the cache directory $CACHE" \
		"set IOURINGD_CACHE to a directory on a disk with 8 GB free"
}

# hash_of FILE...: one name for the content of these files and the words on standard input, if any
hash_of() {
	local f
	for f; do
		sha256sum <"$f" || exit 1
	done | sha256sum | cut -c1-16
}

# lock NAME WHAT: wait for the lock of that name, telling the user why; held until unlock or exit.
# The descriptor is in LOCK_FD; long-lived children close it with {LOCK_FD}>&-.
LOCK_FD=
lock() {
	exec {LOCK_FD}>"$CACHE/$1.lock" || die "cannot open $CACHE/$1.lock"
	flock -n "$LOCK_FD" && return
	[ -n "${IOURINGD_QUIET_LOCK:-}" ] || warn "waiting for another run that is $2"
	flock "$LOCK_FD" || die "cannot lock $CACHE/$1.lock"
}

unlock() {
	exec {LOCK_FD}>&-
	LOCK_FD=
}

# stamp DIR FILE...: records size and time of each file, so that a half or damaged artefact is noticed
stamp() {
	local dir=$1
	shift
	(cd "$dir" && stat -c '%n %s %Y' "$@") >"$dir/stamp.new" && mv "$dir/stamp.new" "$dir/stamp"
}

# stamped DIR: whether DIR is whole, as stamp left it
stamped() {
	local dir=$1 name rest files=()
	[ -s "$dir/stamp" ] || return 1
	while read -r name rest; do
		files+=("$name")
	done <"$dir/stamp"
	(cd "$dir" && stat -c '%n %s %Y' "${files[@]}" 2>/dev/null) | cmp -s - "$dir/stamp"
}

# scratch_dir NAME: makes a temporary directory in the cache and prints it
scratch_dir() {
	mktemp -d "$CACHE/tmp/$1.XXXXXX" || die "cannot make a directory in $CACHE/tmp" "is the disk full?"
}

# run_child COMMAND...: runs it so that a signal to this script ends it too; returns its status.
# Callers' exit traps then clean up. Background children ignore SIGINT, hence TERM.
CHILD=
CHILD_SIGNAL=TERM
run_child() {
	"$@" <&0 &
	CHILD=$!
	local status
	wait "$CHILD"
	status=$?
	CHILD=
	return "$status"
}

end_child() {
	[ -n "$CHILD" ] || return 0
	kill -"$CHILD_SIGNAL" "$CHILD" 2>/dev/null
	wait "$CHILD" 2>/dev/null
	CHILD=
}

# on_exit FUNCTION: calls it at the end, whatever the reason of the end
on_exit() {
	# shellcheck disable=SC2064  # the name is wanted now
	trap "end_child; $1" EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM
	trap 'exit 129' HUP
}
