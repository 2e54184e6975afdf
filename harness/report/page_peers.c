// SPDX-License-Identifier: MIT
// What stands beside every chart with peers (docs/peers.md): what each of those stores gives that ours do not, so that
// nobody reads a hash index's lead over a tree as more than it is, and how they come by their bytes.
#include <string.h>

#include "harness/report/pages.h"
#include "harness/results_file.h"

enum { PEERS = 4, OURS = 1, QUESTION = 1, COLUMNS = QUESTION + OURS + PEERS };

// The first row names the engines of the columns.
static const char *const facts[][COLUMNS] = {
    {"", "mmap, pread, stdio, uring", "lmdb", "leveldb", "rocksdb", "bbolt"},
    {"is", "records in slots, a hash index", "a B+tree of copied pages", "a log-structured merge tree",
     "a log-structured merge tree", "a B+tree of copied pages"},
    {"scan in key order, from any key", "no", "yes", "yes", "yes", "yes"},
    {"transactions over several keys", "no", "yes", "batches", "batches here, transactions elsewhere in its interface",
     "yes"},
    {"index", "in memory, 10 to 16 bytes a record", "pages of the file",
     "blocks of the files; those of filters and index in memory",
     "blocks of the files; those of filters and index in memory", "pages of the file"},
    {"keys and values", "16 bytes; one size of record", "any", "any", "any", "any"},
    {"after a power loss between syncs", "opens, no value is torn", "may not open",
     "opens with a prefix of what was written", "opens with a prefix of what was written", "may not open"},
    {"reads through, by default", "what its name says", "a map", "maps of its tables", "pread", "a map"},
    {"writes through, by default", "what its name says", "pwrite", "write", "write", "pwrite"},
};

static const char note[] =
    "None of the four peers writes through its map by default. LMDB writes with pwrite unless it is asked for "
    "MDB_WRITEMAP "
    "(lmdb.h), RocksDB with write unless for allow_mmap_writes (include/rocksdb/options.h), bbolt with pwrite (its map "
    "is "
    "PROT_READ: bolt_unix.go). LevelDB wrote through a map until version 1.14 and gave it up: 1.15 \"switched from "
    "mmap based "
    "writing to simpler stdio based writing\", with synchronous writes \"from 30ms to 10ms on linux/ext4\" (its "
    "announcement, "
    "quoted in https://github.com/Level/leveldown/issues/84).";

// Whether a cell of the experiment gave a figure for the engine, under whatever name and options.
static bool measured(const struct page *page, const json_t *experiment, const char *engine) {
  const json_t *cell;
  size_t length = strlen(engine);
  for (size_t i = 0; (cell = page_next_cell(page->run, experiment, &i));) {
    const char *spec = json_text(cell, "spec");
    bool same = strncmp(spec, engine, length) == 0 && (spec[length] == '\0' || spec[length] == ':');
    if (same && strcmp(json_text(cell, "status"), "ok") == 0) return true;
  }
  return false;
}

void page_peers(const struct page *page, const json_t *experiment) {
  size_t columns[COLUMNS] = {0, QUESTION}, count = QUESTION + OURS;
  for (size_t i = count; i < COLUMNS; i++)
    if (measured(page, experiment, facts[0][i])) columns[count++] = i;
  if (count == QUESTION + OURS) return;
  page_say(page, "What the peers give that ours do not:");
  for (size_t row = 0; row < sizeof facts / sizeof facts[0]; row++) {
    const char *cells[COLUMNS];
    for (size_t i = 0; i < count; i++) cells[i] = facts[row][columns[i]];
    page->format->row(page->out, cells, count, row == 0);
  }
  page->format->after_rows(page->out);
  page_say(page, "%s", note);
}
