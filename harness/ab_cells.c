// SPDX-License-Identifier: MIT
// The cells that `ab` measures. Options become the text of an experiment, so that both are read and checked alike.
#include "harness/ab_cells.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/words.h"
#include "harness/cache.h"
#include "harness/catalogue.h"
#include "harness/plan.h"

// The name of options in messages is cut off again: no file of that name is there to be looked at.
static const char options_name[] = "options";
static const char all_engines[] = "mmap, pread, stdio, uring";

// What most changes to a store show in. In memory all of it is in the page table (mapped): with `warm` a map fills its
// page table as it goes, and what is measured changes from slice to slice.
static const struct ab_option reads[] = {
    {"operation", "get"}, {"batch", "1, 64"}, {"data", "128M"}, {"cache", "mapped"}};
static const struct ab_option writes[] = {
    {"operation", "update"}, {"sync", "none, always"}, {"data", "128M"}, {"cache", "mapped"}};
enum { READS = sizeof reads / sizeof reads[0], WRITES = sizeof writes / sizeof writes[0] };

struct making {
  const struct ab_choice *choice;
  struct ab_cells *cells;
  struct error *error;
};

static bool is_given(const struct ab_option *options, size_t count, const char *key) {
  for (size_t i = 0; i < count; i++)
    if (strcmp(options[i].key, key) == 0) return true;
  return false;
}

static void write_keys(FILE *out, const struct ab_option *options, size_t count, bool swept) {
  for (size_t i = 0; i < count; i++)
    if ((strchr(options[i].value, ',') != NULL) == swept) fprintf(out, "%s = %s\n", options[i].key, options[i].value);
}

// Each axis has its place in the chart, which nobody draws.
static void write_chart(FILE *out, const struct ab_option *options, size_t count) {
  static const char *const places[] = {"x", "panel"};
  size_t placed = 0;
  fprintf(out, "[chart]\nshape = bars\ny = ops_per_s\n");
  for (size_t i = 0; i < count && placed < 2; i++)
    if (strchr(options[i].value, ',')) fprintf(out, "%s = %s\n", places[placed++], options[i].key);
  fprintf(out, "%s = engine\n", placed ? "series" : "x");
}

static char *text_of(const struct ab_option *options, size_t count) {
  char *text = NULL;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  if (!out) return NULL;
  fprintf(out, "[experiment]\ntitle = ab\nquestion = ab\n[hold]\n");
  write_keys(out, options, count, false);
  fprintf(out, "[sweep]\n");
  write_keys(out, options, count, true);
  fprintf(out, "engine = %s\n", all_engines);
  write_chart(out, options, count);
  if (fclose(out)) {
    free(text);
    return NULL;
  }
  return text;
}

static void write_label(const struct cell_settings *settings, char *label) {
  const struct workload *workload = &settings->workload;
  char sync[32], data[32], depth[32] = "", threads[32] = "", synced[48] = "";
  sync_policy_format(&settings->sync, sync, sizeof sync);
  format_size(settings->data_bytes, data, sizeof data);
  if (workload->depth != workload->batch) snprintf(depth, sizeof depth, " depth=%u", workload->depth);
  if (settings->threads > 1) snprintf(threads, sizeof threads, " threads=%u", settings->threads);
  if (!plan_reads_only(workload)) snprintf(synced, sizeof synced, " sync=%s", sync);
  snprintf(label, AB_LABEL_MAX, "%s batch=%u%s%s%s cache=%s %s", operation_name(workload->operation), workload->batch,
           depth, threads, synced, cache_state_name(settings->cache), data);
}

static struct ab_cell *add_cell(struct ab_cells *cells) {
  size_t count = cells->count;
  if ((count & (count - 1)) == 0) {
    struct ab_cell *grown = reallocarray(cells->cells, count ? 2 * count : 1, sizeof *grown);
    if (!grown) return NULL;
    cells->cells = grown;
  }
  cells->cells[count] = (struct ab_cell){0};
  return &cells->cells[cells->count++];
}

static int set_side(struct making *making, struct ab_cell *cell, unsigned side) {
  const struct described *described;
  int code = described_find(&making->cells->engines, cell->settings[side].spec, &described, making->error);
  if (code) return code;
  if (*described->unavailable) return error_set(making->error, -ENOENT, "%s", described->unavailable);
  cell->engines[side] = described->engine;
  cell->read_only = plan_reads_only(&cell->settings[side].workload);
  return 0;
}

static bool next_point(const struct experiment_axis *axes, size_t count, size_t *index) {
  for (size_t i = count; i-- > 0;) {
    if (++index[i] < axes[i].count) return true;
    index[i] = 0;
  }
  return false;
}

static int add_points(struct making *making, const struct experiment *experiment) {
  const struct ab_choice *choice = making->choice;
  struct experiment_axis axes[2][EXPERIMENT_AXES_MAX];
  size_t counts[2], index[EXPERIMENT_AXES_MAX] = {0};
  int code = 0;
  for (unsigned side = 0; side < 2 && !code; side++)
    code =
        experiment_axes(experiment, choice->profile, choice->engines[side], axes[side], &counts[side], making->error);
  while (!code) {
    struct ab_cell *cell = add_cell(making->cells);
    if (!cell) return error_set(making->error, -ENOMEM, "memory is short; measure fewer cells");
    for (unsigned side = 0; side < 2 && !code; side++) {
      code = experiment_cell(experiment, choice->profile, axes[side], counts[side], index, &cell->settings[side],
                             making->error);
      if (!code) code = set_side(making, cell, side);
    }
    write_label(&cell->settings[0], cell->label);
    if (!next_point(axes[0], counts[0], index)) break;
  }
  return code;
}

static void drop_name(struct error *error) {
  size_t length = sizeof options_name - 1;
  if (strncmp(error->text, options_name, length) != 0 || error->text[length] != ':') return;
  const char *rest = strstr(error->text, ": ");
  if (rest) memmove(error->text, rest + 2, strlen(rest + 2) + 1);
}

static int add_options(struct making *making, const struct ab_option *options, size_t count) {
  struct experiment *experiment;
  char *text = text_of(options, count);
  if (!text) return error_set(making->error, -ENOMEM, "memory is short");
  int code = experiment_parse(options_name, text, experiment_machine_here(), &experiment, making->error);
  free(text);
  if (!code) {
    code = add_points(making, experiment);
    experiment_free(experiment);
  }
  if (code) drop_name(making->error);
  return code;
}

// What is not given is as in the default reads.
static int add_given(struct making *making) {
  const struct ab_choice *choice = making->choice;
  struct ab_option options[AB_OPTIONS_MAX + READS];
  size_t count = choice->option_count;
  memcpy(options, choice->options, count * sizeof *options);
  bool sized = is_given(options, count, "data") || is_given(options, count, "records");
  if (!is_given(options, count, "operation")) options[count++] = (struct ab_option){"operation", "get"};
  if (!is_given(options, count, "cache")) options[count++] = (struct ab_option){"cache", "mapped"};
  if (!sized) options[count++] = (struct ab_option){"data", "128M"};
  return add_options(making, options, count);
}

static int add_experiment(struct making *making) {
  struct catalogue shipped;
  struct experiment *experiment = NULL;
  char path[4096];
  int code = catalogue_read(EXPERIMENTS_FOLDER, ".ini", &shipped, making->error);
  if (!code) code = catalogue_experiment(&shipped, making->choice->experiment, path, sizeof path, making->error);
  catalogue_free(&shipped);
  if (!code) code = experiment_load(path, experiment_machine_here(), &experiment, making->error);
  if (code) return code;
  code = add_points(making, experiment);
  experiment_free(experiment);
  return code;
}

int ab_cells_make(const struct ab_choice *choice, struct ab_cells *cells, struct error *error) {
  struct making making = {choice, cells, error};
  *cells = (struct ab_cells){0};
  if (choice->experiment) return add_experiment(&making);
  if (choice->option_count) return add_given(&making);
  int code = add_options(&making, reads, READS);
  return code ? code : add_options(&making, writes, WRITES);
}

void ab_cells_free(struct ab_cells *cells) {
  free(cells->cells);
  *cells = (struct ab_cells){0};
}
