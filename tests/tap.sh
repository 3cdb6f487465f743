# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# For the shell tests in the guest. Prints TAP, one line for each check, and diagnostics of
# failures. A test file sources this, calls check…, and ends with `finish`.
#
# The machine may be slow and busy: no check depends on its speed. Tests wait for conditions with
# wait_until, and compare times only with other times of the same machine.

tap_count=0
tap_failed=0
TAP_DIR=$(mktemp -d) || exit 1
# For `journalctl --since`: programs before this one may have provoked errors.
export TAP_STARTED
TAP_STARTED=$(date +%s)
trap 'rm -rf "$TAP_DIR"' EXIT
PATIENCE=${TAP_PATIENCE:-300} # seconds after which a condition is taken for one that never comes
# shellcheck disable=SC2034 # for the tests that source this
TESTS=/usr/lib/iouringd/tests

# result STATUS NAME [FILE]: prints a line of TAP, and FILE as diagnostics if STATUS is not 0
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

# skip NAME REQUIREMENT: the machine lacks REQUIREMENT
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $1 # SKIP needs $2"
}

# check NAME COMMAND...: COMMAND succeeds
check() {
	local name=$1 status
	shift
	"$@" >"$TAP_DIR/out" 2>&1
	status=$?
	[ $status -eq 0 ] || echo "(exit status $status of: $*)" >>"$TAP_DIR/out"
	result $status "$name" "$TAP_DIR/out"
}

# check_says NAME REGEX COMMAND...: COMMAND succeeds, and its output matches
check_says() {
	local name=$1 regex=$2
	shift 2
	says 0 "$regex" "$@"
	result $? "$name" "$TAP_DIR/out"
}

# check_fails NAME STATUS REGEX COMMAND...: COMMAND exits with STATUS, and its output matches
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
		echo "(no match for: $regex)" >>"$TAP_DIR/out"
		return 1
	fi
}

# check_equal NAME EXPECTED ACTUAL
check_equal() {
	printf 'expected: %s\nfound:    %s\n' "$2" "$3" >"$TAP_DIR/out"
	[ "$2" = "$3" ]
	result $? "$1" "$TAP_DIR/out"
}

# as USER COMMAND...: runs COMMAND as USER
as() {
	local user=$1
	shift
	runuser -u "$user" -- "$@"
}

# wait_until COMMAND...: runs COMMAND until it succeeds
wait_until() {
	local deadline=$((SECONDS + PATIENCE))
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $deadline ] || {
			echo "# waited $PATIENCE s in vain for: $*"
			return 1
		}
		sleep 0.05
	done
}

finish() {
	echo "1..$tap_count"
	[ $tap_failed -eq 0 ]
}

# ---- rings: root calls a ring of alice's alice/NAME ----

# ring NAME FIELD: prints a field of a ring, as JSON has it. Most tests poll with it, and jq costs
# several times what iouctl does, so bash finds the fields that precede all texts of others.
ring() {
	local json
	json=$(iouctl ring show "$1" --json 2>/dev/null)
	case $2 in
	program | state | user | generation)
		[[ ! $json =~ \"$2\":\"?([^,\"}]*) ]] || echo "${BASH_REMATCH[1]}"
		;;
	*) jq -r ".$2" <<<"$json" ;;
	esac
}

# ring_is NAME FIELD VALUE
ring_is() {
	[ "$(ring "$1" "$2")" = "$3" ]
}

# ring_gone NAME: the daemon has no such ring
ring_gone() {
	iouctl ring list --columns RING >"$TAP_DIR/rings" &&
		! awk -v name="$1" '$1 == name { found = 1 } END { exit !found }' "$TAP_DIR/rings"
}

# ring_passed NAME: its program is not on probation
ring_passed() {
	local json
	json=$(iouctl ring show "$1" --json) && [[ $json != *'"probation":true'* ]]
}

# more_steps NAME STEPS: the ring has taken more than STEPS
more_steps() {
	[ "$(ring "$1" steps)" -gt "$2" ]
}

# steps_on NAME: the ring takes steps
steps_on() {
	local before
	before=$(ring "$1" steps)
	wait_until more_steps "$1" "$before"
}

# ring_doorbell NAME: rings the doorbell of a ring whose process has the region open. The word of the
# doorbell is at byte 260 of the region.
bell=0
ring_doorbell() {
	local pid fd
	pid=$(ring "$1" process)
	for fd in /proc/"$pid"/fd/*; do
		if [[ $(readlink "$fd") == */memfd:iouringd:* ]]; then
			bell=$((bell % 255 + 1))
			printf "\\x$(printf %02x $bell)" | dd of="$fd" bs=1 seek=260 conv=notrunc \
				status=none
		fi
	done
}

# events_out_of_order FILE: counts the events of `iouctl monitor --json` whose number is not larger
# than that of the event before
events_out_of_order() {
	jq -n '[inputs | select(.kind | IN("lost", "watching") | not) | .number] |
		[range(1; length) as $i | select(.[$i] <= .[$i - 1])] | length' "$1"
}

# ---- what rings leave behind ----

# daemon_pid: of the running daemon; 0: there is none. What systemd answers costs as much as half a
# start of the daemon, because it has all properties of the unit.
daemon_pid() {
	local pid name parent
	while read -r pid; do
		# not a child that is about to become another program
		read -r _ name _ parent _ <"/proc/$pid/stat"
		[ "$name $parent" != "(iouringd) 1" ] || {
			echo "$pid"
			return
		}
	done 2>/dev/null </sys/fs/cgroup/system.slice/iouringd.service/cgroup.procs
	echo 0
}

# be_nice PID...: these processes, whose loops never sleep, leave the processors to the rest of the
# test
be_nice() {
	local pid thread
	for pid; do
		for thread in /proc/"$pid"/task/*; do
			renice -n 19 -p "${thread##*/}"
		done
	done >/dev/null 2>&1
}

# count_processes NAME
count_processes() {
	local file name n=0
	for file in /proc/[0-9]*/comm; do
		read -r name <"$file" && [ "$name" = "$1" ] && n=$((n + 1))
	done 2>/dev/null
	echo "$n"
}

# fresh_daemon: the next client finds a daemon that has loaded no program yet
fresh_daemon() {
	systemctl stop iouringd.socket iouringd.service
	systemctl start iouringd.socket
}

# load_programs [PROGRAM]...: loads these shipped programs, or all, so that one that is loaded later
# does not count as a leak. Each takes as long as half a start of the daemon.
load_programs() {
	local program wanted=("$@") files hosts
	[ $# -gt 0 ] || wanted=(nop copy copy-paced chase)
	hosts=$(count_hosts)
	for program in "${wanted[@]}"; do
		files=''
		case $program in
		copy*) \
			files=',"files":[{"slot":"source","fileDescriptor":0},'
			files+='{"slot":"target","fileDescriptor":1}]'
			;;
		chase) files=',"files":[{"slot":"file","fileDescriptor":0}]' ;;
		esac
		case $program in
		nop) set -- ;;
		chase) set -- --fd "$TAP_DIR/source" ;;
		*) set -- --fd "$TAP_DIR/source" --fd "$TAP_DIR/target" ;;
		esac
		: >"$TAP_DIR/source" >"$TAP_DIR/target"
		iouctl call CreateRing "{\"program\":\"$program\"$files}" "$@" >/dev/null || echo \
			"# $program cannot be loaded"
	done
	wait_until no_more_hosts_than "$hosts"
}

# count_hosts: those that run; a zombie is none, as its parent may be stopped
count_hosts() {
	pgrep -cx -r R,S,D,T,t iouring-host
}

no_more_hosts_than() {
	[ "$(count_hosts)" -le "$1" ]
}

# left_over: counts hosts, pins, control sockets, links, and the daemon's memfds and descriptors, except
# those for brokers, which end half a minute after their last task: a pidfd and a socket for each
left_over() {
	local pid brokers
	pid=$(daemon_pid)
	brokers=$(count_processes iouring-broker)
	echo "hosts $(count_processes iouring-host)"
	echo "pins $(find /sys/fs/bpf/iouringd -mindepth 1 ! -name journal 2>/dev/null | wc -l)"
	echo "sockets $(find /run/iouringd/hosts -mindepth 1 2>/dev/null | wc -l)"
	echo "descriptors $(($(find "/proc/$pid/fd" -mindepth 1 2>/dev/null | wc -l) - 2 * brokers))"
	echo "memfds $(find "/proc/$pid/fd" -lname '/memfd:*' 2>/dev/null | wc -l)"
	echo "links $(bpftool --json link list 2>/dev/null | jq length)"
}

# start_afresh [PROGRAM]...: a fresh daemon with these programs loaded; sets $baseline to what it has
# left over while it is idle. No broker of an earlier test can end while that is counted.
start_afresh() {
	fresh_daemon
	iouctl status >/dev/null
	load_programs "$@"
	wait_until connections_are 0
	baseline=$(left_over)
}

# connections_are N: the daemon has N connections, counted by the kernel
connections_are() {
	[ "$(awk '$6 == "03" && $8 ~ /org.iouringd.Manager$/' /proc/net/unix | wc -l)" = "$1" ]
}

# same_left_over EXPECTED
same_left_over() {
	[ "$(left_over)" = "$1" ]
}

# check_nothing_left NAME BASELINE: left_over returns to BASELINE once the last rings have ended
check_nothing_left() {
	wait_until same_left_over "$2"
	check_equal "$1" "$2" "$(left_over)"
}
