// SPDX-License-Identifier: MIT
// The text that `dump` writes and `load` reads: one head line, then one record a line, its key, a tab and its value,
// both as in record_text.h. A key that begins with # is written with an escape, so that only the head line does.
//
//   # storebench dump 1 record_size=128 records=5000
#ifndef STOREBENCH_COMMANDS_DUMP_TEXT_H
#define STOREBENCH_COMMANDS_DUMP_TEXT_H

#include <stdint.h>
#include <stdio.h>

struct dump_head {
  uint32_t record_size;  // bytes
  uint64_t records;      // that follow: tells a dump that was cut short
};

// A record's bytes, which belong to whoever made it: a line that was read, or a copy.
struct dump_record {
  char *key, *value;
  size_t key_length, value_length;
};

// Writes to `stream`; the caller looks at ferror(stream).
void dump_write_head(FILE *stream, const struct dump_head *head);
void dump_write_record(FILE *stream, const struct dump_record *record);

// Reads a line (without its newline), which is changed in place. 0 or -EINVAL; for a record, *why is then what is wrong
// with it (a constant string).
int dump_parse_head(const char *line, struct dump_head *head);
int dump_parse_record(char *line, size_t length, struct dump_record *record, const char **why);

#endif
