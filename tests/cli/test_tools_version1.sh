#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# import and export of version 1 of the format, the lecture's, on files built byte by byte from its description.
source "$(dirname "$0")/helpers.bash"
golden

# le BYTES NUMBER: the number, little-endian, as printf escapes.
le() { local i; for ((i = 0; i < $1; i++)); do printf '\\x%02x' $((($2 >> (8 * i)) & 255)); done; }

# version1 FILE ENTRIES SIZE: a file of SIZE bytes whose header counts ENTRIES.
version1() {
  : >"$1" && truncate -s "$3" "$1"
  patch "$1" 0 "$(le 4 $((0xDEADBEEF)))$(le 4 1)$(le 8 "$2")$(le 8 $(($2 * 81)))$(le 8 "$3")"
}

# entry FILE NUMBER KEY VALUE VALID
entry() {
  local at=$((64 + $2 * 81))
  patch "$1" $at "$3"
  patch "$1" $((at + 16)) "$4"
  patch "$1" $((at + 80)) "\\x0$5"
}

make_lecture() {
  version1 "$1" 6 81064
  entry "$1" 0 ada 1815 1
  entry "$1" 1 grace Hopper 1
  entry "$1" 2 alan Turing 0                 # deleted
  entry "$1" 3 ada 'born 1815' 1             # updated: the later one counts
  entry "$1" 4 exactly16bytes.. "$(printf 'v%.0s' {1..64})" 1
  entry "$1" 5 'zero\x00in' 'a\x00b' 1
}
make_lecture lecture.db

echo '# what is in the file comes in'
run import a.store lecture.db --create
run scan a.store
run check a.store
echo '# over what is there'
run put a.store grace 'to be replaced'
run put a.store other stays
run import a.store lecture.db
run scan a.store
run import u.store lecture.db --create --engine uring
cmp <("$STOREBENCH" get u.store ada) <("$STOREBENCH" get a.store ada) || exit 1

echo '# and goes out: the header, then the entries, as the lecture lays them out'
run create b.store
run put b.store ada 1815
run put b.store grace Hopper
run put b.store gone soon
run del b.store gone
run export b.store b.db
od -A d -t x1 -v -N 226 b.db
stat -c '%s bytes, mode %a' b.db
version1 expected.db 2 81064
entry expected.db 0 ada 1815 1
entry expected.db 1 grace Hopper 1
cmp b.db expected.db || exit 1

echo '# there and back'
run import c.store b.db --create
cmp <("$STOREBENCH" dump b.store) <("$STOREBENCH" dump c.store) || exit 1

echo '# more than 1000 entries: the file has doubled'
{ echo '# storebench dump 1 record_size=128 records=2500'
  for i in {1..2500}; do printf 'key%d\tvalue %d\n' "$i" "$i"; done; } >many.txt
run load many.store many.txt --create
run export many.store many.db
stat -c '%s bytes' many.db
run import again.store many.db --create
cmp <("$STOREBENCH" dump many.store | sort) <("$STOREBENCH" dump again.store | sort) || exit 1

echo '# what version 1 cannot hold'
run create long.store --record-size 256
run put long.store key "$(printf 'v%.0s' {1..65})"
refused export long.store long.db
{ echo '# storebench dump 1 record_size=128 records=1'; printf 'name\tvalue\\x00\n'; } >zero.txt
run load zero.store zero.txt --create
refused export zero.store zero.db
{ echo '# storebench dump 1 record_size=128 records=1'; printf 'name\\x00\tvalue\n'; } >zerokey.txt
run load zerokey.store zerokey.txt --create
refused export zerokey.store zero.db
refused export a.store /dev/null
refused export a.store folder/none.db
refused export missing.store x.db
refused export a.store ./a.store

echo '# bad input'
mkdir folder && mkfifo fifo && ln -s lecture.db link.db
head -c 63 lecture.db >short.db
head -c 500 lecture.db >cut.db
cp lecture.db magic.db && patch magic.db 0 '\x00'
cp lecture.db version.db && patch version.db 4 '\x03'
cp lecture.db rest.db && patch rest.db 63 '\x01'
cp lecture.db next.db && patch next.db 16 "$(le 8 80)"
cp lecture.db huge.db && patch huge.db 8 "$(le 8 $((1 << 62)))"
cp lecture.db wraps.db && patch wraps.db 8 '\xff\xff\xff\xff\xff\xff\xff\xff'
cp lecture.db valid.db && patch valid.db $((64 + 81 + 80)) '\x02'
cp lecture.db nokey.db && patch nokey.db $((64 + 81)) '\x00\x00\x00\x00\x00'
for file in short cut magic version rest next huge wraps valid nokey link missing; do refused import a.store $file.db; done
refused import a.store folder
refused import a.store fifo
refused import a.store b.store
refused import a.store
refused import new.store cut.db --create
refused import new.store lecture.db
refused import a.store lecture.db --create
run create small.store --record-size 64
refused import small.store lecture.db
refused import new.store lecture.db --create --engine null
