// SPDX-License-Identifier: MIT
// What fork(2) must not share. The child of a process with threads may do little more than what a signal handler may,
// so nothing is freed there and no lock taken: flags are set and descriptors shut.
#include "engines/slots/forks.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

// pthread_atfork knows no way to take its handlers back: they are there once for the process, and go by this list.
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct forks_entry *entries;
static int registered;  // pthread_atfork has been called

void forks_hold(void) { pthread_mutex_lock(&lock); }
void forks_release(void) { pthread_mutex_unlock(&lock); }

static void become_child(void) {
  for (struct forks_entry *entry = entries; entry; entry = entry->next) entry->in_child(entry->subject);
  entries = NULL;  // a child of the child has nothing left to shut
  forks_release();
}

int forks_add(struct forks_entry *entry, void (*in_child)(void *subject), void *subject) {
  *entry = (struct forks_entry){.in_child = in_child, .subject = subject, .link = &entries};
  forks_hold();
  int error = registered ? 0 : pthread_atfork(forks_hold, forks_release, become_child);
  registered = registered || !error;
  if (!error) {
    entry->next = entries;
    if (entries) entries->link = &entry->next;
    entries = entry;
  }
  forks_release();
  if (error) entry->link = NULL;
  return -error;
}

void forks_remove(struct forks_entry *entry) {
  forks_hold();  // neighbours change `link`, too
  if (entry->link) *entry->link = entry->next;
  if (entry->link && entry->next) entry->next->link = entry->link;
  entry->link = NULL;
  forks_release();
}

// The number stays taken: a stream of the parent's may still write to it when the child exits, and must not meet
// whatever the child opens next. O_PATH takes no reads, no writes and no seeks, and needs no permission.
void forks_shut(void *fd) {
  int number = *(const int *)fd;
  if (number < 0) return;
  close(number);
  int nothing = open("/", O_PATH | O_CLOEXEC);
  if (nothing < 0 || nothing == number) return;
  dup3(nothing, number, O_CLOEXEC);
  close(nothing);
}
