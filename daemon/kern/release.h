/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* release.h - what is known of a kernel by its release, as uname() has it ("7.1.3-amd64") */
#ifndef KERN_RELEASE_H
#define KERN_RELEASE_H

#include <stdbool.h>

/* Whether a kernel of that release frees a struct_ops map that is still in use. */
bool release_is_unsafe(const char *release);
/* Whether a kernel of that release lacks KERN_SAFE_ADOPTION. */
bool release_trusts_submitters(const char *release);
/* Whether @release is older than BPF-controlled rings: such a kernel has them from a patch. */
bool release_is_older(const char *release);

#endif
