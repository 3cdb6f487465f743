/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* pins.h - the folders of rings' kernel objects under the pin directory */
#ifndef KERN_PINS_H
#define KERN_PINS_H

#include <stddef.h>

/* The objects of one ring. */
#define PIN_ARRAY      "array"
#define PIN_STATE      "state"
#define PIN_DISPATCHER "dispatcher"
#define PIN_LINK       "link"
/* In the pin directory itself. */
#define PIN_JOURNAL "journal"

/* Creates the folder of ring @name (0700). -EEXIST: it exists; -EINVAL: @name is invalid. */
int pins_make(const char *directory, const char *name);
/* Pins an object in the folder. */
int pins_add(const char *directory, const char *name, const char *object, int fd);
/* 0; -ENOENT: no folder of that name. */
int pins_exist(const char *directory, const char *name);
/* -EEXIST: there is a folder @to. */
int pins_rename(const char *directory, const char *from, const char *to);
/* Opens a pinned object: its descriptor, or -errno. */
int pins_get(const char *directory, const char *name, const char *object);
/* Removes the folder with all its pins, the link first. -ENOENT: it does not exist. */
int pins_remove(const char *directory, const char *name);
/* Names of the folders; none if @directory is missing. The caller frees names and array. */
int pins_list(const char *directory, char ***ret_names, size_t *ret_n);

#endif
