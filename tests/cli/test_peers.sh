#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A peer whose library dies while it is measured, and one that refuses an option, cost their own cells alone: these fail,
# or are skipped, with the reason, and all others are measured.
set -euo pipefail
cd "$TEST_DIR"
fail() { printf '%s\n' "$*"; exit 1; }

mkdir data
"$STOREBENCH" list engines --dir data >engines || fail "$(cat engines)"
for peer in lmdb leveldb rocksdb; do
  grep -q "^$peer .*unavailable:" engines && { echo "skipped: $peer was not built (PEERS=on builds it)"; exit 77; }
done

# Takes the place of what each library is asked after a get, and dies at the hundredth: in the middle of a sample. Until
# then the LSM trees merely keep what they should free.
cat >die.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
static int calls;
static void count(int number) {
  if (++calls > 100) raise(number);
}
void leveldb_free(void *value);
void leveldb_free(void *value) { if (value) count(SIGABRT); }
void rocksdb_pinnableslice_destroy(void *value);
void rocksdb_pinnableslice_destroy(void *value) { if (value) count(SIGBUS); }
void mdb_txn_reset(void *txn);
void mdb_txn_reset(void *txn) {
  void (*own)(void *);
  void *symbol = dlsym(dlopen("liblmdb.so.0", RTLD_LAZY), "mdb_txn_reset");
  memcpy(&own, &symbol, sizeof own);
  count(SIGSEGV);
  own(txn);
}
C
cc -shared -fPIC die.c -o die.so || fail 'die.c does not build'

# What is in Go calls no library that could be replaced. Here its own object stands behind one that dies of a bad pointer
# at the hundredth batch of gets: the Go runtime has the handler for that, and ends the process in its own way. Builds
# with sanitizers have no bbolt.
cat >die_go.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
int bbolt_read(uint64_t store, void *ops, size_t count);
int bbolt_read(uint64_t store, void *ops, size_t count) {
  static int calls, *volatile nowhere;
  int (*own)(uint64_t, void *, size_t);
  void *symbol = dlsym(RTLD_NEXT, "bbolt_read");
  memcpy(&own, &symbol, sizeof own);
  return ++calls > 100 ? *nowhere : own(store, ops, count);
}
C
engines=$(dirname "$STOREBENCH")/engines bbolt=
if [[ -e $engines/bbolt/libbbolt-go.so ]]; then
  mkdir -p dying/bbolt
  cp "$engines/bbolt.so" dying/
  cc -shared -fPIC die_go.c -o dying/bbolt/libbbolt-go.so -Wl,--no-as-needed "$engines/bbolt/libbbolt-go.so" ||
    fail 'die_go.c does not build'
  bbolt=', bbolt'
fi

cat >reads.ini <<INI
[experiment]
title = Reads
question = Which?
[engines]
no-log = rocksdb:wal=off
[hold]
operation = mixed
mix = ycsb-a
data = 1M
sync = every=64
[sweep]
batch = 1, 8
engine = pread, lmdb, leveldb, rocksdb, no-log$bbolt
[chart]
shape = bars
x = batch
series = engine
y = ops_per_s
INI
status=0
LD_PRELOAD=$PWD/die.so "$STOREBENCH" run reads.ini --profile quick --repetitions 1 --budget 10 \
  --engine-path dying --out run >out 2>err || status=$?
[[ $status -eq 1 ]] || fail "exit $status: $(cat out err)"
cut -d, -f1,20 run/samples.csv | sort -u >cells
[[ $(grep -c '/pread,ok$' cells) -eq 2 ]] || fail "$(cat cells err)"
# said ENGINE STATUS TEXT: in both cells, and once on standard error.
said() {
  [[ $(grep -c "/$1,$2\$" cells) -eq 2 ]] || fail "$1 is not $2: $(cat cells err)"
  [[ $(grep -cF "storebench: $1: 2 cells $2, such as reads/1/$1: " err) -eq 1 ]] || fail "$1: $(cat err)"
  grep "such as reads/1/$1: " err | grep -cF "$3" >/dev/null || fail "$1: $(cat err)"
}
said lmdb failed 'killed by signal 11 (Segmentation fault)'
said leveldb failed 'killed by signal 6 (Aborted)'
said rocksdb failed 'killed by signal 7 (Bus error)'
[[ -z $bbolt ]] || said bbolt failed 'killed by signal 11 (Segmentation fault)'
said no-log skipped 'rocksdb:wal=off has no log that could be synced; use sync = none'
grep -q 'killed by signal 11' run/report.md || fail 'the report does not say why'
