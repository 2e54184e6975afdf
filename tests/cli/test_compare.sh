#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# storebench compare: made-up runs in words, as Markdown, as JSON and as a page, by folder and by run.json, and exit codes.
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
  made_samples 64 pread 1200000 | sed -n 1,2p # which reads all of it, too
  made_sample 512 mmap 1 5 failed '"lost a value"'
} >less/samples.jsonl
run compare before less

echo '# JSON'
run compare before after --json >json
grep -c '"verdict": "worse"' json
grep -c '"source": "assumed"' json

echo '# three runs, each with the first; a difference needs more where there are more of them'
run compare before same after
run compare before same after --json >json
grep -E '^\$|^\[|^\]|^ "name"|"(worse|better)":' json
echo '# one of three has no cell in common'
mkdir other
{ made_head 'A processor' 1 512; made_samples 512 mmap 1000; made_end; } >other/samples.jsonl
run compare before other after | tail -8
run compare before other after --out nothing | tail -1
ls nothing 2>&1

echo '# a page and charts, of two runs and of three'
run compare before after --out two/deep | tail -2
run compare before/ same/run.json elsewhere --out three --json | tail -1
(cd three && find . -type f | sort)
echo "# its texts"
head -12 three/compare.md
grep -c 'svg role="img"' three/compare.html
grep '^# finding' two/deep/data/made-up.tsv three/data/made-up.tsv
sed -n '/^panel/,$p' three/data/made-up.tsv | cut -f 1-8,13
echo '# without gnuplot the page says so'
mkdir bin
ln -s "$(command -v sed)" bin/sed
(PATH=$PWD/bin; run compare before after --out bare) | tail -2
ls bare bare/charts
grep -h 'gnuplot' bare/compare.md
grep -c '<svg' bare/compare.html

echo '# refused'
refused compare before after --out before
refused compare before after --out three
refused compare before after --out before/samples.jsonl/page
refused compare before after --out=
refused compare before nowhere --out new
refused compare before after same before after same before
refused compare
refused compare before
refused compare before after --json --markdown
refused compare before after --threshold none
refused compare before after --threshold=-5
refused compare before nowhere
mkdir empty
refused compare before empty
