# SPDX-License-Identifier: MIT
# Golden tests of the command line. A script calls `golden` first: its transcript, with folders and times made the same
# everywhere, must be NAME.expected beside it. GOLDEN_UPDATE=1 writes that file instead; read what changed.
# STOREBENCH is the program, TEST_DIR an empty folder that is removed afterwards.
set -uo pipefail
export LC_ALL=C
: "${STOREBENCH:?must name the program}" "${TEST_DIR:?must name a folder}"

# Sizes that the file system or the index decides, and the engines' own words, are tested elsewhere.
normalise() {
  sed -E -e "s|$TEST_DIR|DIR|g" -e 's/(storebench-demo)-[A-Za-z0-9]{6}/\1-XXXXXX/g' -e 's/ +[0-9]+\.[0-9] (ns|us|ms|s)\b/ TIME/g' \
    -e 's/("?(bytes_allocated|index_bytes)"?:?) [0-9]+/\1 N/' -e 's/("?durability"?:?) .*[^,]/\1 WORDS/' \
    -e 's/[0-9]+ are free/N are free/' -e 's/the run needs [0-9.]+ [KMGT]?i?B and/the run needs N and/' -e 's/(sync policy always:) .*/\1 WORDS/'
}

golden() {
  [[ -n ${GOLDEN_INSIDE:-} ]] && return
  local script expected status=0
  script=$(realpath "${BASH_SOURCE[1]}")
  expected="${script%.sh}.expected"
  mkdir "$TEST_DIR/work" || exit 1
  (cd "$TEST_DIR/work" && GOLDEN_INSIDE=1 bash "$script") >"$TEST_DIR/actual" 2>&1 || status=$?
  if [[ $status -ne 0 ]]; then
    cat "$TEST_DIR/actual"
    exit $status
  fi
  if [[ -n ${GOLDEN_UPDATE:-} ]]; then normalise <"$TEST_DIR/actual" >"$expected"; fi
  diff -u "$expected" <(normalise <"$TEST_DIR/actual") || exit 1
  exit 0
}

# run ARGUMENT...: storebench with them; prints the command, what it wrote to standard output, what it wrote to standard
# error behind "! ", and its exit code unless that is 0.
run() {
  local status=0
  echo "\$ storebench ${*@Q}" | sed "s/'\([A-Za-z0-9_.,:=/%-]\{1,\}\)'/\1/g"
  "$STOREBENCH" "$@" 2>"$TEST_DIR/stderr" || status=$?
  sed 's/^/! /' "$TEST_DIR/stderr"
  if [[ $status -ne 0 ]]; then echo "exit $status"; fi
  return 0
}

state_of() { (cd "$1" && find . -mindepth 1 -printf '%p %y %s %m\n' | sort; find "$1" -type f -print0 | sort -z | xargs -0r cksum); }

# refused ARGUMENT...: as run, for what must fail with one line on standard error, nothing on standard output, and no file
# of the current folder made, changed or removed.
refused() {
  local before after output
  before=$(state_of .)
  output=$(timeout 120 "$STOREBENCH" "$@" 2>/dev/null </dev/null)
  case $? in
    0) echo "NOT REFUSED: $*"; exit 1 ;;
    1 | 2 | 77) ;;
    *) echo "DIED OR HUNG: $*"; exit 1 ;;
  esac
  [[ -z $output ]] || { echo "PRINTED $output"; exit 1; }
  run "$@" </dev/null
  [[ $(wc -l <"$TEST_DIR/stderr") -eq 1 ]] || { echo "NOT ONE LINE"; exit 1; }
  after=$(state_of .)
  [[ $before == "$after" ]] || { echo "CHANGED: $*"; diff <(echo "$before") <(echo "$after"); exit 1; }
}

# patch FILE OFFSET BYTES: writes the bytes (printf escapes) into the file.
patch() { printf '%b' "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }

# The engines of this build that keep records and can run here, one a line.
engines() { for engine in mmap pread stdio uring; do "$STOREBENCH" create "$TEST_DIR/try" --engine $engine 2>/dev/null && rm "$TEST_DIR/try" && echo $engine; done; }
