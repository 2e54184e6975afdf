// SPDX-License-Identifier: MIT
// What was measured against what is known.
#include <stdio.h>
#include <string.h>

#include "harness/results_file.h"
#include "harness/validate/known.h"
#include "harness/verdict.h"

enum { TEXT_ROOM = 1024 };

const char known_reproduced[] = "reproduced", known_not_reproduced[] = "not reproduced",
           known_not_applicable[] = "not applicable here", known_stated[] = "stated";

static bool is_of(const json_t *cell, const json_t *experiment) {
  return strcmp(json_text(cell, "experiment"), json_text(experiment, "name")) == 0;
}

// Whether a cell waits for the device, whose word is worth nothing where files do not outlive a power loss.
static bool promises_durability(const json_t *cell) {
  const char *sync = json_text(cell, "sync");
  return *sync && strcmp(sync, "none") != 0 && strcmp(sync, "async") != 0;
}

// Why nothing can be said here; false if something can.
static bool is_out_of_reach(const json_t *run, const json_t *experiment, char *why) {
  const json_t *environment = json_object_get(run, "environment"), *cell;
  size_t i, measured = 0;
  bool durable = false;
  snprintf(why, TEXT_ROOM, "no cell of it is part of this run");
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (!is_of(cell, experiment)) continue;
    bool ok = strcmp(json_text(cell, "status"), "ok") == 0;
    measured += ok;
    if (!ok && !measured) snprintf(why, TEXT_ROOM, "%s", json_text(cell, "reason"));
    durable |= promises_durability(cell);
  }
  if (measured && durable && json_is_false(json_object_get(environment, "durable"))) {
    snprintf(why, TEXT_ROOM, "files on %s do not outlive a power loss", json_text(environment, "file_system"));
    return true;
  }
  return measured == 0;
}

// What stands in place of a verdict: who won each contest.
static void state(const json_t *experiment, char *why) {
  const json_t *winner;
  size_t i;
  snprintf(why, TEXT_ROOM, "%s", json_text(experiment, "finding"));
  json_array_foreach(json_object_get(experiment, "winners"), i, winner) {
    size_t length = strlen(why);
    snprintf(why + length, TEXT_ROOM - length, "; %s", json_text(winner, "text"));
  }
}

static json_t *figure(const json_t *verdict, const json_t *point) {
  const json_t *test =
      json_array_get(json_object_get(verdict, "tests"), (size_t)json_integer_value(json_object_get(point, "test")));
  char at[TEXT_ROOM];
  verdict_at_format(point, at, sizeof at);
  return json_pack("{s:o, s:s, s:s, s:O, s:O, s:O, s:O, s:O, s:O}", "compared",
                   json_sprintf("%s / %s", json_text(test, "over"), json_text(test, "under")), "at", at, "known",
                   json_text(test, "holds"), "ratio", json_object_get(point, "ratio"), "low",
                   json_object_get(point, "low"), "high", json_object_get(point, "high"), "n",
                   json_object_get(point, "n"), "outcome", json_object_get(point, "outcome"), "reason",
                   json_object_get(point, "reason"));
}

static json_t *figures(const json_t *experiment) {
  const json_t *verdict = json_object_get(experiment, "verdict"), *point;
  json_t *array = json_array();
  size_t i;
  json_array_foreach(json_object_get(verdict, "points"), i, point) {
    if (json_array_append_new(array, figure(verdict, point))) return json_decref(array), NULL;
  }
  return array;
}

// Whether all comparisons lack a side. `why` is the reason of a cell that could not run.
static bool lacks_sides(const json_t *run, const json_t *experiment, char *why) {
  const json_t *points = json_object_get(json_object_get(experiment, "verdict"), "points"), *point, *cell;
  size_t i;
  json_array_foreach(points, i, point) {
    if (json_integer_value(json_object_get(point, "n")) > 0) return false;
  }
  if (json_array_size(points) == 0) return false;
  snprintf(why, TEXT_ROOM, "%s", json_text(json_object_get(experiment, "verdict"), "text"));
  json_array_foreach(json_object_get(run, "cells"), i, cell) {
    if (!is_of(cell, experiment) || strcmp(json_text(cell, "status"), "ok") == 0) continue;
    snprintf(why, TEXT_ROOM, "%s", json_text(cell, "reason"));
    break;
  }
  return true;
}

json_t *known_judge(const json_t *run, const json_t *experiment) {
  const json_t *verdict = json_object_get(experiment, "verdict");
  const char *outcome = known_not_reproduced;
  char why[TEXT_ROOM];
  if (is_out_of_reach(run, experiment, why) || lacks_sides(run, experiment, why)) {
    outcome = known_not_applicable;
  } else if (!json_is_object(verdict)) {
    outcome = known_stated;
    state(experiment, why);
  } else {
    snprintf(why, sizeof why, "%s", json_text(verdict, "text"));
    if (strcmp(json_text(verdict, "outcome"), verdict_holds) == 0) outcome = known_reproduced;
  }
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o}", "name", json_text(experiment, "name"), "result",
                   json_text(experiment, "claim"), "source", json_text(experiment, "source"), "outcome", outcome, "why",
                   why, "figures", figures(experiment));
}
