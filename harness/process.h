// SPDX-License-Identifier: MIT
// A child process whose three standard streams are pipes of ours. It never outlives us.
#ifndef STOREBENCH_PROCESS_H
#define STOREBENCH_PROCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { PROCESS_TAIL_MAX = 1024 };

struct process {
  pid_t pid;
  int input, output, complaints;  // our ends of its standard input, output and error; -1 once closed
  char tail[PROCESS_TAIL_MAX];    // the last of what it complained
  size_t tail_length;
};

// Starts `program` with these arguments (NULL ends them) and this signal mask. It inherits the CPUs of the calling
// thread, and is killed when that thread ends. 0 or -errno; a program that cannot be executed exits with 127.
int process_start(struct process *process, const char *program, char *const *arguments, const sigset_t *mask);

// Writes to its standard input, which must be shorter than a pipe is deep (64 KiB), so that this never waits. A process
// that is gone swallows it: what became of it is found out by process_finish. 0 or -errno.
int process_write(const struct process *process, const char *text, size_t length);
void process_close_input(struct process *process);

// Takes what can be read of its complaints into the tail; closes them at their end.
void process_read_complaints(struct process *process);

// Waits for its end, after SIGKILL with `stop`, and closes what is open. The status of waitpid.
int process_finish(struct process *process, bool stop);

// Says in words how it ended ("killed by signal 11 (Segmentation fault)", "exit code 3"), or `otherwise` when it ended
// well, with the last line of its complaints. One line.
void process_explain(struct process *process, int status, const char *otherwise, char *reason, size_t room);

#endif
