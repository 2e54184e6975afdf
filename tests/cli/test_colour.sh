#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Colours on a terminal, and none in a pipe, under NO_COLOR, on a dumb terminal, or without TERM.
set -euo pipefail
export LC_ALL=C
: "${STOREBENCH:?must name the program}" "${STOREBENCH_SOURCE:?must name the source folder}" "${TEST_DIR:?must name a folder}"
cd "$TEST_DIR"
# shellcheck source=tests/cli/made_runs.bash
source "$STOREBENCH_SOURCE/tests/cli/made_runs.bash"
fail() { echo "$*"; exit 1; }

command -v script >/dev/null || { echo 'skipped: script(1) is not installed (util-linux, or bsdutils)'; exit 77; }
made_run before 'A processor' 5000000 1000000 9000000 1200000
made_run after 'A processor' 5000000 700000 12600000 1080000
unset NO_COLOR
escape=$'\033'

# on_terminal VARIABLE=VALUE...: what compare writes to a terminal with these.
on_terminal() { env "$@" script -qec "'$STOREBENCH' compare before after" /dev/null </dev/null || [[ $? -eq 1 ]]; }

on_terminal TERM=xterm >out
grep -qF "${escape}[31mworse${escape}[0m" out || fail "worse is not red: $(cat -v out)"
grep -qF "${escape}[32mbetter${escape}[0m" out || fail "better is not green: $(cat -v out)"
grep -qF "${escape}[2m~${escape}[0m" out || fail "no difference is not dim: $(cat -v out)"
on_terminal TERM=xterm NO_COLOR= >out
grep -qF "$escape" out || fail 'an empty NO_COLOR takes colours away'

plain() {
  grep -q worse out || fail "$1: no comparison: $(cat -v out)"
  if grep -qF "$escape" out; then fail "$1: has colours: $(cat -v out)"; fi
}
on_terminal TERM=xterm NO_COLOR=1 >out
plain NO_COLOR
on_terminal TERM=dumb >out
plain 'a dumb terminal'
on_terminal TERM= >out
plain 'no TERM'
TERM=xterm "$STOREBENCH" compare before after >out || [[ $? -eq 1 ]]
plain 'a pipe'
TERM=xterm script -qec "'$STOREBENCH' compare before after --markdown" /dev/null </dev/null >out || [[ $? -eq 1 ]]
plain Markdown

cat >mine.ini <<'INI'
[experiment]
title    = Small reads
question = Which reads are fastest?
[hold]
operation = get
data      = 64K
cache     = warm
[sweep]
batch  = 1
engine = pread, stdio
[chart]
shape  = bars
x      = batch
series = engine
y      = ops_per_s
read   = More is better.
[verdict]
compare = pread / stdio > 0.0001
INI
TERM=xterm script -qec "'$STOREBENCH' run ./mine.ini --profile quick --repetitions 3" /dev/null </dev/null >out
grep -qE "${escape}\[(32mholds|2mnot shown here)${escape}\[0m" out || fail "the verdict of a run has no colour: $(cat -v out)"
NO_COLOR=1 TERM=xterm script -qec "'$STOREBENCH' run ./mine.ini --profile quick --repetitions 3" /dev/null </dev/null >out
# The bar is drawn over itself and taken away (CR, erase), which is no colour.
if grep -qE "${escape}\[[0-9;]*m" out; then fail "NO_COLOR: a run has colours: $(cat -v out)"; fi
