# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by the tools: paths, messages, locks, and the parts of the cache. Needs bash.

set -u -o pipefail
export LC_ALL=C.UTF-8

TOOLS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd) || exit 1
CLONE=$(cd "$TOOLS/../.." && pwd) || exit 1
CACHE=${IOURINGD_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/iouringd}
[[ $CACHE == /* ]] || CACHE=$PWD/$CACHE
{ : <&0; } 2>/dev/null || exec </dev/null # children inherit it
KEEP_DAYS=2 # a part that was not used for this long is removed when its successor is made
export TOOLS CLONE CACHE

# progress TEXT: reports the current step; for people only, so silent in a pipe
progress() {
	[ ! -t 2 ] || printf '%s\n' "-- $*" >&2
}

# stage TEXT: reports a step that takes long; in CI's log, too
stage() {
	if [ -t 2 ] || [ -n "${CI:-}" ]; then
		printf '%s\n' "-- $*" >&2
	fi
}

warn() {
	printf '%s\n' "iouringd: $*" >&2
}

# die TEXT...: reports what happened to which object, then what to do, one line each, and exits
die() {
	printf 'iouringd: %s\n' "$1" >&2
	shift
	[ $# -eq 0 ] || printf '  %s\n' "$@" >&2
	exit 1
}

# own_kernel NAME: whether the kernel is built here with our series, or is the path of an image.
# Then neither archive nor tree has it.
own_kernel() {
	case $1 in
	patched | debug | kcsan | */*) return 0 ;;
	*) return 1 ;;
	esac
}

need_root() {
	[ "$(id -u)" -eq 0 ] ||
		die "this needs root, to make a chroot and to mount in a namespace" \
			"run it again as root"
}

make_cache() {
	mkdir -p "$CACHE/tmp" || die "cannot make the cache directory $CACHE" \
		"set IOURINGD_CACHE to a directory on a disk with 8 GB free"
}

# hash_of FILE...: prints one hash of the files' contents
hash_of() {
	local file
	for file; do
		sha256sum <"$file" || exit 1
	done | sha256sum | cut -c1-16
}

# lock NAME WHAT: takes the lock of that name, and reports what it waits for; held until unlock or
# exit
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

# scratch_dir NAME: makes a temporary directory, SCRATCH, and keeps a lock on it. A directory whose
# owner was killed has no lock any more; the next call removes it.
SCRATCH=
scratch_dir() {
	local dir fd
	make_cache
	exec {fd}<"$CACHE/tmp"
	flock "$fd" || die "cannot lock $CACHE/tmp"
	find "$CACHE/tmp" -maxdepth 1 -name 'answer.*' -mtime +0 -delete
	for dir in "$CACHE"/tmp/*/; do
		[ ! -d "$dir" ] || ! flock --nonblock --exclusive "$dir" true ||
			rm -rf --one-file-system "$dir"
	done
	SCRATCH=$(mktemp -d "$CACHE/tmp/$1.XXXXXX") ||
		die "cannot make a directory in $CACHE/tmp" "is the disk full?"
	exec {SCRATCH_FD}<"$SCRATCH"
	flock --shared "$SCRATCH_FD" || die "cannot lock $SCRATCH"
	exec {fd}<&-
}

# made DIR: whether DIR is as finish left it; a damaged file has another size or time
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

# answer_if_made DIR ANSWER: if DIR is complete, prints ANSWER and ends this script
answer_if_made() {
	if made "$1"; then
		printf '%s\n' "$2"
		exit
	fi
}

# remove_scratch: to be called by on_exit
remove_scratch() {
	rm -rf --one-file-system "$SCRATCH"
}

# finish NEW DIR FILE...: moves NEW to DIR, with a stamp of the files that must not change. Removes
# other parts of the same kind (same name up to the last -) that were not used lately.
finish() {
	local new=$1 dir=$2 other old
	shift 2
	: >"$new/used"
	(cd "$new" && stat -c '%n %s %Y' "$@" >stamp) || die "$new lacks one of these files: $*"
	chmod 755 "$new"
	if ! { rm -rf --one-file-system "$dir" && mv "$new" "$dir"; }; then
		die "cannot move $new to $dir"
	fi
	for other in "${dir%-*}"-*/; do
		[ "${other%/}" != "$dir" ] || continue
		old=$(find "$other" -maxdepth 1 -name used -mtime +$((KEEP_DAYS - 1)))
		[ -z "$old" ] || rm -rf --one-file-system "$other"
	done
}

# shellcheck source=kernel/tools/children.sh
. "$TOOLS/children.sh"
