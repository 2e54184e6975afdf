#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The manual page and the completions name every command and option that --help names; bash completes by them.
set -euo pipefail
cd "$TEST_DIR"
fail() { echo "$*"; exit 1; }

"$STOREBENCH" __manual >manual
for shell in bash zsh fish; do "$STOREBENCH" __completions $shell >$shell; done
if "$STOREBENCH" __completions csh >out 2>err; then fail 'completions for csh'; fi
[[ $(wc -l <err) -eq 1 ]] || fail 'completions for csh: no message'
if command -v groff >/dev/null; then
  groff -man -Tutf8 -ww manual >page 2>err
  [[ ! -s err ]] || fail "groff complains: $(cat err)"
fi
for command in $("$STOREBENCH" --help | sed -n 's/^  \([a-z]\{1,\}\) .*/\1/p' | grep -v storebench); do
  grep -q "^\.SS storebench $command" manual || fail "the manual has no $command"
  grep -q " $command[ ']" bash || fail "bash does not know $command"
  grep -q " -a $command " fish || fail "fish does not know $command"
  for option in $("$STOREBENCH" "$command" --help | sed -n 's/^ *\(-., \)\{0,1\}--\([a-z-]*\).*/\2/p' | grep -vx help); do
    sed -n "/^\.SS storebench $command/,/^\.S[SH]/p" manual | sed 's/\\-/-/g' | grep -c "^\.BR* --$option" >/dev/null ||
      fail "the manual does not tell of $command --$option"
    grep -q "seen_subcommand_from $command' -l $option " fish || fail "fish does not know $command --$option"
  done
done

PATH="$(dirname "$STOREBENCH"):$PATH"
cd "$(mktemp -d -p "$TEST_DIR")"
complete_line() { # the words so far, the last one begun
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  _storebench
  echo "${COMPREPLY[*]-}"
}
# shellcheck disable=SC1091
source "$TEST_DIR/bash"
[[ $(complete_line storebench com) == compare ]] || fail 'commands'
[[ $(complete_line storebench run --pro) == --profile ]] || fail 'options'
[[ $(complete_line storebench run --profile st) == standard ]] || fail 'words of an option'
[[ $(complete_line storebench get --engine ur) == uring ]] || fail 'engines'
[[ $(complete_line storebench run --engines mmap,pr) == mmap,pread ]] || fail 'the second engine of a list'
[[ $(complete_line storebench run --engines mmap,pread,) == *mmap,pread,uring* ]] || fail 'after a comma'
[[ $(complete_line storebench get --engine mmap,pr) == '' ]] || fail 'a list where one engine is taken'
[[ $(complete_line storebench report --only lecture,read-random-w) == lecture,read-random-warm ]] || fail 'experiments of a list'
[[ $(complete_line storebench report --format md,ht) == md,html ]] || fail 'formats'
[[ $(complete_line storebench run read-random-w) == read-random-warm ]] || fail 'experiments'
touch people.store
[[ $(complete_line storebench get peo) == people.store ]] || fail 'files'
bash -n "$TEST_DIR/zsh" || fail 'zsh'
