/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kern/linux.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kern/journal.h"
#include "kern/libbpf-log.h"
#include "kern/pins.h"
#include "kern/ring-waiting.h"

static void linux_free(struct kern *kern)
{
	struct kern_linux *linux_kern = kern_linux(kern);

	if (!kern)
		return;
	capabilities_done(&linux_kern->capabilities);
	dispatcher_done(&linux_kern->dispatcher);
	if (linux_kern->journal)
		journal_close(linux_kern->journal, linux_kern->journal_is_mapped);
	free(linux_kern->pin_directory);
	free(linux_kern);
}

static const struct kern_capability *linux_capabilities(struct kern *kern, size_t *ret_n)
{
	*ret_n = kern_linux(kern)->capabilities.n;
	return kern_linux(kern)->capabilities.items;
}

static int linux_pins_list(struct kern *kern, char ***ret_names, size_t *ret_n)
{
	return pins_list(kern_linux(kern)->pin_directory, ret_names, ret_n);
}

static int linux_pins_remove(struct kern *kern, const char *name)
{
	return pins_remove(kern_linux(kern)->pin_directory, name);
}

static struct iourd_journal *linux_journal(struct kern *kern)
{
	return kern_linux(kern)->journal;
}

static int linux_ring_entries(struct kern *kern, pid_t pid, int ring_fd, uint32_t *ret_sq,
			      uint32_t *ret_cq)
{
	return ring_entries(pid, ring_fd, ret_sq, ret_cq);
}

static int linux_ring_waiting(struct kern *kern, pid_t pid, int ring_fd, uint32_t *ret_n)
{
	return ring_waiting(pid, ring_fd, ret_n);
}

static const struct kern_ops linux_ops = {
	.free = linux_free,
	.capabilities = linux_capabilities,
	.program_open = linux_program_open,
	.program_info = linux_program_info,
	.program_load = linux_program_load,
	.program_image = linux_program_image,
	.program_kernel_id = linux_program_kernel_id,
	.program_free = linux_program_free,
	.dispatch_new = linux_dispatch_new,
	.dispatch_open = linux_dispatch_open,
	.dispatch_leave = linux_dispatch_leave,
	.dispatch_current = linux_dispatch_current,
	.dispatch_ledger = linux_dispatch_ledger,
	.dispatch_set = linux_dispatch_set,
	.dispatch_attach = linux_dispatch_attach,
	.dispatch_state = linux_dispatch_state,
	.dispatch_free = linux_dispatch_free,
	.ring_waiting = linux_ring_waiting,
	.ring_entries = linux_ring_entries,
	.journal = linux_journal,
	.pins_list = linux_pins_list,
	.pins_look = linux_pins_look,
	.pins_remove = linux_pins_remove,
};

int kern_linux_new(const char *dispatcher_path, const char *pin_directory, struct kern **ret)
{
	struct kern_linux *made = calloc(1, sizeof(*made));
	int r;

	if (!made)
		return -ENOMEM;
	made->kern.ops = &linux_ops;
	libbpf_log_install();
	r = -ENOMEM;
	made->pin_directory = strdup(pin_directory);
	if (!made->pin_directory)
		goto fail;
	r = dispatcher_init(&made->dispatcher, dispatcher_path);
	if (r < 0)
		goto fail;
	kernel_btf_read(&made->btf);
	r = capabilities_init(&made->capabilities, &made->btf, pin_directory);
	if (r < 0)
		goto fail;
	r = journal_open(pin_directory, &made->journal, &made->journal_is_mapped);
	if (r < 0)
		goto fail;
	*ret = &made->kern;
	return 0;
fail:
	linux_free(&made->kern);
	return r;
}
