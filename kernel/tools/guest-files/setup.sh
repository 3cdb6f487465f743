# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by guest-files/run: its steps before and after the command. vdb is the payload disk, vdc
# the scratch disk.

fail() {
	echo "guest: $*"
	[ -z "${port_result:-}" ] || echo "status=125" >"$port_result"
	power_off
}

power_off() {
	echo o >/proc/sysrq-trigger
	exec sleep infinity # PID 1 must not end before the power is off
}

# mount_by_hand: mounts the file systems that systemd would mount
mount_by_hand() {
	mount -t tmpfs -o mode=755 tmpfs /run
	mount -t tmpfs -o mode=1777 tmpfs /tmp
	mkdir -p /dev/shm /dev/pts
	mount -t tmpfs -o mode=1777 tmpfs /dev/shm
	mount -t devpts -o mode=620,ptmxmode=666 devpts /dev/pts
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	echo +cpu +memory +pids >/sys/fs/cgroup/cgroup.subtree_control
	mount -t bpf -o mode=700 bpf /sys/fs/bpf
	mount -t tracefs tracefs /sys/kernel/tracing
	ip link set lo up
}

# find_ports: sets port_NAME. Without udev nothing reports the ports that the kernel adds, so it
# polls for them.
find_ports() {
	local tries port name
	for ((tries = 0; tries < 500; tries++)); do
		for port in /sys/class/virtio-ports/*; do
			read -r name <"$port/name" && declare -g "port_$name=/dev/${port##*/}"
		done 2>/dev/null
		[ -c "${port_in:-}" ] && [ -c "${port_out:-}" ] && [ -c "${port_files:-}" ] &&
			[ -c "${port_result:-}" ] && return
		sleep 0.02
	done
	echo "guest: the virtio ports did not appear" >/dev/console
	fail "the virtio ports did not appear"
}

# unpack_payload: unpacks the disk, a padded tar. It bypasses the page cache, which may be the
# snapshot's.
unpack_payload() {
	mount -t tmpfs -o size=75%,mode=755 tmpfs /t
	dd if=/dev/vdb iflag=direct bs=1M status=none 2>/dev/null |
		tar -x -C / --keep-directory-symlink --no-overwrite-dir --numeric-owner -f - ||
		fail "cannot unpack the payload"
	[ -e /t/command ] || fail "the payload has no /t/command"
	mkdir -p /t/out
	# a restored guest has the entropy of its snapshot: mix in the host's, and RNDRESEEDCRNG
	# shellcheck disable=SC2016  # perl's variables
	perl -e 'open F, ">", "/dev/urandom"; open S, "<", "/t/seed"; local $/;
		syswrite F, <S>; ioctl F, 0x5207, 0'
	rm -f /t/seed
}

mount_scratch() {
	mount -t ext4 -o noatime /dev/vdc /var/scratch || fail "cannot mount the scratch disk"
	chmod 1777 /var/scratch
}

# take_over_units: does for the payload's files what the installation of a package does
take_over_units() {
	local conf
	for conf in /usr/lib/sysusers.d/iouringd*.conf; do
		[ ! -e "$conf" ] || systemd-sysusers "$conf"
	done
	for conf in /usr/lib/tmpfiles.d/iouringd*.conf; do
		[ ! -e "$conf" ] || systemd-tmpfiles --create "$conf"
	done
	if [ -e /usr/lib/systemd/system/iouringd.socket ]; then
		systemctl --quiet enable --now iouringd.socket
	elif [ -e /usr/lib/systemd/system/iouringd.service ]; then
		systemctl daemon-reload
	fi
	if [ -e /usr/share/dbus-1/system.d/org.iouringd.conf ] &&
		systemctl --quiet is-active dbus.service; then
		systemctl reload dbus.service
	fi
}

# tell_why: prints the logs of our units and the kernel's errors, after a failure
tell_why() {
	local text
	if [ -e /usr/lib/systemd/system/iouringd.service ]; then
		text=$(journalctl --quiet --no-pager --unit 'iouringd*' --unit 'iouring-*' \
			--lines 40 --output short-precise)
		[ -z "$text" ] ||
			printf '%s\n' "# the journal of iouringd's units:" "${text//$'\n'/$'\n'# }"
	fi
	text=$(dmesg --level emerg,alert,crit,err --notime 2>/dev/null | tail -n 10)
	[ -z "$text" ] || printf '%s\n' "# the kernel's errors:" "# ${text//$'\n'/$'\n'# }"
}

# send_files: sends the files in /t/out, if the host wants them
send_files() {
	[ -e /t/want-files ] || return 0
	tar -c -C /t/out -f "$port_files" . || echo "guest: cannot send the files in /t/out"
}
