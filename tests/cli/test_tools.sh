#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The store tools on one store.
source "$(dirname "$0")/helpers.bash"
golden

run create a.store
run put a.store ada 1815
run put a.store grace 'Hopper, 1906'
run get a.store ada
run put a.store ada 'Lovelace, 1815'
run get a.store ada
run put a.store empty ''
run get a.store empty
run put a.store sixteen-bytes-ok "$(printf 'v%.0s' {1..88})"
run get a.store sixteen-bytes-ok
run scan a.store
run scan a.store --limit 2
run del a.store ada
run get a.store ada
run del a.store ada
run scan a.store
run stat a.store
run stat a.store --json
run check a.store
run put a.store -- -key -value
run get a.store -- -key

echo '# bytes that are not text'
run put a.store $'tab\there' $'line\nbreak \\ \x01\x7f\xff Zürich'
run get a.store $'tab\there'
run scan a.store

echo '# larger records'
run create b.store --record-size 8K --capacity 10
long=$(printf 'v%.0s' {1..8152})
"$STOREBENCH" put b.store long "$long" || exit 1
cmp <(echo "$long") <("$STOREBENCH" get b.store long) || exit 1
run check b.store
run stat b.store --engine pread:verify=on --sync every=8
