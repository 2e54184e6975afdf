// SPDX-License-Identifier: MIT
// Writes that a process left behind. A direct write on a ring is not waited for when its process is killed: the lock
// is free, and the device still writes. But each request holds the open file that it is for, and with it the locks of
// that open file (F_OFD_SETLK): so those are held until the last request has ended.
#ifndef STOREBENCH_SLOTS_LATE_H
#define STOREBENCH_SLOTS_LATE_H

// Marks the open file `fd`, through which requests will write, until late_unmark or until nothing refers to it any
// more. 0 or -errno.
int late_mark(int fd);
void late_unmark(int fd);
// Waits until no other open file of this file is marked. `fd` is any descriptor of it. 0, -EBUSY after 10 seconds, or
// -errno.
int late_wait(int fd);

#endif
