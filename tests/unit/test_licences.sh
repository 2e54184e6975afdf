#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every file says under which licence it is, in its first lines. Texts and what others wrote are under LICENSE as a whole.
set -euo pipefail
cd "$STOREBENCH_SOURCE"

count=0 missing=''
while IFS= read -r -d '' file; do
  count=$((count + 1))
  grep -qm1 'SPDX-License-Identifier: MIT' < <(head -n 5 "$file") || missing+=" $file"
done < <(find . \( -name '.git' -o -name 'build*' -o -path ./results/reference -o -path './results/[0-9l]*' -o -path ./tests/fuzz/found \) \
  -prune -o -type f \( -name '*.[ch]' -o -name '*.cc' -o -name '*.sh' -o -name '*.bash' -o -name '*.py' -o -name '*.gp' -o -name '*.ini' \
  -o -name '*.cmake' -o -name '*.js' -o -name '*.css' -o -name CMakeLists.txt -o -name Makefile -o -path './scripts/*' \
  -o -name schema.json \) -print0)
[[ $count -gt 400 ]] || { echo "only $count files were found; is this the source folder?"; exit 1; }
[[ -z $missing ]] || { printf 'no SPDX-License-Identifier in its first five lines: %s\n' $missing; exit 1; }
