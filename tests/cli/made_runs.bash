# SPDX-License-Identifier: MIT
# Runs that were never measured, for tests of what reads runs.

# made_head CPU SCHEMA BATCH...: the first line of samples.jsonl: an experiment of mmap and pread at those batch sizes.
made_head() {
  local cpu=$1 schema=$2 comma='' batch engine
  shift 2
  printf '{"run": {"schema": %s, "started": "2026-01-02T03:04:05Z", "profile": "standard", "indicative": false, "seed": 7,' "$schema"
  printf '"repetitions": 9, "sample_seconds": 0.25, "command": "storebench run", "host": "host", "environment": {"cpu": "%s",' "$cpu"
  printf '"kernel": "Linux 6.1", "file_system": "ext4", "device": "vda", "durable": true, "unreadable": {}}, "experiments":'
  printf '[{"name": "made-up", "title": "Made up", "question": "Is it so?", "claim": "", "chart": {"shape": "bars",'
  printf '"x": "batch", "series": "engine", "panel": "", "y": "ops_per_s", "log_y": false}, "verdict": null, "axes":'
  printf '[{"key": "batch", "values": ["1", "64"]}, {"key": "engine", "values": ["mmap", "pread"]}], "finding": null,'
  printf '"winners": []}], "cells": ['
  for batch in "$@"; do
    for engine in mmap pread; do
      printf '%s{"id": "made-up/%s/%s", "experiment": "made-up", "point": {"batch": "%s", "engine": "%s"},' "$comma" $batch $engine $batch $engine
      printf '"engine": "%s", "spec": "%s", "options": {}, "operation": "get", "keys": "uniform", "sync": "none",' $engine $engine
      printf '"durability": "nothing", "cache": "warm", "record_size": 128, "value_size": 64, "records": 1000, "threads": 1,'
      printf '"processes": 1, "batch": %s, "depth": 1, "rate": null, "status": "skipped", "reason": null}' $batch
      comma=,
    done
  done
  printf '], "dropped": [], "notes": []}}\n'
}

# made_sample BATCH ENGINE REPETITION OPS_PER_S [STATUS [REASON]]
made_sample() {
  printf '{"cell": "made-up/%s/%s", "sample": {"kind": "throughput", "order": 0, "repetition": %s, "counted": true,' "$1" "$2" "$3"
  printf '"status": "%s", "reason": %s, "seconds": 0.1, "operations": %s, "ops_per_s": %s, "bytes_per_s": %s,' \
    "${5:-ok}" "${6:-null}" "$([[ $4 == null ]] && echo null || echo $(($4 / 10)))" "$4" "$4"
  printf '"latency_ns": null, "flags": []}}\n'
}

# made_samples BATCH ENGINE OPS_PER_S: nine samples within a few percent.
made_samples() {
  local repetition noise=(3 -2 0 1 -3 2 0 -1 1)
  for repetition in 1 2 3 4 5 6 7 8 9; do
    made_sample "$1" "$2" $repetition $(($3 + $3 * noise[repetition - 1] / 100))
  done
}

made_end() { echo '{"end": {"finished": "2026-01-02T03:24:05Z", "complete": true, "bookkeeping": null}}'; }

# made_run FOLDER CPU OPS...: a run at batch 1 and 64, of mmap and pread each, with these four rates.
made_run() {
  mkdir "$1"
  {
    made_head "$2" 1 1 64
    made_samples 1 mmap "$3"
    made_samples 1 pread "$4"
    made_samples 64 mmap "$5"
    made_samples 64 pread "$6"
    made_end
  } >"$1/samples.jsonl"
}
