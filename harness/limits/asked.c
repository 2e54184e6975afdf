// SPDX-License-Identifier: MIT
// What no store can be below by what is asked of it, in numbers that need no measurement: the bytes themselves. And for
// metrics that nothing bounds, why.
#include "harness/limits/asked.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/limits/facts.h"
#include "harness/limits/limits.h"
#include "harness/metrics.h"
#include "workloads/keys.h"

enum { PAGE = 4096, TABLE_ENTRY = 8, SECTOR = 512 };

static bool put(struct limit_asked *asked, double value, const char *label) {
  *asked = (struct limit_asked){.value = value};
  snprintf(asked->label, sizeof asked->label, "%s", label);
  return value > 0;
}

static bool read_amplification(const struct limit_facts *facts, struct limit_asked *asked) {
  double missed = limit_missed(facts);
  if (facts->direct) return put(asked, 1, "the bytes asked for");
  // Also of cold reads a cache spares some, when they come to the same page again; nobody knows how many.
  const char *what =
      facts->own_format ? "bytes asked for that memory does not hold" : "values that memory does not hold";
  return missed < 1 && put(asked, missed, what);
}

// What a write takes of the device at least: a block of the file system, or of the device where that is gone to
// directly. 0: older runs do not say.
static double block_bytes(const json_t *environment, const struct limit_facts *facts) {
  const char *key = facts->direct ? "device_logical_block_bytes" : "file_system_block_bytes";
  const json_t *fact = json_object_get(environment, key);
  double bytes = json_is_string(fact) ? strtod(json_string_value(fact), NULL) : json_number_value(fact);
  return bytes >= SECTOR ? bytes : 0;
}

// No device has less than a sector, which is what is left where the size of blocks is not known.
static double unit_bytes(double block) { return fmax(block, SECTOR); }

// A sync makes whole blocks durable, of which records that lie side by side may share one.
static double durable_bytes(const struct limit_facts *facts, double block) {
  return fmax(unit_bytes(block) / limit_writes_a_sync(facts), limit_logged_bytes(facts));
}

static bool written_bytes(const struct limit_facts *facts, double block, double per, struct limit_asked *asked) {
  if (!facts->write || !limit_durable(facts) || strcmp(facts->operation, "delete") == 0) return false;
  return put(asked, durable_bytes(facts, block) / per,
             block > 0 ? "blocks of the records" : "sectors of the records (block size not known)");
}

// A record that moves takes the block that it comes to lie in along. Of the blocks that stay, each has some place for
// one, unless none of its records was deleted.
static bool moved_bytes(const struct limit_facts *facts, double block, struct limit_asked *asked) {
  double kept = (double)facts->data, deleted = limit_moved_bytes(facts) / kept;
  double touched = 1 - pow(1 - deleted, fmax(unit_bytes(block) / facts->record_size, 1));
  return put(asked, kept * touched / (double)facts->records,
             block > 0 ? "blocks that records move to" : "sectors that records move to (block size not known)");
}

static double all_kept(const struct limit_facts *facts) { return (double)(facts->records * limit_kept_bytes(facts)); }

static bool cached(const struct limit_facts *facts) {
  return !facts->direct && (strcmp(facts->cache, "warm") == 0 || strcmp(facts->cache, "mapped") == 0);
}

static bool data_once(const struct limit_facts *facts, struct limit_asked *asked) {
  if (!cached(facts) || facts->on_stores) return false;
  return put(asked, all_kept(facts), facts->own_format ? "the data, once" : "the values, once");
}

// A map of which each page has been touched.
static bool mapped(const struct limit_facts *facts) {
  return facts->maps && (facts->populated || (strcmp(facts->cache, "mapped") == 0 && !facts->on_stores));
}

static bool file_maps(const struct limit_facts *facts, struct limit_asked *asked) {
  return mapped(facts) && put(asked, all_kept(facts) * facts->stores, "the data, once");
}

static bool page_tables(const struct limit_facts *facts, struct limit_asked *asked) {
  if (!mapped(facts) || facts->huge) return false;
  double pages = all_kept(facts) / PAGE;
  return put(asked, pages * TABLE_ENTRY * facts->processes * facts->stores, "8 bytes for each page of 4 KiB");
}

bool limit_asked(const json_t *environment, const json_t *cell, const char *metric, struct limit_asked *asked) {
  const struct limit_facts facts = limit_facts_of(cell);
  if (!facts.known && !facts.on_stores) return false;
  if (strcmp(metric, "memory_bytes") == 0 || strcmp(metric, "page_cache_bytes") == 0) return data_once(&facts, asked);
  if (strcmp(metric, "file_pss_bytes") == 0) return file_maps(&facts, asked);
  if (strcmp(metric, "page_table_bytes") == 0) return page_tables(&facts, asked);
  if (strcmp(metric, "file_bytes_per_record") == 0)
    return put(asked, facts.value_size, "the values alone");  // keys in order share what they begin with
  bool device = strcmp(metric, "device_bytes_per_op") == 0;
  double block = block_bytes(environment, &facts);
  if (device && strcmp(facts.operation, "compact") == 0) return moved_bytes(&facts, block, asked);
  if (!facts.known) return false;
  if (device) return written_bytes(&facts, block, 1, asked);
  if (strcmp(metric, "read_amplification") == 0) return !facts.write && read_amplification(&facts, asked);
  return strcmp(metric, "write_amplification") == 0 && written_bytes(&facts, block, facts.value_size, asked);
}

const char *limit_none(const char *metric) {
  static const struct {
    const char *metric, *why;
  } reasons[] = {
      {"device_bytes_per_op", "not all that is asked here has to reach the device before it counts"},
      {"write_amplification", "what is overwritten before it reaches the device need not be written"},
      {"read_amplification", "a page cache may spare every read"},
      {"faults_per_op", "a read by a call takes no fault"},
      {"syscalls_per_op", "a read through a map takes no call"},
      {"switches_per_op", "nothing here has to wait for anybody"},
      {"syncs_per_op", "what promises nothing needs no sync"},
      {"flushes_per_op", "what promises nothing needs no flush"},
      {"cpu_ns_per_op", "no bare loop of one thread here works all the time"},
      {"cpu_ns_per_byte", "no bare loop of one thread here works all the time"},
      {"other_pss_bytes", "an index and buffers may be as small as one likes"},
      {"rss_bytes", "what a process has beside the data may be as small as one likes"},
      {"file_pss_bytes", "a store need not map its file"},
      {"page_table_bytes", "a store need not map its file"},
      {"page_cache_bytes", "what goes round the page cache takes none of it"},
      {"memory_bytes", "what goes round the page cache takes none of it"},
      {"compact_ns", "how much is moved is the store's choice"},
      {"given_back_bytes", "how far a file had grown ahead is the store's choice"},
  };
  const struct metric *known = metric_find(metric);
  for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
    if (strcmp(reasons[i].metric, metric) == 0) return reasons[i].why;
  if (known && known->kind == SAMPLE_LATENCY) return "no bare loop does one such operation at a time and waits for it";
  return "no bare loop does this work";
}
