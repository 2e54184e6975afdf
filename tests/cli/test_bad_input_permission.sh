#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A store that the user may not read, or not write. Run by root, the program is run as nobody; without a way to become
# nobody the test is skipped.
source "$(dirname "$0")/helpers.bash"
if [[ $EUID -eq 0 ]]; then
  setpriv --reuid=nobody --clear-groups true 2>/dev/null || { echo "cannot become nobody"; exit 77; }
fi
golden

mkdir closed
for store in writable readonly unreadable closed/inside; do
  "$STOREBENCH" create $store && "$STOREBENCH" put $store ada 1815 || exit 1
done
chmod 0400 readonly
chmod 0000 unreadable
chmod 0500 closed
if [[ $EUID -eq 0 ]]; then
  cp "$STOREBENCH" "$TEST_DIR/as-nobody.bin"
  printf '#!/bin/sh\nexec setpriv --reuid=nobody --clear-groups "%s" "$@"\n' "$TEST_DIR/as-nobody.bin" >"$TEST_DIR/as-nobody"
  chmod 0755 "$TEST_DIR/as-nobody" "$TEST_DIR/as-nobody.bin" "$TEST_DIR" .
  chown nobody writable readonly unreadable closed
  STOREBENCH="$TEST_DIR/as-nobody"
fi

run get readonly ada
refused put readonly ada x
refused del readonly ada
refused get unreadable ada
refused check unreadable
refused create closed/new
refused dump readonly --output closed/new.txt
refused demo mmap --dir closed
