# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by tree and kernel-tree, after common.sh: makes a directory with Debian 13, once.

DEBIAN_SUITE=trixie

# begin_tree DIR LOCK WHAT TIME: if DIR is complete, prints it and ends this script. Otherwise
# prepares to make WHAT in SCRATCH, which takes TIME, from the packages of ARCHIVE.
ARCHIVE=
begin_tree() {
	answer_if_made "$1" "$1"
	need_root
	make_cache
	lock "$2" "making $3"
	answer_if_made "$1" "$1"
	[ ! -e "$1" ] || warn "$1 is damaged; making it again"
	PATH=$PATH:/usr/sbin:/sbin
	"$TOOLS/host-packages" || exit 1
	scratch_dir tree
	on_exit remove_scratch
	ARCHIVE=$("$TOOLS/archive") || exit 1
	stage "making $3 ($4, once)"
}

# make_root WHAT LIST [OPTION...]: makes SCRATCH/root from the packages in the file LIST. An OPTION
# that begins with -- is mmdebstrap's; any other is a further line for apt's sources.
make_root() {
	local what=$1 packages options=() sources=("deb $ARCHIVE $DEBIAN_SUITE main") option
	packages=$(sed 's/#.*//' "$2" | xargs | tr ' ' ,)
	shift 2
	for option; do
		case $option in
		--*) options+=("$option") ;;
		*) sources+=("$option") ;;
		esac
	done
	if ! run_in_namespace mmdebstrap --variant=apt --mode=root --format=directory \
		--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Retries "3"' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-include=/usr/share/doc/*/copyright' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/info/*' \
		--include="$packages" "${options[@]}" "$DEBIAN_SUITE" "$SCRATCH/root" \
		"${sources[@]}" >"$SCRATCH/log" 2>&1 </dev/null; then
		tail -n 30 "$SCRATCH/log" >&2
		die "mmdebstrap cannot make $what from $ARCHIVE" \
			"see its last lines above; check the network, and that $CACHE has 8 GB free"
	fi
	chmod 755 "$SCRATCH/root"
}
