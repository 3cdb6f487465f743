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
	dispatcher_code_done(&linux_kern->dispatcher_code);
	if (linux_kern->journal)
		journal_close(linux_kern->journal, linux_kern->journal_is_mapped);
	records_done(&linux_kern->records);
	free(linux_kern->loader_path);
	free(linux_kern->pin_directory);
	free(linux_kern);
}

static void publish_capabilities(struct kern_linux *linux_kern)
{
	__atomic_store_n(&linux_kern->missing, capabilities_missing(&linux_kern->capabilities),
			 __ATOMIC_RELAXED);
}

static const struct kern_capability *linux_capabilities(struct kern *kern, size_t *ret_n)
{
	struct kern_linux *linux_kern = kern_linux(kern);

	capabilities_refresh(&linux_kern->capabilities, &linux_kern->btf,
			     linux_kern->pin_directory);
	publish_capabilities(linux_kern);
	*ret_n = linux_kern->capabilities.n;
	return linux_kern->capabilities.items;
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
	.dispatcher_new = linux_dispatcher_new,
	.dispatcher_open = linux_dispatcher_open,
	.dispatcher_rename = linux_dispatcher_rename,
	.dispatcher_release = linux_dispatcher_release,
	.dispatcher_current = linux_dispatcher_current,
	.dispatcher_ledger = linux_dispatcher_ledger,
	.dispatcher_set = linux_dispatcher_set,
	.dispatcher_expect = linux_dispatcher_expect,
	.dispatcher_attach = linux_dispatcher_attach,
	.dispatcher_state = linux_dispatcher_state,
	.dispatcher_free = linux_dispatcher_free,
	.ring_waiting = linux_ring_waiting,
	.ring_entries = linux_ring_entries,
	.journal = linux_journal,
	.pins_list = linux_pins_list,
	.pins_inspect = linux_pins_inspect,
	.pins_remove = linux_pins_remove,
};

int kern_linux_new(const char *dispatcher_path, const char *loader_path,
		   const char *record_directory, const char *pin_directory, struct kern **ret)
{
	struct kern_linux *made = calloc(1, sizeof(*made));
	int r;

	if (!made)
		return -ENOMEM;
	made->kern.ops = &linux_ops;
	made->records = RECORDS_NONE;
	libbpf_log_install();
	r = -ENOMEM;
	made->loader_path = strdup(loader_path);
	made->pin_directory = strdup(pin_directory);
	if (!made->loader_path || !made->pin_directory)
		goto fail;
	r = records_init(&made->records, record_directory, loader_path);
	if (r < 0)
		goto fail;
	r = dispatcher_code_init(&made->dispatcher_code, dispatcher_path);
	if (r < 0)
		goto fail;
	kernel_btf_read(&made->btf);
	r = capabilities_init(&made->capabilities, &made->btf, pin_directory);
	if (r < 0)
		goto fail;
	publish_capabilities(made);
	r = journal_open(pin_directory, &made->journal, &made->journal_is_mapped);
	if (r < 0)
		goto fail;
	*ret = &made->kern;
	return 0;
fail:
	linux_free(&made->kern);
	return r;
}
