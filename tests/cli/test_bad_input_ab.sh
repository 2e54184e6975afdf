#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What `ab` refuses: sides that are neither builds nor engines, and cells that make no sense.
source "$(dirname "$0")/helpers.bash"
golden

echo '# sides'
touch plain
refused ab
refused ab mmap
refused ab mmap pread stdio
refused ab mmpa pread
refused ab mmap pread:verfiy=on
refused ab mmap /bin/true
refused ab ./missing ./missing
refused ab ./plain ./plain
refused ab . .
refused ab mmap ''
refused ab /bin/true /bin/true --engine mmpa
refused ab mmap pread --engine mmap
refused ab mmap pread --own-data

echo '# options'
refused ab mmap pread --profile standrad
refused ab mmap pread --pars 5
for pairs in 3 101 x; do refused ab mmap pread --pairs $pairs; done
for seconds in 0 -1 x 1e9; do refused ab mmap pread --seconds=$seconds; done
refused ab mmap pread --seed x
refused ab mmap pread --dir missing/folder
refused ab mmap pread --experiment read-random-wram
refused ab mmap pread --experiment read-random-warm --batch 1

echo '# cells'
refused ab mmap pread --operation got
refused ab mmap pread --cache wram
refused ab mmap pread --batch 0
refused ab mmap pread --batch 1,x
refused ab mmap pread --batch 1 --batch 2
refused ab mmap pread --sync alwys
refused ab mmap pread --data 0
refused ab mmap pread --data $'1M\n[chart]'
refused ab mmap pread --operation get --depth 1 --batch 8
refused ab mmap pread --batch 1,2 --depth 8,16 --threads 1,2
