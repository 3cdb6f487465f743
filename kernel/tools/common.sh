# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the tools: where things are, messages, locks, and what the cache holds. Needs bash.

set -u -o pipefail
export LC_ALL=C.UTF-8

TOOLS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
CLONE=$(cd "$TOOLS/../.." && pwd) || exit 1
CACHE=${IOURINGD_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/iouringd}
[[ $CACHE == /* ]] || CACHE=$PWD/$CACHE
{ : <&0; } 2>/dev/null || exec </dev/null # children are given it
KEEP_DAYS=2 # what nobody used for so long goes when its successor is made
export TOOLS CLONE CACHE

# progress TEXT: what is being done now; for people only, so silent in a pipe
progress() {
	[ ! -t 2 ] || printf '%s\n' "-- $*" >&2
}

# stage TEXT: a step that takes long; in CI's log too
stage() {
	if [ -t 2 ] || [ -n "${CI:-}" ]; then
		printf '%s\n' "-- $*" >&2
	fi
}

warn() {
	printf '%s\n' "iouringd: $*" >&2
}

# die TEXT...: what happened, to what; then what to do, a line each
die() {
	printf 'iouringd: %s\n' "$1" >&2
	shift
	[ $# -eq 0 ] || printf '  %s\n' "$@" >&2
	exit 1
}

# own_kernel NAME: whether it is built here, out of our series, or is an image that somebody names: then no
# archive has it, and no tree
own_kernel() {
	case $1 in
	patched | debug | kcsan | */*) return 0 ;;
	*) return 1 ;;
	esac
}

need_root() {
	[ "$(id -u)" -eq 0 ] || die "this needs root (it makes a chroot, and mounts in a namespace of its own)" \
		"run it again as root"
}

make_cache() {
	mkdir -p "$CACHE/tmp" || die "cannot make the cache directory $CACHE" \
		"set IOURINGD_CACHE to a directory on a disk with 8 GB free"
}

# hash_of FILE...: one name for what is in these files
hash_of() {
	local file
	for file; do
		sha256sum <"$file" || exit 1
	done | sha256sum | cut -c1-16
}

# lock NAME WHAT: waits for the lock of that name and says why; held until unlock or exit.
LOCK_FD=
lock() {
	exec {LOCK_FD}>"$CACHE/$1.lock" || die "cannot open the lock $CACHE/$1.lock"
	flock --nonblock "$LOCK_FD" && return
	warn "waiting for another run that is $2"
	flock "$LOCK_FD" || die "cannot take the lock $CACHE/$1.lock"
}

unlock() {
	exec {LOCK_FD}>&-
	LOCK_FD=
}

# scratch_dir NAME: makes a temporary directory, SCRATCH. A lock on it says that it is in use; one whose
# owner was killed has no lock any more, and is removed by the next to come here.
SCRATCH=
scratch_dir() {
	local dir fd
	make_cache
	exec {fd}<"$CACHE/tmp"
	flock "$fd" || die "cannot lock $CACHE/tmp"
	find "$CACHE/tmp" -maxdepth 1 -name 'answer.*' -mtime +0 -delete
	for dir in "$CACHE"/tmp/*/; do
		[ ! -d "$dir" ] || ! flock --nonblock --exclusive "$dir" true || rm -rf --one-file-system "$dir"
	done
	SCRATCH=$(mktemp -d "$CACHE/tmp/$1.XXXXXX") || die "cannot make a directory in $CACHE/tmp" "is the disk full?"
	exec {SCRATCH_FD}<"$SCRATCH"
	flock --shared "$SCRATCH_FD" || die "cannot lock $SCRATCH"
	exec {fd}<&-
}

# made DIR: whether DIR is whole, as finish left it: a damaged file has another size or time
made() {
	local name names=()
	[ -s "$1/stamp" ] || return 1
	while read -r name _; do
		names+=("$name")
	done <"$1/stamp"
	(cd "$1" && stat -c '%n %s %Y' "${names[@]}" 2>/dev/null) | cmp -s - "$1/stamp" || return 1
	touch -c "$1/used" 2>/dev/null
	return 0
}

# answer_if_made DIR ANSWER: the answer and the end of this script, if DIR is whole
answer_if_made() {
	if made "$1"; then
		printf '%s\n' "$2"
		exit
	fi
}

# remove_scratch: for on_exit
remove_scratch() {
	rm -rf --one-file-system "$SCRATCH"
}

# finish NEW DIR FILE...: what was made in NEW becomes DIR, with a stamp of the files that must stay as
# they are. Others of its kind (same name up to the last -) that nobody used lately are removed.
finish() {
	local new=$1 dir=$2 other
	shift 2
	: >"$new/used"
	(cd "$new" && stat -c '%n %s %Y' "$@" >stamp) || die "what was made in $new lacks one of: $*"
	chmod 755 "$new"
	if ! { rm -rf --one-file-system "$dir" && mv "$new" "$dir"; }; then
		die "cannot put $new into place as $dir"
	fi
	for other in "${dir%-*}"-*/; do
		[ "${other%/}" = "$dir" ] || [ -z "$(find "$other" -maxdepth 1 -name used -mtime +$((KEEP_DAYS - 1)))" ] ||
			rm -rf --one-file-system "$other"
	done
}

# shellcheck source=kernel/tools/children.sh
. "$TOOLS/children.sh"
