#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is refused: files that are no stores, keys and values that do not fit, words that mean nothing. See helpers.bash
# for what `refused` demands of each.
source "$(dirname "$0")/helpers.bash"
golden

"$STOREBENCH" create good.store && "$STOREBENCH" put good.store ada 1815 && "$STOREBENCH" put good.store grace 1906 || exit 1
mkdir folder
mkfifo fifo
ln -s good.store link
ln -s nowhere dangling
seq 10000 >text
: >empty
head -c 40 good.store >short
head -c 8192 good.store >header-only
cp good.store version; patch version 4 '\x09'; patch version 4100 '\x09'
cp good.store damaged-header; patch damaged-header 40 'XXXX'; patch damaged-header 4136 'XXXX'
cp good.store damaged-record; cp good.store.index damaged-record.index; patch damaged-record 8212 'X'
truncate -s 8200 short-records; dd if=good.store of=short-records bs=8200 count=1 conv=notrunc status=none

echo '# not a store, by every command'
for command in get put del scan stat check dump load; do
  case $command in
    get | del) operands=(ada) ;;
    put) operands=(ada x) ;;
    load) printf '# storebench dump 1 record_size=128 records=0\n' >none.txt; operands=(none.txt) ;;
    *) operands=() ;;
  esac
  for file in missing folder fifo link dangling text empty short version damaged-header; do
    refused $command $file "${operands[@]}"
  done
done

echo '# by every engine'
for engine in $(engines); do
  for file in missing folder fifo link text empty short header-only version damaged-header short-records; do
    cmp <("$STOREBENCH" get $file ada --engine "$engine" 2>&1) <("$STOREBENCH" get $file ada 2>&1) ||
      { echo "$engine says something else of $file"; exit 1; }
  done
done

echo '# names and keys with control characters are printed escaped'
refused get $'no\e[2J\nsuch' ada
refused get good.store $'q\e[1m\x9b'
refused import good.store $'\xc2\x9b2J'
refused $'no\e[2J'
refused run $'no\e[2J'
refused get good.store ada --engine $'mmap\e[2J'

echo '# cut short'
refused get header-only ada
refused get short-records ada
refused put header-only ada x

echo '# damaged record: found by what verifies'
before=$(state_of .)
run check damaged-record
run dump damaged-record
run get damaged-record ada --engine mmap:verify=on
run get damaged-record grace --engine pread:verify=on
refused dump damaged-record --output out.txt
[[ $before == "$(state_of .)" ]] || { echo CHANGED; exit 1; }

echo '# in use'
exec 9<good.store
flock -x 9
refused get good.store ada
refused put good.store ada x
refused scan good.store
refused check good.store
refused stat good.store
refused create good.store
flock -u 9
flock -s 9
run get good.store ada
refused put good.store ada x
exec 9<&-

echo '# keys and values'
for engine in $(engines); do
  for operands in "put good.store '' x" "put good.store seventeen-bytes-x x" "get good.store ''" "del good.store ''" \
    "put good.store key $(printf 'v%.0s' {1..89})" "get good.store nobody" "del good.store nobody"; do
    said="$TEST_DIR/said.$engine"
    eval "refused $operands --engine $engine" >"$said" || { cat "$said"; exit 1; }
    if [[ $engine == mmap ]]; then cat "$said"; fi
    cmp <(grep '^!' "$said") <(eval "'$STOREBENCH' $operands" 2>&1 >/dev/null | sed 's/^/! /') || exit 1
  done
done

echo '# creating'
refused create good.store
refused create link
refused create dangling
refused create folder
refused create fifo
refused create none/new.store
for size in 0 -1 100 32 5000 2M many 1e3 ''; do refused create new.store --record-size="$size"; done
for count in 0 -5 many 1.5 '' 99999999999999999999; do refused create new.store --capacity="$count"; done
refused create new.store --capacity 5000M
for count in 0 -1 ten; do refused scan good.store --limit=$count; done

echo '# words'
refused get good.store ada --engine mmpa
refused get good.store ada --engine null
refused get good.store ada --engine mmap:advise=random
refused get good.store ada --engine mmap:advice=randon
refused get good.store ada --engine ''
refused get good.store ada --sync alway
refused get good.store ada --sync every=0
refused get good.store ada --sync every=-1
refused get good.store ada --sync every=x
refused get good.store ada --sync interval=0ms
refused get good.store ada --sync interval=soon
refused get good.store ada --engin mmap
refused get good.store ada --colour
refused get good.store ada --engine
refused stat good.store --json=yes
refused get good.store -5
refused get good.store
refused get
refused put good.store key
refused put good.store key two words
refused load

echo '# nowhere to write to'
for command in "get good.store ada" "scan good.store" "dump good.store" "stat good.store" "check good.store"; do
  # shellcheck disable=SC2086
  "$STOREBENCH" $command 2>said >/dev/full && { echo "NOT NOTICED: $command"; exit 1; }
  cat said
done
