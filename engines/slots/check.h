// SPDX-License-Identifier: MIT
// Looking over a whole store file without opening it as a store: every slot is empty, a valid record, or corrupt.
#ifndef STOREBENCH_SLOTS_CHECK_H
#define STOREBENCH_SLOTS_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "engines/engine.h"

enum { CHECK_LISTED = 16 };

struct slot_check_report {
  uint32_t record_size;
  bool clean;  // the header says that it was closed cleanly
  uint64_t slots;
  uint64_t empty, puts, tombstones, corrupt;  // of slots
  uint64_t live_expected;                     // the header's count; meaningful when clean
  uint64_t live_found;                        // keys whose newest record is a put
  uint64_t corrupt_slots[CHECK_LISTED];       // the first ones
  bool header_damaged[2];                     // a copy that is not valid, or bytes around it that are not zero
  uint64_t bytes_missing;                     // of the size that the header tells of: somebody cut the file
  bool tail_damaged;                          // clean, and behind the last slot something is not zero
  bool index_damaged;  // clean, records there, and the index snapshot is not what any store wrote
  bool index_missing;  // clean, records there, and there is none, or one of another state
};

// Reads the file under a shared lock and changes nothing. 0 when it could be read, whatever was found; else -errno with
// a message. slot_check_sound tells whether all is well.
int slot_check(const char *path, struct slot_check_report *report, struct error *error);
// A crash leaves slots that fail their checksum: corruption counts against a cleanly closed file only, as do a live
// count that differs and a damaged index, although that one costs no record: it is rebuilt at open. A missing one is no
// damage.
bool slot_check_sound(const struct slot_check_report *report);

#endif
