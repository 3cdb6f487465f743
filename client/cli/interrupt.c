/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "cli.h"

static volatile sig_atomic_t interrupts, deferred;

static volatile int file_directory;
static const char *volatile file_name;

/* In a signal handler, too. */
static void leave(void)
{
	static const char text[] = "iouctl: interrupted\n";

	if (file_name)
		unlinkat(file_directory, file_name, 0);
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(STATUS_INTERRUPTED);
}

static void on_interrupt(int signal)
{
	(void)signal;
	if (!deferred)
		leave();
	interrupts++;
}

void interrupt_catch(void)
{
	struct sigaction action = {.sa_handler = on_interrupt};

	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGINT);
	sigaddset(&action.sa_mask, SIGTERM);
	sigaddset(&action.sa_mask, SIGHUP);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
}

void interrupt_defer(bool defer)
{
	deferred = defer;
	if (!defer && interrupts)
		leave();
}

int interrupt_count(void)
{
	return interrupts;
}

void interrupt_set_file(int directory, const char *name)
{
	file_directory = directory;
	file_name = name;
}
