#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The lecture's scenario on one engine, on all, stopped by Ctrl-C, and where it cannot run. No data stays behind.
source "$(dirname "$0")/helpers.bash"
golden

mkdir data
run demo pread --dir data
ls -A data
"$STOREBENCH" demo --dir data >all.txt || { cat all.txt; exit 1; }
for engine in $(engines); do
  grep -q "^$engine: " all.txt || { echo "$engine did not play"; exit 1; }
done
[[ $(grep -c 'neighbours are there' all.txt) -eq $(engines | wc -l) ]] || exit 1
ls -A data

# A store that is a folder, where one was built.
if [[ -e ${STOREBENCH_ENGINE_PATH-}/lmdb.so ]]; then
  "$STOREBENCH" demo lmdb --dir data >folder.txt || { cat folder.txt; exit 1; }
  grep -q 'neighbours are there' folder.txt || exit 1
  ls -A data
fi

echo '# Ctrl-C, as soon as there is something to remove'
"$STOREBENCH" demo --dir data >stopped.txt 2>&1 &
demo=$!
until [[ -n $(ls -A data) ]]; do kill -0 $demo || exit 1; done
kill -INT $demo
wait $demo
echo "exit $?"
ls -A data

echo '# bad input'
refused demo mmpa
refused demo null
refused demo mmap pread
refused demo --dir missing
refused demo --dri data
refused demo pread:verify=maybe
