// SPDX-License-Identifier: MIT
// The claims that a run tests: one table of them all, and the test of each in the section of its experiment.
#include <string.h>

#include "harness/report/pages.h"
#include "harness/results_file.h"
#include "harness/verdict.h"

enum { TEXT_ROOM = 512, RATIO_ROOM = 96, CLAIM_ROOM = 2048 };

static bool is_flagged(const json_t *point) { return json_integer_value(json_object_get(point, "flagged")) > 0; }

// The ratio of a point, or of the verdict, whose it is then.
static void format_ratio(const json_t *figure, const json_t *point, char *text) {
  verdict_ratio_format(figure, text, RATIO_ROOM);
  size_t length = strlen(text);
  if (is_flagged(point)) snprintf(text + length, RATIO_ROOM - length, " *");
}

// The point whose ratio is the verdict's; NULL: none is measured.
static const json_t *nearest(const json_t *verdict) {
  const json_t *index = json_object_get(verdict, "nearest");
  return json_is_integer(index) ? json_array_get(json_object_get(verdict, "points"), (size_t)json_integer_value(index))
                                : NULL;
}

// By the experiment's name first, as two may put one claim to the test.
static void put_claim(const struct page *page, const json_t *experiment) {
  const json_t *verdict = json_object_get(experiment, "verdict");
  const char *name = json_text(experiment, "name"), *claim = json_text(experiment, "claim");
  char named[CLAIM_ROOM], ratio[RATIO_ROOM], test[TEXT_ROOM];
  snprintf(named, sizeof named, "%s: %s", name, *claim ? claim : json_text(experiment, "question"));
  format_ratio(verdict, nearest(verdict), ratio);
  verdict_test_format(verdict, test, sizeof test);
  const char *const cells[] = {named, json_text(verdict, "text"), ratio, test};
  page->format->linked_row(page->out, cells, 4, name);
}

static bool has_claim(const json_t *experiment) {
  return *json_text(json_object_get(experiment, "verdict"), "text") != '\0';
}

static bool is_from(const json_t *experiment, const char *source) {
  return has_claim(experiment) && strcmp(json_text(experiment, "source"), source) == 0;
}

static size_t count_claims(const struct page *page) {
  const json_t *experiment;
  size_t i, count = 0;
  json_array_foreach(json_object_get(page->run, "experiments"), i, experiment) count += has_claim(experiment);
  return count;
}

// Of those from that source; every outcome where it is NULL.
static size_t count_outcome(const struct page *page, const char *source, const char *outcome) {
  const json_t *experiment;
  size_t i, count = 0;
  json_array_foreach(json_object_get(page->run, "experiments"), i, experiment) {
    const char *own = json_text(json_object_get(experiment, "verdict"), "outcome");
    count += is_from(experiment, source) && (!outcome || strcmp(own, outcome) == 0);
  }
  return count;
}

// "Of 15 claims from the lecture: holds 3, does not hold 5, depends 3, not shown here 4."
static void put_outcomes(const struct page *page, const char *source) {
  static const char *const outcomes[] = {verdict_holds, verdict_fails, verdict_depends, verdict_not_shown};
  size_t all = count_outcome(page, source, NULL), count;
  char text[TEXT_ROOM] = "";
  for (size_t o = 0; o < sizeof outcomes / sizeof outcomes[0]; o++) {
    size_t length = strlen(text);
    count = count_outcome(page, source, outcomes[o]);
    if (count) snprintf(text + length, sizeof text - length, "%s%s %zu", length ? ", " : "", outcomes[o], count);
  }
  page_say(page, "Of %zu %sclaim%s%s%s: %s.", all, *source || all == count_claims(page) ? "" : "other ",
           all > 1 ? "s" : "", *source ? " from " : "", source, text);
}

static void put_claims_from(const struct page *page, const char *source) {
  const char *others = count_outcome(page, source, NULL) < count_claims(page) ? "other claim" : "claim";
  const json_t *experiment;
  char title[TEXT_ROOM];
  size_t i;
  bool flagged = false;
  snprintf(title, sizeof title, "%s%s", *source ? "claim from " : others, source);
  const char *const head[] = {title, "on this machine", "ratio (95% interval)", "of"};
  page->format->row(page->out, head, 4, true);
  json_array_foreach(json_object_get(page->run, "experiments"), i, experiment) {
    if (!is_from(experiment, source)) continue;
    put_claim(page, experiment);
    flagged = flagged || is_flagged(nearest(json_object_get(experiment, "verdict")));
  }
  page->format->after_rows(page->out);
  if (flagged) page_say(page, "* Samples of its cells were disturbed, also when they were repeated: see its section.");
}

static bool is_first_of_source(const struct page *page, size_t index) {
  const json_t *experiments = json_object_get(page->run, "experiments");
  const char *source = json_text(json_array_get(experiments, index), "source");
  for (size_t i = 0; i < index; i++)
    if (is_from(json_array_get(experiments, i), source)) return false;
  return has_claim(json_array_get(experiments, index));
}

// Claims that somebody made come before those that only say what is looked for.
static void for_each_source(const struct page *page, void (*put)(const struct page *page, const char *source)) {
  const json_t *experiment;
  size_t i;
  json_array_foreach(json_object_get(page->run, "experiments"), i, experiment) {
    const char *source = json_text(experiment, "source");
    if (*source && is_first_of_source(page, i)) put(page, source);
  }
  if (count_outcome(page, "", NULL) > 0) put(page, "");
}

// The counts stand together, before tables that may be longer than a screen.
void page_claims(const struct page *page) {
  if (count_claims(page) > 1) for_each_source(page, put_outcomes);
  for_each_source(page, put_claims_from);
}

void page_claims_rule(const struct page *page) {
  if (!count_claims(page)) return;
  page_say(page,
           "A claim holds, or does not, where the 95%% interval of its ratio is on one side of the bound and further "
           "from it than an engine from itself. Of several points the ratio is that nearest to the bound.");
}

static void put_points(const struct page *page, const json_t *verdict) {
  static const char *const head[] = {"compared", "at", "ratio (95% interval)", "claimed", "outcome"};
  const json_t *tests = json_object_get(verdict, "tests"), *point;
  size_t i;
  page->format->row(page->out, head, 5, true);
  json_array_foreach(json_object_get(verdict, "points"), i, point) {
    const json_t *test = json_array_get(tests, (size_t)json_integer_value(json_object_get(point, "test")));
    const char *reason = json_text(point, "reason");
    char compared[TEXT_ROOM], at[TEXT_ROOM], ratio[RATIO_ROOM], outcome[TEXT_ROOM];
    snprintf(compared, sizeof compared, "%s / %s", json_text(test, "over"), json_text(test, "under"));
    verdict_at_format(point, at, sizeof at);
    format_ratio(point, point, ratio);
    snprintf(outcome, sizeof outcome, "%s%s%s", json_text(point, "outcome"), *reason ? ": " : "", reason);
    const char *const cells[] = {compared, at, ratio, json_text(test, "holds"), outcome};
    page->format->row(page->out, cells, 5, false);
  }
  page->format->after_rows(page->out);
}

static bool any_flagged(const json_t *verdict) {
  const json_t *point;
  size_t i;
  json_array_foreach(json_object_get(verdict, "points"), i, point) {
    if (is_flagged(point)) return true;
  }
  return false;
}

void page_claim(const struct page *page, const json_t *experiment) {
  const json_t *verdict = json_object_get(experiment, "verdict");
  const char *claim = json_text(experiment, "claim");
  char ratio[RATIO_ROOM], test[TEXT_ROOM];
  if (*claim) page_say(page, "Claim: %s.", claim);
  if (*json_text(experiment, "source")) page_say(page, "From: %s.", json_text(experiment, "source"));
  if (!*json_text(verdict, "text")) return;
  format_ratio(verdict, nearest(verdict), ratio);
  verdict_test_format(verdict, test, sizeof test);
  page_say(page, "On this machine: %s. %s: %s.", json_text(verdict, "text"), test, ratio);
  if (json_array_size(json_object_get(verdict, "points")) > 1) put_points(page, verdict);
  if (any_flagged(verdict))
    page_say(page, "* Samples of its cells were disturbed, also when they were repeated: see their flags below.");
}
