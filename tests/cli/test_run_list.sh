#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# list: one item a line, the name first; and the help of each command.
set -euo pipefail
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }

"$STOREBENCH" list engines >engines
for name in mmap pread stdio uring null; do
  grep -Eq "^$name +[^ ]" engines || fail "$name is not listed"
done
grep -q '^  :advice=normal ' engines || fail 'options are not listed'
"$STOREBENCH" list experiments >experiments
for file in "$STOREBENCH_SOURCE"/workloads/experiments/*.ini; do
  name=$(basename "$file" .ini)
  question=$(sed -n 's/^question *= *//p' "$file") claim=$(sed -n 's/^claim *= *//p' "$file")
  [[ $(grep -A1 "^$name " experiments | head -1) =~ ^$name\ +"$question"$ ]] || fail "$name is not listed with its question"
  [[ -z $claim ]] || grep -A1 "^$name " experiments | grep -cxF "  claim: $claim" >/dev/null || fail "$name: its claim is not listed"
done
[[ $(grep -c '^[^ ]' experiments) -eq $(find "$STOREBENCH_SOURCE/workloads/experiments" -name '*.ini' | wc -l) ]] ||
  fail 'more experiments'
[[ $("$STOREBENCH" list policies | cut -d' ' -f1 | tr '\n' ' ') == 'none async every=N interval=MS always ' ]] ||
  fail 'the policies'
# style is part of all, and ratios is drawn by compare alone.
"$STOREBENCH" list charts >charts
for script in "$STOREBENCH_SOURCE"/plots/*.gp; do
  shape=$(basename "$script" .gp)
  [[ $shape == style || $shape == ratios ]] || grep -Eq "^$shape +[a-z].*: " charts || fail "$shape is not listed with what it is for"
done
grep -Eq '^(style|ratios)' charts && fail 'style and ratios are no shapes of experiments'
for word in x=KEY read=TEXT '  ops_per_s ' '  write_amplification '; do
  grep -q -e "$word" charts || fail "nothing is said of $word"
done
[[ $("$STOREBENCH" list policies extra 2>&1 | wc -l) -eq 1 ]] || fail 'one word too many'
[[ -z $(find . -name 'storebench-*') ]] || fail 'trying the engines left files'

for command in $("$STOREBENCH" --help | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p' | grep -v storebench); do
  "$STOREBENCH" "$command" --help >help 2>err || fail "$command --help: exit $?"
  [[ ! -s err ]] || fail "$command --help complains: $(cat err)"
  grep -q "^Usage: storebench $command" help || fail "$command --help does not say how to use it: $(cat help)"
  grep -Eq "^( *|Example: )storebench $command" help || fail "$command --help has no example"
done
[[ $("$STOREBENCH" --version) == storebench\ [0-9]* ]] || fail 'the version'
