# shellcheck shell=bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced by guest and snapshot: the command line and the working directory of the guest's machine.
# Both must use the same ones, because a RAM snapshot fits only the machine that it was taken from.
# shellcheck disable=SC2054  # the commas are QEMU's
# shellcheck disable=SC2034  # the scripts that source this use them

GUEST_MEMORY=2560M
DEBUG_MEMORY=8G # KASAN takes an eighth, and keeps freed memory for a while
PAYLOAD_SIZE=512M # the same for all: a restored guest keeps the capacity that it probed

# qemu_machine ACCELERATOR KERNEL IMAGE INITRD MODE: fills QEMU, the command. MODE is systemd, fast
# or counted (fast, with time as the number of instructions). Paths of the run's own files are
# relative to its directory.
qemu_machine() {
	local accelerator=$1 kernel=$2 image=$3 initrd=$4 mode=$5 memory=$GUEST_MEMORY append
	append='console=ttyS0 panic=-1 oops=panic systemd.show_status=no'
	append+=' systemd.journald.forward_to_console=no systemd.log_target=journal mitigations=off'
	# quiet would hide the warnings of our own kernels
	if own_kernel "$kernel"; then append+=' loglevel=5'; else append+=' quiet'; fi
	[ "$kernel" != debug ] || memory=$DEBUG_MEMORY
	QEMU=(qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot -machine pc
		-m "$memory")
	case $accelerator in
	kvm) QEMU+=(-accel kvm -cpu host -smp 2) ;;
	*)
		case $mode in
		counted)
			QEMU+=(-accel tcg,thread=single -icount shift=0,sleep=off -cpu max -smp 1)
			;;
		*) QEMU+=(-accel tcg,thread=multi -cpu max -smp 2) ;;
		esac
		;;
	esac
	[ "$mode" = systemd ] || append+=' guest.fast'
	QEMU+=(-kernel "$image" -initrd "$initrd" -append "$append"
		-drive "file=$TREE/disk.img,if=none,id=disk,format=raw,readonly=on"
		-device virtio-blk-pci,drive=disk
		-drive file=payload,if=none,id=payload,format=raw,readonly=on
		-device virtio-blk-pci,drive=payload
		-drive file=scratch,if=none,id=scratch,format=raw,cache=unsafe
		-device virtio-blk-pci,drive=scratch
		-device virtio-rng-pci -device virtio-serial-pci
		-chardev pipe,id=tty,path=tty -device virtconsole,chardev=tty,name=tty
		-chardev pipe,id=in,path=in -device virtserialport,chardev=in,name=in,id=in
		-chardev file,id=out,path=out -device virtserialport,chardev=out,name=out
		-chardev file,id=files,path=files.tar
		-device virtserialport,chardev=files,name=files
		-chardev file,id=result,path=result
		-device virtserialport,chardev=result,name=result
		-serial file:console)
}

# qemu_directory DIR: makes the files that the command line names
qemu_directory() {
	mkfifo "$1/in.in" "$1/in.out" "$1/tty.in" "$1/tty.out" || die "cannot make pipes in $1"
	cp --sparse=always --reflink=auto "$TREE/scratch.img" "$1/scratch" &&
		chmod 600 "$1/scratch" ||
		die "cannot make the guest's scratch disk in $1" "is the disk full?"
}
