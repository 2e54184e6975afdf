// SPDX-License-Identifier: MIT
// The claims that a run tests: one table of them all, and the test of each in the section of its experiment.
#include <string.h>

#include "harness/report/pages.h"
#include "harness/results_file.h"
#include "harness/verdict.h"

enum { TEXT_ROOM = 512, RATIO_ROOM = 96 };

static void put_claim(const struct page *page, const json_t *experiment) {
  const json_t *verdict = json_object_get(experiment, "verdict");
  const char *claim = json_text(experiment, "claim");
  char ratio[RATIO_ROOM], test[TEXT_ROOM];
  verdict_ratio_format(verdict, ratio, sizeof ratio);
  verdict_test_format(verdict, test, sizeof test);
  const char *const cells[] = {*claim ? claim : json_text(experiment, "question"), json_text(verdict, "text"), ratio,
                               test};
  page->format->linked_row(page->out, cells, 4, json_text(experiment, "name"));
}

static size_t count_claims(const struct page *page) {
  const json_t *experiment;
  size_t i, count = 0;
  json_array_foreach(json_object_get(page->run, "experiments"), i, experiment) {
    count += *json_text(json_object_get(experiment, "verdict"), "text") != '\0';
  }
  return count;
}

static size_t count_outcome(const struct page *page, const char *outcome) {
  const json_t *experiment;
  size_t i, count = 0;
  json_array_foreach(json_object_get(page->run, "experiments"), i, experiment) {
    count += strcmp(json_text(json_object_get(experiment, "verdict"), "outcome"), outcome) == 0;
  }
  return count;
}

// "Of 15 claims: holds 3, does not hold 5, depends 3, not shown here 4."
static void put_outcomes(const struct page *page) {
  static const char *const outcomes[] = {verdict_holds, verdict_fails, verdict_depends, verdict_not_shown};
  char text[TEXT_ROOM] = "";
  for (size_t o = 0; o < sizeof outcomes / sizeof outcomes[0]; o++) {
    size_t count = count_outcome(page, outcomes[o]), length = strlen(text);
    if (count) snprintf(text + length, sizeof text - length, "%s%s %zu", length ? ", " : "", outcomes[o], count);
  }
  page_say(page, "Of %zu claims: %s.", count_claims(page), text);
}

void page_claims(const struct page *page) {
  static const char *const head[] = {"claim", "on this machine", "ratio (95% interval)", "of"};
  const json_t *experiment;
  size_t i;
  if (!count_claims(page)) return;
  if (count_claims(page) > 1) put_outcomes(page);
  page->format->row(page->out, head, 4, true);
  json_array_foreach(json_object_get(page->run, "experiments"), i, experiment) {
    if (*json_text(json_object_get(experiment, "verdict"), "text")) put_claim(page, experiment);
  }
  page->format->after_rows(page->out);
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
    verdict_ratio_format(point, ratio, sizeof ratio);
    snprintf(outcome, sizeof outcome, "%s%s%s", json_text(point, "outcome"), *reason ? ": " : "", reason);
    const char *const cells[] = {compared, at, ratio, json_text(test, "holds"), outcome};
    page->format->row(page->out, cells, 5, false);
  }
  page->format->after_rows(page->out);
}

void page_claim(const struct page *page, const json_t *experiment) {
  const json_t *verdict = json_object_get(experiment, "verdict");
  const char *claim = json_text(experiment, "claim");
  char ratio[RATIO_ROOM], test[TEXT_ROOM];
  if (*claim) page_say(page, "Claim: %s.", claim);
  if (*json_text(experiment, "source")) page_say(page, "From: %s.", json_text(experiment, "source"));
  if (!*json_text(verdict, "text")) return;
  verdict_ratio_format(verdict, ratio, sizeof ratio);
  verdict_test_format(verdict, test, sizeof test);
  page_say(page, "On this machine: %s. %s: %s.", json_text(verdict, "text"), test, ratio);
  if (json_array_size(json_object_get(verdict, "points")) > 1) put_points(page, verdict);
}
