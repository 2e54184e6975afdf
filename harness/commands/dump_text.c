// SPDX-License-Identifier: MIT
// The text that `dump` writes and `load` reads.
#include "harness/commands/dump_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "engines/engine.h"
#include "engines/slots/format.h"
#include "harness/commands/record_text.h"

void dump_write_head(FILE *stream, const struct dump_head *head) {
  fprintf(stream, "# storebench dump 1 record_size=%" PRIu32 " records=%" PRIu64 "\n", head->record_size,
          head->records);
}

void dump_write_record(FILE *stream, const struct dump_record *record) {
  size_t escaped = record->key_length && record->key[0] == '#';
  if (escaped) fputs("\\x23", stream);
  record_text_write(stream, record->key + escaped, record->key_length - escaped);
  fputc('\t', stream);
  record_text_write(stream, record->value, record->value_length);
  fputc('\n', stream);
}

// Digits only: scanf's own numbers take a sign and wrap around.
int dump_parse_head(const char *line, struct dump_head *head) {
  char record_size[11], records[21];
  int end = 0;
  if (sscanf(line, "# storebench dump 1 record_size=%10[0-9] records=%20[0-9]%n", record_size, records, &end) < 2 ||
      line[end])
    return -EINVAL;
  errno = 0;
  uint64_t bytes = strtoull(record_size, NULL, 10);
  head->records = strtoull(records, NULL, 10);
  if (errno || !record_size_allowed(bytes)) return -EINVAL;
  head->record_size = (uint32_t)bytes;
  return 0;
}

int dump_parse_record(char *line, size_t length, struct dump_record *record, const char **why) {
  char *tab = memchr(line, '\t', length);
  if (!tab) {
    *why = "has no tab between key and value";
    return -EINVAL;
  }
  *record = (struct dump_record){line, tab + 1, (size_t)(tab - line), length - (size_t)(tab - line) - 1};
  if (record_text_parse(record->key, &record->key_length) || record_text_parse(record->value, &record->value_length)) {
    *why = "holds a backslash that begins no escape";
    return -EINVAL;
  }
  if (!record->key_length || record->key_length > KEY_LENGTH_MAX) {
    *why = record->key_length ? "has a key of more than 16 bytes" : "has an empty key";
    return -EINVAL;
  }
  return 0;
}
