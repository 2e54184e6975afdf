#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A store whose writer was killed: what was acknowledged is there, a reader changes nothing, a writer recovers it.
source "$(dirname "$0")/helpers.bash"
golden

for engine in $(engines); do
  mkdir data
  "$STOREBENCH" demo "$engine" --dir data >/dev/null 2>&1 &
  demo=$!
  # The demo's first puts are in the file, without its knowing.
  until grep -qs user0100 data/*/*.store; do kill -0 $demo || exit 1; done
  kill -KILL $demo
  wait $demo 2>/dev/null
  mv data/*/*.store killed.store
  rm -r data

  before=$(state_of .)
  "$STOREBENCH" check killed.store >report || { cat report; exit 1; }
  grep -qx 'closed uncleanly' report || { cat report; exit 1; }
  rm report
  "$STOREBENCH" get killed.store user0099 --engine "$engine" | grep -c '^value of user0099 ' >/dev/null || exit 1
  "$STOREBENCH" stat killed.store --engine "$engine" | grep -cx 'recovered 1' >/dev/null || exit 1
  [[ $(state_of .) == "$before" ]] || { echo "$engine: a reader changed the file"; exit 1; }

  "$STOREBENCH" put killed.store after crash --engine "$engine" || exit 1
  "$STOREBENCH" get killed.store after --engine "$engine" | grep -cx crash >/dev/null || exit 1
  "$STOREBENCH" get killed.store user0042 --engine "$engine" | grep -c '^value of user0042 ' >/dev/null || exit 1
  "$STOREBENCH" stat killed.store | grep -cx 'recovered 0' >/dev/null || exit 1
  "$STOREBENCH" check killed.store | grep -cx 'closed cleanly' >/dev/null || exit 1
  [[ $("$STOREBENCH" scan killed.store | cut -f 1 | sort | uniq -d) == '' ]] || exit 1
  rm killed.store killed.store.index
done
ls
echo "nothing was lost"
