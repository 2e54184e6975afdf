// SPDX-License-Identifier: MIT
// storebench advise [RUN]: which engine a planned load should use, by what a run measured.
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/words.h"
#include "harness/advise.h"
#include "harness/commands/advise_experiment.h"
#include "harness/commands/commands.h"
#include "harness/commands/parse.h"
#include "harness/report/values.h"
#include "harness/results.h"
#include "harness/results_file.h"

enum { KEY_VALUE_SIZE = 0x100, KEY_READS, KEY_DATA, KEY_DURABILITY, KEY_BATCH, KEY_WRITE, KEY_JSON };

struct request {
  const char *run, *experiment;
  struct advise_load load;
  uint64_t data_bytes;  // 0: load.data says it
  bool json;
};

// Over memory: 16 doublings, so that no measured cell is near. More is a slip, such as bytes with an x behind them.
static const double data_most = 65536;

static int set_value_size(struct request *request, const char *text) {
  uint64_t size;
  if (parse_size(text, &size) || size < 16 || size > RECORD_SIZE_MAX - RECORD_OVERHEAD)
    return usage_error("advise: bad --value-size \"%s\"; bytes from 16 to %u", text, RECORD_SIZE_MAX - RECORD_OVERHEAD);
  request->load.value_size = (uint32_t)size;
  return 0;
}

static int set_reads(struct request *request, const char *text) {
  char *end;
  double percent = strtod(text, &end);
  if (*end == '%') end++;
  if (end == text || *end || !(percent >= 0 && percent <= 100))
    return usage_error("advise: bad --reads \"%s\"; a percentage from 0 to 100", text);
  request->load.reads = percent / 100;
  return 0;
}

// "2x-memory", "2x memory", "2x", or a size, which set_data sets beside the memory of the run's machine.
static int set_size(struct request *request, const char *text) {
  char *end;
  double factor = strtod(text, &end);
  request->data_bytes = 0;
  if (end != text && *end == 'x') {
    bool whole = !end[1] || strcmp(end + 1, "-memory") == 0 || strcmp(end + 1, " memory") == 0;
    request->load.data = factor;
    if (whole && factor > 0 && factor <= data_most) return 0;
  } else if (!parse_size(text, &request->data_bytes) && request->data_bytes) {
    return 0;
  }
  return usage_error("advise: bad --data \"%s\"; a size such as 40G, or 2x-memory, up to %.0fx", text, data_most);
}

static int set_durability(struct request *request, const char *text) {
  struct error error;
  return sync_policy_parse(text, &request->load.sync, &error) ? usage_error("--durability: %s", error.text) : 0;
}

static int set_batch(struct request *request, const char *text) {
  uint64_t batch;
  if (parse_count(text, &batch) || batch < 1 || batch > 65536)
    return usage_error("advise: bad --batch \"%s\"; a count from 1 to 65536", text);
  request->load.batch = (uint32_t)batch;
  return 0;
}

// An experiment's mix is in whole percent.
static int check_mix(const struct request *request) {
  const double percent = 100 * request->load.reads;
  if (!request->experiment || fabs(percent - round(percent)) < 1e-9) return 0;
  return usage_error("advise: --experiment cannot mix %.6g%% reads; give --reads as a whole percentage", percent);
}

static error_t parse(int key, char *text, struct argp_state *state) {
  struct request *request = state->input;
  switch (key) {
    case KEY_VALUE_SIZE:
      return set_value_size(request, text);
    case KEY_READS:
      return set_reads(request, text);
    case KEY_DATA:
      return set_size(request, text);
    case KEY_DURABILITY:
      return set_durability(request, text);
    case KEY_BATCH:
      return set_batch(request, text);
    case KEY_WRITE:
      request->experiment = text;
      return *text ? 0 : usage_error("advise: --experiment is empty; name a file to write");
    case KEY_JSON:
      request->json = true;
      return 0;
    case ARGP_KEY_ARG:
      if (request->run) return usage_error("advise takes one RUN, not also \"%s\"", text);
      request->run = text;
      return 0;
    case ARGP_KEY_END:
      if (!request->run) request->run = "results/latest";
      return check_mix(request);
    default:
      return ARGP_ERR_UNKNOWN;
  }
}

static const struct argp_option options[] = {
    {"value-size", KEY_VALUE_SIZE, "SIZE", 0, "Bytes of a value (default: 64)", 0},
    {"reads", KEY_READS, "PERCENT", 0, "Share of reads; the rest are updates (default: 95)", 0},
    {"data", KEY_DATA, "SIZE", 0, "Size of all records: 40G, or beside memory, 2x-memory (default: 0.5x-memory)", 0},
    {"durability", KEY_DURABILITY, "POLICY", 0,
     "Of updates: none, async, every=N, interval=TIME or always (default: always)", 0},
    {"batch", KEY_BATCH, "N", 0, "Operations handed in at a time (default: 1)", 0},
    {"experiment", KEY_WRITE, "FILE", 0,
     "Write an experiment that measures this very load, as far as this machine has room for it", 0},
    {"json", KEY_JSON, NULL, 0, "Print the advice as JSON", 0},
    {0}};

const struct argp advise_argp = {
    .options = options,
    .parser = parse,
    .args_doc = "[RUN]",
    .doc =
        "Says which engine of a run (default: results/latest) a planned load should use, how fast it should be, and "
        "what of that was concluded rather than measured. Exits 1 where the run has no data for it, and says what to "
        "measure "
        "first.\v"
        "Examples:\n\n  storebench advise --value-size 256 --reads 95 --data 2x-memory\n  storebench advise --reads 50 "
        "--durability every=100\n"
        "  storebench advise results/latest --reads 50 --experiment mine.ini",
};

static double memory_of(const json_t *run) {
  return json_number_value(json_object_get(json_object_get(run, "environment"), "memory_bytes"));
}

static int set_data(const json_t *run, struct request *request, struct error *error) {
  const double memory = memory_of(run);
  if (!request->data_bytes) return 0;
  if (!(memory > 0))
    return error_set(error, -EINVAL,
                     "advise: the run does not tell its memory; give --data as a multiple, such as 2x-memory");
  request->load.data = (double)request->data_bytes / memory;
  return 0;
}

// A size in bytes is known to be too much only beside the run.
static int check_data(const struct request *request) {
  if (request->load.data <= data_most) return 0;
  return usage_error("advise: --data is %.3gx the memory of the run's machine; give %.0fx at most", request->load.data,
                     data_most);
}

static void put_percentile(const json_t *cell, const char *what) {
  const json_t *p99 = json_object_get(json_object_get(cell, "summary"), "p99");
  char text[64];
  if (!p99) return;
  double median = json_real_or_nan(p99, "median"), low = json_real_or_nan(p99, "low"),
         high = json_real_or_nan(p99, "high");
  if (low < high)
    value_format_interval(median, low, high, "ns", text, sizeof text);
  else
    value_format(median, "ns", text, sizeof text);
  printf("      p99 of %s: %s, by %s\n", what, text, json_text(cell, "id"));
}

// As wide as the longest spec that is shown, since rates stand below each other.
static int spec_width(const struct advice *advice) {
  int width = 28;
  for (size_t i = 0; i < advise_shown(advice); i++) {
    const int own = (int)strlen(advice->choices[i].spec);
    width = own > width ? own : width;
  }
  return width;
}

static void print_load(const struct advise_load *load) {
  char policy[32], size[32];
  sync_policy_format(&load->sync, policy, sizeof policy);
  format_size(load->value_size, size, sizeof size);
  printf("Values of %s, %.4g%% reads, data %.3gx the memory, batches of %u", size, 100 * load->reads, load->data,
         load->batch);
  if (load->reads < 1) printf(", updates under %s", policy);
  puts(":\n");
}

static void print_choices(const struct advice *advice) {
  for (size_t i = 0; i < advise_shown(advice); i++) {
    const struct advise_choice *choice = &advice->choices[i];
    char rate[64];
    value_format_interval(choice->rate, choice->low, choice->high, "ops/s", rate, sizeof rate);
    bool cold = choice->read && strcmp(json_text(choice->read, "cache"), "cold") == 0;
    printf("%2zu%s %-*s %s%s\n", i + 1, i < advice->alike && advice->alike > 1 ? " ~" : "  ", spec_width(advice),
           choice->spec, rate, cold ? ", by reads from a cold cache" : "");
    if (choice->read) put_percentile(choice->read, "reads");
    if (choice->update) put_percentile(choice->update, "updates");
  }
  if (advice->alike > 1)
    printf("\n~ no difference shown between the first %zu: their intervals meet.\n", advice->alike);
}

// What does not hold of all that are shown has the names of those that it holds of.
static void print_note(const struct advice *advice, const struct advise_note *note, uint64_t shown) {
  const char *between = " (";
  printf("- %s", note->text);
  for (size_t i = 0; i < advise_shown(advice) && (note->of & shown) != shown; i++) {
    if (!(note->of >> i & 1)) continue;
    printf("%s%s", between, advice->choices[i].spec);
    between = ", ";
  }
  puts((note->of & shown) != shown ? ")" : "");
}

static void print_notes(const struct advice *advice) {
  const uint64_t shown = advise_first(advise_shown(advice));
  bool any = false, unlike = false;
  for (size_t i = 0; i < advice->note_count; i++) {
    const struct advise_note *note = &advice->notes[i];
    if (!(note->of & shown)) continue;
    if (!any) puts("\nConcluded, not measured:");
    print_note(advice, note, shown);
    any = true;
    unlike |= (note->of & shown) != shown;
  }
  if (unlike) puts("- not all of them were measured alike: the order may come from that");
  if (any) puts("\nMeasure next: storebench advise with --experiment FILE writes the experiment that does.");
}

static void print_missing(const struct advice *advice) {
  for (size_t i = 0; i < advice->missing_count; i++) {
    const struct advise_missing *missing = &advice->missing[i];
    if (i == 0) puts("\nWithout a result, so not gone by:");
    printf("- %s: ", json_text(missing->cell, "spec"));
    results_put_text(stdout, json_text(missing->cell, "id"));
    printf(", %s %s, %s: ", missing->left_out ? "all there is for its" : "nearer to these", missing->what,
           advise_lost(missing->cell));
    results_put_text(stdout, json_text(missing->cell, "reason"));
    puts("");
  }
}

static void print_advice(const struct request *request, const struct advice *advice) {
  print_load(&request->load);
  print_choices(advice);
  print_missing(advice);
  print_notes(advice);
}

static json_t *cell_id(const json_t *cell) { return cell ? json_string(json_text(cell, "id")) : json_null(); }

// NULL: memory is short.
static json_t *notes_of(const struct advice *advice, size_t choice) {
  json_t *notes = json_array();
  int code = 0;
  for (size_t i = 0; i < advice->note_count && !code; i++)
    if (advice->notes[i].of >> choice & 1) code = json_array_append_new(notes, json_string(advice->notes[i].text));
  if (!code) return notes;
  json_decref(notes);
  return NULL;
}

static json_t *choice_to_json(const struct advice *advice, size_t number) {
  const struct advise_choice *choice = &advice->choices[number];
  return json_pack("{s:s, s:f, s:f, s:f, s:b, s:o, s:o, s:o}", "spec", choice->spec, "ops_per_s", choice->rate, "low",
                   choice->low, "high", choice->high, "alike", (int)(number < advice->alike), "reads_from",
                   cell_id(choice->read), "updates_from", cell_id(choice->update), "concluded",
                   notes_of(advice, number));
}

static json_t *missing_to_json(const struct advise_missing *missing) {
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b}", "spec", json_text(missing->cell, "spec"), "of", missing->what,
                   "cell", json_text(missing->cell, "id"), "status", json_text(missing->cell, "status"), "reason",
                   json_text(missing->cell, "reason"), "left_out", (int)missing->left_out);
}

static int print_json(const struct advice *advice, struct error *error) {
  json_t *choices = json_array(), *missing = json_array();
  int code = 0;
  for (size_t i = 0; i < advice->count && !code; i++) code = json_array_append_new(choices, choice_to_json(advice, i));
  for (size_t i = 0; i < advice->missing_count && !code; i++)
    code = json_array_append_new(missing, missing_to_json(&advice->missing[i]));
  json_t *whole = json_pack("{s:o, s:o}", "choices", choices, "missing", missing);
  if (code || !whole)
    code = error_set(error, -ENOMEM, "memory is short");
  else if (json_dumpf(whole, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(6)) || putchar('\n') == EOF)
    code = error_set(error, -EIO, "advise: the advice cannot be written to standard output");
  json_decref(whole);
  return code;
}

// In bytes; of a run that does not tell its memory beside that of this machine.
static double data_asked(const json_t *run, const struct request *request) {
  const double memory = memory_of(run);
  return request->load.data * (memory > 0 ? memory : (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE));
}

static int give(const json_t *run, const struct request *request, struct error *error) {
  struct advice *advice = malloc(sizeof *advice);
  if (!advice) return error_set(error, -ENOMEM, "memory is short");
  int code = advise(run, &request->load, advice, error);
  if (!code && request->json)
    code = print_json(advice, error);
  else if (!code)
    print_advice(request, advice);
  if (!code && request->experiment)
    code = advise_experiment(request->experiment, &request->load, data_asked(run, request), advice, error);
  free(advice);
  return code;
}

int command_advise(int argc, char **argv) {
  struct request request = {
      .load = {.value_size = 64, .reads = 0.95, .data = 0.5, .sync = {.kind = SYNC_ALWAYS}, .batch = 1}};
  json_t *run = NULL;
  struct error error = {0};
  int status;
  if (!command_parse(&advise_argp, argc, argv, &request, &status)) return status;
  int code = results_load(request.run, &run, &error);
  // A run that was stopped, or kept without its run.json, has samples that nobody has summed up yet.
  if (!code) code = results_summarise(run, &error);
  if (!code) code = set_data(run, &request, &error);
  bool mistaken = !code && check_data(&request);
  if (!code && !mistaken) code = give(run, &request, &error);
  if (code) command_complain(NULL, error.text);
  json_decref(run);
  if (mistaken) return EXIT_USAGE;
  return code ? EXIT_CELL_FAILED : EXIT_DONE;
}
