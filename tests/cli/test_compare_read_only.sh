#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# compare --out into a folder that takes no files: one line, exit code 2, nothing printed and nothing made.
set -euo pipefail
fail() { printf '%s\n' "$*"; exit 1; }
# root writes into any folder but one that is mounted for reading only, which is undone when this process ends.
if [[ $(id -u) -eq 0 && -z ${OWN_MOUNTS:-} ]]; then
  unshare -m true 2>/dev/null || { echo 'skipped: root writes everywhere, and no folder can be mounted for reading only here'; exit 77; }
  exec env OWN_MOUNTS=yes unshare -m bash "$0"
fi
source "$(dirname "$0")/made_runs.bash"
cd "$TEST_DIR"

made_run before 'A processor' 5000000 1000000 9000000 1200000
made_run after 'A processor' 5000000 700000 12600000 1080000
mkdir shut
if [[ $(id -u) -eq 0 ]]; then
  mount --bind shut shut && mount -o remount,bind,ro shut || { echo 'skipped: no folder can be mounted for reading only here'; exit 77; }
else
  chmod 555 shut
fi
status=0
"$STOREBENCH" compare before after --out shut/page >out 2>err || status=$?
[[ $status -eq 2 && ! -s out && $(wc -l <err) -eq 1 && ! -e shut/page ]] || fail "exit $status: $(cat out err)"
grep -Eqx 'storebench: shut/page: cannot be made: (Read-only file system|Permission denied); choose another folder with --out' err || fail "$(cat err)"
"$STOREBENCH" compare before after --out open >out 2>err && fail 'a worse cell is exit code 1'
[[ -s open/compare.html ]] || fail "the same elsewhere: $(cat err)"
