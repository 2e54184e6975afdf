#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A read-only file system and a full one, each a small tmpfs in a mount namespace of this test; without the right to make
# one the test is skipped.
source "$(dirname "$0")/helpers.bash"
if [[ -z ${GOLDEN_INSIDE:-} && -z ${OWN_MOUNTS:-} ]]; then
  for how in "unshare --mount" "unshare --mount --map-root-user"; do
    if $how sh -c "mount -t tmpfs none '$TEST_DIR'" 2>/dev/null; then OWN_MOUNTS=1 exec $how bash "$0"; fi
  done
  echo "cannot mount a file system"
  exit 77
fi
golden

mkdir full readonly
mount -t tmpfs -o size=1m none full
mount -t tmpfs -o size=4m none readonly

echo '# disk full'
cd full || exit 1
"$STOREBENCH" create small.store && "$STOREBENCH" put small.store ada 1815 || exit 1
refused create large.store --capacity 1M
{ echo '# storebench dump 1 record_size=4096 records=2000'; for i in {1..2000}; do printf 'k%d\tv\n' "$i"; done; } >../many.txt
refused load new.store ../many.txt --create
head -c 2000000 /dev/zero >filler 2>/dev/null
refused dump small.store --output dump.txt
refused demo mmap --dir .
refused run update-random --profile quick --dir . --out out
run get small.store ada
run check small.store
cd .. || exit 1

echo '# read-only file system'
"$STOREBENCH" create readonly/a.store && "$STOREBENCH" put readonly/a.store ada 1815 || exit 1
mount -o remount,ro readonly
cd readonly || exit 1
run get a.store ada
run scan a.store
run check a.store
refused put a.store ada x
refused del a.store ada
refused create b.store
refused demo mmap --dir .
cd .. || exit 1
umount full readonly
