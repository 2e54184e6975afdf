// SPDX-License-Identifier: MIT
// Whether the rate of a store stayed the same while it was measured: a sentence below a timeline, by the verdicts of
// its repetitions (docs/statistics.md).
#include <string.h>

#include "harness/report/pages.h"
#include "harness/results_file.h"

enum { TEXT_ROOM = 2048, WORDS = 3 };

struct verdicts {
  size_t steady, judged, measured;  // counted repetitions that are ok
};

static struct verdicts count_verdicts(const json_t *cell) {
  struct verdicts verdicts = {0};
  const json_t *sample;
  size_t i;
  json_array_foreach(json_object_get(cell, "samples"), i, sample) {
    if (!json_is_true(json_object_get(sample, "counted")) || strcmp(json_text(sample, "status"), "ok") != 0) continue;
    const json_t *steady = json_object_get(sample, "steady");
    verdicts.measured++;
    verdicts.judged += json_is_boolean(steady);
    verdicts.steady += json_is_true(steady);
  }
  return verdicts;
}

static void add_cell(char *text, const json_t *cell, const char *experiment, const struct verdicts *verdicts) {
  size_t length = strlen(text);
  const char *name = json_text(cell, "id") + strlen(experiment) + 1;
  if (verdicts->judged == 0)
    snprintf(text + length, TEXT_ROOM - length, "%s%s", length ? ", " : "", name);
  else
    snprintf(text + length, TEXT_ROOM - length, "%s%s (%zu of %zu repetitions)", length ? ", " : "", name,
             verdicts->steady, verdicts->judged);
}

// Most repetitions decide. A cell without a verdict was too short, or has none.
void page_steady(const struct page *page, const json_t *experiment) {
  static const char *const words[WORDS] = {"Steady", "Not steady", "Too short to say whether steady"};
  char texts[WORDS][TEXT_ROOM] = {"", "", ""};
  const json_t *cell;
  if (strcmp(json_text(json_object_get(experiment, "chart"), "shape"), "timeline") != 0) return;
  for (size_t i = 0; (cell = page_next_cell(page->run, experiment, &i));) {
    struct verdicts verdicts = count_verdicts(cell);
    if (verdicts.measured == 0) continue;
    size_t word = verdicts.judged == 0 ? 2 : 2 * verdicts.steady > verdicts.judged ? 0 : 1;
    add_cell(texts[word], cell, json_text(experiment, "name"), &verdicts);
  }
  for (size_t i = 0; i < WORDS; i++)
    if (*texts[i]) page_say(page, "%s: %s.", words[i], texts[i]);
}
