#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Plug-ins: the example builds outside of the tree from the installed headers, by the line in its own comment, and is
# measured beside a native engine; bad ones are one clear line, and one that crashes costs its own cells alone.
set -euo pipefail
cd "$TEST_DIR"
fail() { printf '%s\n' "$*"; exit 1; }
# Nothing of the build's own plug-ins is looked at here.
unset STOREBENCH_ENGINE_PATH

cmake --install "$(dirname "$STOREBENCH")" --prefix "$TEST_DIR/prefix" >/dev/null
program=$TEST_DIR/prefix/bin/storebench
find prefix -name '*.so' -delete  # the peers that this build may have
cp "$STOREBENCH_SOURCE/examples/engine/flat.c" .
line=$(sed -n 's|^// *\(cc .*flat\.c -o flat\.so\)$|\1|p' flat.c | sed 's|PREFIX|prefix|')
[[ -n $line ]] || fail 'flat.c has no build line'
# shellcheck disable=SC2086
sh -c "${line/cc /cc -Wall -Wextra -Werror }" || fail 'flat.c does not build by its own line'

# variant NAME FROM TO: the example with one text replaced, built as NAME.so.
variant() {
  grep -qF "$2" flat.c || fail "flat.c has no \"$2\""
  local text
  text=$(<flat.c)
  printf '%s\n' "${text//"$2"/"$3"}" >"$1.c"
  sh -c "$(printf '%s' "$line" | sed "s|flat\.c -o flat\.so|$1.c -o $1.so|")" || fail "$1.c does not build"
}

# As an engine of the store's tools, and of a run, by its path and by its name.
"$program" create store --engine ./flat.so
"$program" put store key value --engine ./flat.so
[[ $("$program" get store key --engine ./flat.so) == value ]] || fail 'get'
STOREBENCH_ENGINE_PATH=$PWD "$program" get store key --engine flat >/dev/null || fail 'get by name'
cat >reads.ini <<'INI'
[experiment]
title = Reads
question = Which?
[hold]
data = 1M
[sweep]
operation = get, update
engine = pread, ./flat.so
[chart]
shape = bars
x = operation
series = engine
y = ops_per_s
INI
measure() { "$program" run reads.ini --profile quick --repetitions 1 --budget 10 "$@"; }
measure --out run >out 2>err || fail "a run: $(cat out err)"
cells() { cut -d, -f1,20 "$1/samples.csv" | sort -u; }  # ID,STATUS
cells run >list
grep -qx 'reads/get/./flat.so,ok' list || fail "$(cat list)"
grep -qx 'reads/update/./flat.so,ok' list || fail "$(cat list)"
grep -q '"durability": "pwrite; nothing is synced"' run/run.json || fail 'its words on durability'
measure --engines pread,flat --engine-path . --out named >out 2>err || fail "by name: $(cat out err)"
cells named | grep -cx 'reads/get/flat,ok' >/dev/null || fail "$(cells named)"

# refused TEXT SPEC: one line with the text, exit 2, nothing made.
refused() {
  local status=0
  measure --engines "pread,$2" --out refused >out 2>err || status=$?
  [[ $status -eq 2 && ! -s out && ! -e refused && $(wc -l <err) -eq 1 ]] || fail "$2: exit $status: $(cat out err)"
  grep -qF -- "$1" err || fail "$2 is refused with: $(cat err)"
}
echo 'no shared object' >text.so
refused './text.so: cannot be loaded: ' ./text.so
mkfifo pipe.so
refused './pipe.so: not a file; name a plug-in' ./pipe.so
refused './none.so: No such file or directory; name a plug-in' ./none.so
refused 'has no option "depth"; it takes none' ./flat.so:depth=3
refused 'did you mean "lmdb"?' lmbd
variant other 'storebench_engine(uint32_t api)' 'another_name(uint32_t api)'
refused './other.so: no plug-in: it has no function storebench_engine' ./other.so
variant version '.api = ENGINE_API' '.api = ENGINE_API + 1'
refused './version.so: built for another interface than' ./version.so
variant gap '.reap = flat_reap,' ''
refused './gap.so: the engine lacks submit() or reap()' ./gap.so
variant crash '? &engine_flat : NULL' '? (abort(), &engine_flat) : NULL'
refused './crash.so: the plug-in cannot be described: killed by signal 6 (Aborted)' ./crash.so
variant hang '? &engine_flat : NULL' '? (pause(), &engine_flat) : NULL'
refused './hang.so: the plug-in cannot be described: timed out after' ./hang.so

# One that is known by name, and crashes when it is described or while it is measured, costs its cells alone.
for name in describes measures; do mkdir "$name"; done
cp crash.so describes/lmdb.so
variant submits 'if (session->taken == session->count)' 'abort(); if (session->taken == session->count)'
cp submits.so measures/lmdb.so
for name in describes measures; do
  status=0
  measure --engines pread,lmdb --engine-path "$name" --out "run-$name" >out 2>err || status=$?
  [[ $status -eq 1 ]] || fail "$name: exit $status: $(cat out err)"
  cells "run-$name" >list
  [[ $(grep -c '/pread,ok$' list) -eq 2 ]] || fail "$name: $(cat list)"
  [[ $(grep -c '/lmdb,failed$' list) -eq 2 && $(grep -c 'failed.*: .*signal 6' err) -eq 1 ]] || fail "$name: $(cat list err)"
done

# One that was not built is skipped, with the reason that the build left.
mkdir none
echo 'liblmdb-dev is missing' >none/lmdb.missing
measure --engines pread,lmdb --engine-path none --out skipped >out 2>err || fail "not built: $(cat out err)"
# Said once, with how many cells it is about; each has its record.
line='storebench: lmdb: 2 cells skipped, such as reads/get/lmdb: lmdb was not built: liblmdb-dev is missing'
[[ $(grep -c 'lmdb was not built' err) -eq 1 ]] && grep -qxF "$line" err || fail "$(cat err)"
[[ $(cells skipped | grep -c '/lmdb,skipped$') -eq 2 ]] || fail "$(cells skipped)"
# `peers` stands for all of them.
measure --engines pread,peers --engine-path none --dry-run >plan || fail 'peers'
grep -q '10 cells' plan || fail "$(cat plan)"
"$program" list engines --engine-path none >list
grep -q '^lmdb *unavailable: lmdb was not built: liblmdb-dev is missing$' list || fail "$(cat list)"
