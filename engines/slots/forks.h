// SPDX-License-Identifier: MIT
// A store belongs to the process that opened it. What fork(2) copies of it into a child is shut there at once: the
// descriptors, which share offsets and locks with the parent's, and what would write to them when the child exits.
#ifndef STOREBENCH_SLOTS_FORKS_H
#define STOREBENCH_SLOTS_FORKS_H

// Part of whatever owns it; zeroed before it is first added.
struct forks_entry {
  void (*in_child)(void *subject);
  void *subject;
  struct forks_entry *next, **link;
};

// From now on in_child(subject) runs in each child, before fork(2) returns there; the child's other threads do not
// exist, and any lock may be held for good. 0 or -errno. From any thread.
int forks_add(struct forks_entry *entry, void (*in_child)(void *subject), void *subject);
// Before the subject is freed. An entry that was not added is left alone.
void forks_remove(struct forks_entry *entry);

// An in_child: `fd` points to a descriptor (int, -1: none), whose number then stands for something that can be neither
// read, written nor moved.
void forks_shut(void *fd);

// One lock for the whole process that no child finds held: fork(2) waits for it.
void forks_hold(void);
void forks_release(void);

#endif
