#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What `run`, `report` and the program itself refuse: words that mean nothing, in options and in experiment files.
source "$(dirname "$0")/helpers.bash"
golden

echo '# words'
refused
refused rum
refused --colour
refused run --profile quik
refused run --profiel quick
for count in 0 -1 three 1.5 ''; do refused run --repetitions="$count"; done
for seed in -1 x; do refused run --seed="$seed"; done
for budget in 0s -5s soon; do refused run --budget="$budget"; done
refused run --engines mmpa
refused run --engines mmap:advise=random
refused run --dir missing/folder --out out fill-sequential --profile quick
refused run --dir missing/folder --out out fill-sequential --profile quick --dry-run
echo text >there.txt
refused run --dir there.txt --out out fill-sequential --profile quick --dry-run
refused run --out there.txt fill-sequential --profile quick --dry-run
rm there.txt
refused run --dir mistyped --out out fill-sequential --profile quick
refused run --dir mistyped --out out fill-sequential --profile quick --dry-run
"$STOREBENCH" run --out out fill-sequential --profile quick --dry-run >/dev/null
[[ ! -e out ]] || echo 'a dry run made something'
refused run read-random-wram
refused run missing.ini
refused report missing
refused list engine
refused list --json extra

echo '# experiment files'
# experiment SED-EXPRESSION: an experiment that is right but for what the expression does to it.
experiment() {
  sed -e "$1" >mine.ini <<'INI'
[experiment]
title    = Random reads
question = How fast are they?
[hold]
operation = get
keys      = uniform
cache     = warm
data      = 1M
[sweep]
engine = mmap, pread
batch  = 1, 8
[chart]
shape  = lines
x      = batch
series = engine
y      = ops_per_s
INI
}
experiment ''
"$STOREBENCH" run mine.ini --profile quick --dry-run >plan.txt || exit 1
rm plan.txt
for change in 's/^cache /cahce /' 's/warm/wram/' 's/get$/got/' 's/\[sweep\]/[sweeep]/' 's/uniform/uniforn/' 's/1M/none/' \
  's/1M/0/' 's/1M/-1M/' 's/= 1, 8/= 1, 0/' 's/= 1, 8/= 1, x/' 's/mmap, /mmpa, /' 's/mmap, /mmap:advice=randon, /' \
  's/^x      = batch/x = depth/' 's/shape .*/shape = piechart/' 's/ops_per_s/ops_per_year/' 's/^batch  = 1, 8/batch 1, 8/' \
  's/^title.*//'; do
  echo "# $change"
  experiment "$change"
  refused run mine.ini --profile quick --dry-run
done
