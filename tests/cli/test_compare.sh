#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# storebench compare: two made-up runs in words, as Markdown and as JSON, by folder and by run.json, and exit codes.
source "$(dirname "$0")/helpers.bash"
source "$(dirname "$0")/made_runs.bash"
golden

made_run before 'A processor' 5000000 1000000 9000000 1200000
made_run same 'A processor' 5050000 1010000 9090000 1190000
made_run after 'A processor' 5000000 700000 12600000 1080000
made_run elsewhere 'Another processor' 5000000 700000 12600000 1080000
"$STOREBENCH" report same >/dev/null 2>&1 || true
[[ -s same/run.json ]] || { echo 'no run.json'; exit 1; }

echo '# the same, once as run.json'
run compare before same/run.json
echo '# worse and better'
run compare before after
echo '# what counts is said'
run compare before after --threshold 50
run compare before after --threshold 5%
echo '# another machine'
run compare before elsewhere --markdown
echo '# cells of one run only, and one that failed'
mkdir less
{
  made_head 'A processor' 1 64 512
  made_samples 64 mmap 9000000
  made_samples 64 pread 1200000 | head -2
  made_sample 512 mmap 1 5 failed '"lost a value"'
} >less/samples.jsonl
run compare before less

echo '# JSON'
run compare before after --json >json
grep -c '"verdict": "worse"' json
grep -c '"source": "assumed"' json

echo '# refused'
refused compare
refused compare before
refused compare before after same
refused compare before after --json --markdown
refused compare before after --threshold none
refused compare before after --threshold=-5
refused compare before nowhere
mkdir empty
refused compare before empty
