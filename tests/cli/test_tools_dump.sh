#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# dump and load: what goes out comes back, byte for byte, and a damaged dump changes nothing.
source "$(dirname "$0")/helpers.bash"
golden

run create a.store --record-size 256
run put a.store '#key' 'begins with the sign of the head line'
run put a.store $'tab\tkey' $'a\tb\nc\rd\\e\x01\x7f\xff\xc2\x85 Zürich'
run put a.store empty ''
run put a.store gone soon
run del a.store gone
run dump a.store
run dump a.store --output a.txt
cmp a.txt <("$STOREBENCH" dump a.store) || exit 1
run load b.store a.txt --create
cmp a.txt <("$STOREBENCH" dump b.store) || exit 1
run stat b.store --json
run load b.store a.txt
cmp a.txt <("$STOREBENCH" dump b.store) || exit 1
"$STOREBENCH" dump a.store | "$STOREBENCH" load c.store --create || exit 1
cmp a.txt <("$STOREBENCH" dump c.store) || exit 1
run check c.store
cmp <("$STOREBENCH" get a.store $'tab\tkey') <("$STOREBENCH" get c.store $'tab\tkey') || exit 1

echo '# many records, in several batches'
{ echo '# storebench dump 1 record_size=128 records=1000'
  for i in {1..1000}; do printf 'key%d\tvalue %d\n' "$i" "$i"; done; } >many.txt
run load many.store many.txt --create
run scan many.store --limit 3
cmp many.txt <("$STOREBENCH" dump many.store) || exit 1

echo '# bad input'
head -c 100 many.txt >short.txt
printf '# storebench dump 1 record_size=128 records=1\nno tab here\n' >notab.txt
printf '# storebench dump 1 record_size=128 records=1\nkey\tbad \\q escape\n' >escape.txt
printf '# storebench dump 1 record_size=128 records=1\n\tvalue without a key\n' >nokey.txt
printf '# storebench dump 1 record_size=128 records=1\nseventeen bytes!!\tx\n' >longkey.txt
printf '# storebench dump 1 record_size=128 records=1\nkey\t%0300d\n' 0 >longvalue.txt
printf '# storebench dump 1 record_size=100 records=0\n' >size.txt
printf '# storebench dump 1 record_size=4294967424 records=1\nkey\tvalue\n' >wrapped-size.txt
printf '# storebench dump 1 record_size=128 records=-18446744073709551615\nkey\tvalue\n' >wrapped-count.txt
printf 'key\tvalue\n' >nohead.txt
: >nothing.txt
mkdir folder
for file in short notab escape nokey longkey size wrapped-size wrapped-count nohead nothing missing; do refused load a.store $file.txt; done
refused load a.store folder
refused load a.store longvalue.txt
refused load new.store longvalue.txt --create
refused load new.store short.txt --create
refused load new.store many.txt
refused load b.store many.txt --create
refused dump a.store --output folder
refused dump a.store --output folder/none/a.txt
refused dump missing.store --output x.txt
refused dump a.store --output ./a.store
refused dump a.store --output a.store.index
rm -f many.store.index
refused dump "$PWD/many.store" --output many.store.index
