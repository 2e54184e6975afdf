#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Disks that fill up for real, and a process that may write no larger file: a clear error, old data intact, nothing left
# behind, and a store that works again once there is room. Each store on ext4 and xfs in a loop device and on tmpfs.
set -uo pipefail
: "${STOREBENCH:?must name the program}" "${TEST_DIR:?must name a folder}"
if [[ -z ${OWN_MOUNTS:-} ]]; then
  if unshare --mount true 2>/dev/null; then OWN_MOUNTS=1 exec unshare --mount bash "$0"; fi
  echo "skipped: no right to mount file systems"
  exit 77
fi
cd "$TEST_DIR" || exit 1
specs=(mmap mmap:write=pwrite mmap:grow=remap pread pread:direct=on stdio uring uring:direct=on)
tried=0 skipped=0

fail() {
  printf 'FAILED: %s\n' "$*"
  [[ -s stderr ]] && cat stderr
  exit 1
}

records() { # FIRST LAST SIZE: a dump of these records
  printf '# storebench dump 1 record_size=%d records=%d\n' "$3" $(($2 - $1 + 1))
  seq "$1" "$2" | sed "s/.*/key&\tvalue &/"
}

# fails ARGUMENT...: storebench must fail by itself, with one line.
fails() {
  "$STOREBENCH" "$@" >stdout 2>stderr
  local status=$?
  [[ $status -eq 1 ]] || fail "exit $status of $*"
  [[ $(wc -l <stderr) -eq 1 ]] || fail "not one line from $*"
}

intact() { # STORE: what was there before is there, and sound
  "$STOREBENCH" check "$1" >stdout 2>stderr || fail "check $1"
  for key in 1 250 500; do
    [[ $("$STOREBENCH" get "$1" key$key 2>stderr) == "value $key" ]] || fail "key$key is gone from $1"
  done
}

records 1 500 1024 >few.txt
records 501 20000 1024 >many.txt

full_disk() { # FOLDER SPEC
  local store="$1/a.store" spec=$2
  "$STOREBENCH" load "$store" few.txt --create --engine "$spec" 2>stderr || fail "first load, $spec on $1"
  fails load "$store" many.txt --engine "$spec"
  grep -q 'no space' stderr || fail "no word of space, $spec on $1"
  intact "$store"
  # What is free must not be given up to a failed growth.
  [[ $(df --output=avail -k "$1" | tail -n 1) -gt 0 ]] || fail "the disk stayed full, $spec on $1"
  fails create "$1/large.store" --capacity 1M --record-size 4096 --engine "$spec"
  rm "$1/filler"
  "$STOREBENCH" load "$store" many.txt --engine "$spec" 2>stderr || fail "load with room again, $spec on $1"
  [[ $("$STOREBENCH" get "$store" key20000) == 'value 20000' ]] || fail "last key, $spec on $1"
  intact "$store"
  rm -f "$store" "$store.index"
  [[ -z $(find "$1" -type f) ]] || fail "left behind, $spec: $(ls "$1")"
}

# Leaves 3 MiB free. The rest of the room is there, but not to be had.
fill_up() {
  local free=$(($(df --output=avail -k "$1" | tail -n 1) - 3072))
  fallocate -l "${free}K" "$1/filler" 2>/dev/null || head -c "${free}K" /dev/zero >"$1/filler"
}

on() { # NAME MAKER: mounts it in the folder NAME
  local name=$1 spec
  mkdir "$name"
  if ! "$2" "$name" >mount.log 2>&1; then
    printf 'skipped: %s: %s\n' "$name" "$(tail -n 1 mount.log)"
    skipped=$((skipped + 1))
    return
  fi
  for spec in "${specs[@]}"; do
    if ! "$STOREBENCH" create "$name/try" --engine "$spec" 2>stderr; then
      printf 'skipped: %s on %s: %s\n' "$spec" "$name" "$(cat stderr)"
      skipped=$((skipped + 1))
      [[ -z $(ls -A "$name" | grep -v lost+found) ]] || fail "left behind by a create that failed, $spec: $(ls "$name")"
      continue
    fi
    rm -f "$name/try" "$name/try.index"
    fill_up "$name"
    full_disk "$name" "$spec"
    tried=$((tried + 1))
  done
  umount "$name"
}

make_tmpfs() { mount -t tmpfs -o size=40m none "$1"; }
make_loop() { truncate -s "$3" "$1.image" && "mkfs.$2" -q "$1.image" && mount -o loop "$1.image" "$1"; }
make_ext4() { make_loop "$1" ext4 80m; }
make_xfs() { make_loop "$1" xfs 320m; }

on tmpfs make_tmpfs
on ext4 make_ext4
on xfs make_xfs

mkdir limited
for spec in "${specs[@]}"; do
  store=limited/a.store
  "$STOREBENCH" load $store few.txt --create --engine "$spec" 2>stderr || fail "load, $spec"
  (ulimit -f 4096 && fails load $store many.txt --engine "$spec") || exit 1
  grep -q 'ulimit' stderr || fail "no word of the limit, $spec"
  intact $store
  (ulimit -f 64 && fails create limited/b.store --capacity 100K --engine "$spec") || exit 1
  (ulimit -f 1 && fails dump $store --output limited/dump.txt) || exit 1
  rm -f $store $store.index
  [[ -z $(ls limited) ]] || fail "left behind, $spec: $(ls limited)"
  tried=$((tried + 1))
done
printf '%d tried, %d skipped\n' "$tried" "$skipped"
