/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * list.h - a doubly linked list whose links are members of its entries
 *
 * The list owns nothing. A link that is in no list is zeroed; unlinking it has no effect.
 */
#ifndef COMMON_LIST_H
#define COMMON_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/container-of.h"

struct list_link {
	struct list_link *next;
	struct list_link *previous;
};

struct list { /* list_init() before use */
	struct list_link head;
};

static inline void list_init(struct list *list)
{
	list->head.next = list->head.previous = &list->head;
}

static inline bool list_is_empty(const struct list *list)
{
	return list->head.next == &list->head;
}

static inline bool list_is_linked(const struct list_link *link)
{
	return link->next;
}

static inline void list_append(struct list *list, struct list_link *link)
{
	link->next = &list->head;
	link->previous = list->head.previous;
	link->previous->next = link;
	list->head.previous = link;
}

static inline void list_unlink(struct list_link *link)
{
	if (!link->next)
		return;
	link->next->previous = link->previous;
	link->previous->next = link->next;
	link->next = link->previous = NULL;
}

/* The first link, or NULL. */
static inline struct list_link *list_first(const struct list *list)
{
	return list_is_empty(list) ? NULL : list->head.next;
}

/* The body may unlink the current entry, but no other. */
#define list_for_each(entry, list, member)                                                         \
	for (struct list_link *at_ = (list)->head.next, *next_ = at_->next;                        \
	     at_ != &(list)->head &&                                                               \
	     (entry = container_of(at_, __typeof__(*(entry)), member), true);                      \
	     at_ = next_, next_ = at_->next)

#endif
