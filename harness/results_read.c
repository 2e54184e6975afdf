// SPDX-License-Identifier: MIT
// samples.jsonl back into a run.
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/input.h"
#include "harness/duels.h"
#include "harness/limits/limits.h"
#include "harness/results.h"
#include "harness/results_file.h"

struct reading {
  const char *path;
  size_t line;
  json_t *run;    // NULL before the first line
  json_t *cells;  // id -> cell, borrowed from `run`
  struct error *error;
};

static int damaged(const struct reading *reading, const char *what) {
  char where[4096 + 32];
  snprintf(where, sizeof where, "%s:%zu", reading->path, reading->line);
  return results_damaged(reading->error, where, what);
}

static int read_head(struct reading *reading, json_t *line) {
  json_t *run = json_object_get(line, "run"), *cells = json_object_get(run, "cells"), *cell;
  size_t i;
  const char *fault = run ? results_run_fault(run) : "not a run";
  if (fault) return damaged(reading, fault);
  json_array_foreach(cells, i, cell) {
    const char *id = json_text(cell, "id");
    if (json_object_set_new(cell, "samples", json_array()) || json_object_set(reading->cells, id, cell)) return -ENOMEM;
  }
  reading->run = json_incref(run);
  if (!json_is_array(json_object_get(run, "notes")) && json_object_set_new(run, "notes", json_array())) return -ENOMEM;
  if (json_object_set_new(run, "finished", json_null()) || json_object_set_new(run, "complete", json_false()) ||
      json_object_set_new(run, "bookkeeping", json_null()) || json_object_set_new(run, "limits", json_array()) ||
      json_object_set_new(run, "duels", json_array()))
    return -ENOMEM;
  return 0;
}

static int read_end(struct reading *reading, json_t *end) {
  static const char *const keys[] = {"finished", "complete", "bookkeeping"};
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    json_t *value = json_object_get(end, keys[i]);
    if (!value) return damaged(reading, "not the end of a run");
    if (json_object_set(reading->run, keys[i], value)) return -ENOMEM;
  }
  return 0;
}

// A bound that was measured again, after the cells and since one was better, counts as the better of the two; what
// came of it before them is kept as `first`, which is what tells how far the machine moved since another run.
static int take_better(json_t *limits, size_t index, const json_t *known, const json_t *limit) {
  const json_t *first = json_object_get(known, "first");
  json_t *better = json_copy((json_t *)limit);
  if (!first) first = json_object_get(known, "value");
  if (!better || json_object_set(better, "first", (json_t *)first) || json_array_set(limits, index, better)) {
    json_decref(better);
    return -ENOMEM;
  }
  json_decref(better);
  return 0;
}

static int take_limit(json_t *limits, json_t *limit) {
  struct limit_spec spec, other;
  json_t *known;
  size_t i;
  bool read = limit_spec_from_json(limit, &spec, NULL) == 0;
  json_array_foreach(limits, i, known) {
    if (!read || limit_spec_from_json(known, &other, NULL) || !limit_equal(&spec, &other)) continue;
    bool better = json_real_or_nan(limit, "value") > json_real_or_nan(known, "value");
    return better ? take_better(limits, i, known, limit) : 0;
  }
  return json_array_append(limits, limit) ? -ENOMEM : 0;
}

static int read_line(struct reading *reading, json_t *line) {
  if (!reading->run) return read_head(reading, line);
  json_t *end = json_object_get(line, "end");
  if (end) return read_end(reading, end);
  json_t *note = json_object_get(line, "note");
  if (json_is_string(note)) return json_array_append(json_object_get(reading->run, "notes"), note) ? -ENOMEM : 0;
  json_t *limit = json_object_get(line, "limit");
  if (json_is_object(limit)) return take_limit(json_object_get(reading->run, "limits"), limit);
  json_t *duel = json_object_get(line, "duel"), *duels = json_object_get(reading->run, "duels");
  if (duel) {
    const char *wrong = duels_fault(duel, reading->cells);
    return wrong ? damaged(reading, wrong) : json_array_append(duels, duel) ? -ENOMEM : 0;
  }
  json_t *cell = json_object_get(reading->cells, json_text(line, "cell")), *sample = json_object_get(line, "sample");
  if (!cell) return damaged(reading, "a sample of an unknown cell");
  const char *fault = results_sample_fault(sample);
  if (fault) return damaged(reading, fault);
  return json_array_append(json_object_get(cell, "samples"), sample) ? -ENOMEM : 0;
}

// A last line without its newline was being written when the run was stopped.
static int read_lines(struct reading *reading, FILE *file) {
  char *text = NULL;
  size_t room = 0;
  int code = 0;
  ssize_t length;
  while (!code && (length = getline(&text, &room, file)) > 0 && text[length - 1] == '\n') {
    reading->line++;
    json_t *line = json_loadb(text, (size_t)length, 0, NULL);
    code = line ? read_line(reading, line) : damaged(reading, "not JSON");
    json_decref(line);
  }
  int why = ferror(file) ? errno : 0;
  free(text);
  if (!code && why) code = error_set(reading->error, -why, "%s: cannot be read: %s", reading->path, strerror(why));
  if (!code && !reading->run)
    code = error_set(reading->error, -EINVAL, "%s: holds no run; measure again", reading->path);
  if (code == -ENOMEM) error_set(reading->error, code, "%s: memory is short", reading->path);
  return code;
}

// A cell failed if a sample did, was skipped if all were, and is ok if a counted sample is.
int results_settle_cell(json_t *cell) {
  json_t *sample;
  const char *status = "skipped", *reason = "not reached: the run was stopped first";
  size_t i;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    const char *seen = json_text(sample, "status");
    bool failed = strcmp(status, "failed") == 0;
    if (strcmp(seen, "failed") == 0 && !failed) {
      status = "failed";
      reason = json_text(sample, "reason");
    } else if (strcmp(seen, "skipped") == 0 && strcmp(status, "skipped") == 0) {
      reason = json_text(sample, "reason");
    } else if (strcmp(seen, "ok") == 0 && !failed && json_is_true(json_object_get(sample, "counted"))) {
      status = "ok";
    }
  }
  json_t *why = strcmp(status, "ok") == 0 ? json_null() : json_string(reason);
  return json_object_set_new(cell, "status", json_string(status)) || json_object_set_new(cell, "reason", why) ? -ENOMEM
                                                                                                              : 0;
}

int results_read(const char *folder, json_t **run, struct error *error) {
  char path[4096];
  if (snprintf(path, sizeof path, "%s/samples.jsonl", folder) >= (int)sizeof path)
    return error_set(error, -ENAMETOOLONG, "%.100s...: the path is too long", folder);
  FILE *file;
  int code = input_stream(path, &file);
  if (code) return error_set(error, code, "%s: %s; name the folder of a run", path, input_reason(code));
  struct reading reading = {.path = path, .cells = json_object(), .error = error};
  code = reading.cells ? read_lines(&reading, file) : error_set(error, -ENOMEM, "%s: memory is short", path);
  fclose(file);
  json_t *cell;
  size_t i;
  json_array_foreach(json_object_get(reading.run, "cells"), i, cell) {
    if (!code) code = results_settle_cell(cell);
  }
  json_decref(reading.cells);
  if (code) {
    json_decref(reading.run);
    return code;
  }
  *run = reading.run;
  return 0;
}
