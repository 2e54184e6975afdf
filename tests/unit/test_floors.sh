#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# No file includes what stands on a floor above its own: base < engines < workloads < harness.
set -euo pipefail
cd "$STOREBENCH_SOURCE"

status=0
# floor FOLDER PATTERN: every include of ours in FOLDER must match PATTERN; there must be some, or nothing was checked.
floor() {
  local includes above
  includes=$(grep -rHnE --include='*.[ch]' --include='*.cc' '^[[:space:]]*#[[:space:]]*include[[:space:]]+"' "$1" || true)
  if [ -z "$includes" ]; then
    printf '%s: no includes found; is the folder empty?\n' "$1"
    status=1
    return
  fi
  above=$(printf '%s\n' "$includes" | grep -vE "include[[:space:]]+\"($2)" || true)
  if [ -n "$above" ]; then
    printf 'these include what stands above %s/:\n%s\n' "$1" "$above"
    status=1
  fi
}

floor base 'base/'
floor engines 'base/|engines/|build_info\.h"'
floor workloads 'base/|engines/engine\.h"|workloads/'
floor harness 'base/|engines/|workloads/|harness/|build_info\.h"|page_assets\.h"'
exit "$status"
