#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every command tells of itself in one form: usage, what it does, options, examples that it would take; and a mistake in
# any word that it knows gets the nearest one.
set -euo pipefail
export LC_ALL=C
: "${STOREBENCH:?must name the program}" "${TEST_DIR:?must name a folder}"
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }

"$STOREBENCH" --help >help
commands=$(sed -n 's/^  \([a-z]\{2,\}\)  *[a-z].*/\1/p' help | grep -vx storebench)
[[ $(wc -w <<<"$commands") -ge 20 ]] || fail "these are all commands: $commands"
for command in $commands; do
  "$STOREBENCH" "$command" --help >out 2>err || fail "$command --help: exit $?"
  [[ ! -s err ]] || fail "$command --help complains: $(cat err)"
  head -1 out | grep -c "^Usage: storebench $command " >/dev/null || fail "$command --help begins with: $(head -1 out)"
  awk 'length($0) > 80 { exit 1 }' out || fail "$command --help is wider than 80 columns"
  sed -n '/^Examples\{0,1\}:$/,$p' out >examples
  grep -q "^  storebench $command" examples || fail "$command --help has no example"
  tail -n +2 examples | grep -v '^$' | grep -v '^  storebench ' && fail "$command --help: an example is broken over lines"
  for option in $(grep -o -- ' --[a-z-]*' examples); do
    grep -q -- "^ *$option[ =]" out || grep -q -- "^ *$option$" out || fail "$command --help: no option $option, but an example of it"
  done
  for option in $(sed -n 's/^ *--\([a-z-]*\).*/\1/p' out); do
    "$STOREBENCH" "$command" "--${option}x" >told 2>&1 </dev/null && fail "$command takes --${option}x"
    grep -q -- "did you mean --" told || fail "$command --${option}x: $(cat told)"
  done
done

# meant WORDS ARGUMENT...: is refused with these words, on one line.
meant() {
  local words=$1
  shift
  "$STOREBENCH" "$@" >told 2>&1 </dev/null && fail "$* is not refused"
  [[ $(wc -l <told) -eq 1 ]] || fail "$*: not one line: $(cat told)"
  grep -qF -- "$words" told || fail "$*: $(cat told)"
}
meant 'did you mean "--help"?' help
meant 'did you mean "--help"?' -h
meant 'did you mean "--help"?' --hlep
meant 'did you mean "--version"?' version
meant 'did you mean "--version"?' -V
meant 'did you mean "compare"?' compar
meant 'did you mean "read-random-warm"?' run read-random-wram
meant 'did you mean "mmap"?' run --engines mmpa
meant 'did you mean "advice"?' run --engines mmap:advise=random
meant 'did you mean "charts"?' list chart
meant 'did you mean "always"?' create store --sync alwys
meant 'did you mean "quick"?' run --profile quik
meant 'did you mean "html"?' report run --format htm
printf '[experiment]\ntitle=a\nquestion=b?\n[hold]\noperation=get\ndata=64K\n[sweep]\nbatch=1,8\nengine=mmap\n[chart]\nshape=lins\nx=batch\nseries=engine\ny=ops_per_s\nread=c\n' >mine.ini
meant 'did you mean "lines"?' run ./mine.ini --dry-run
sed -i 's/lins/lines/; s/ops_per_s/ops_per_sec/' mine.ini
meant 'did you mean "ops_per_s"?' run ./mine.ini --dry-run
sed -i 's/ops_per_sec/ops_per_s/; s/^batch/btach/' mine.ini
meant 'did you mean "batch"?' run ./mine.ini --dry-run
