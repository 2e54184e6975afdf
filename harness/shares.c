// SPDX-License-Identifier: MIT
// What a run spent its time on.
#include "harness/shares.h"

#include "harness/spent.h"

static double number(const json_t *object, const char *key) { return json_number_value(json_object_get(object, key)); }

void shares_add(struct shares *shares, const json_t *sample) {
  const json_t *spent = json_object_get(sample, "spent");
  const double seconds = number(sample, "seconds"), prepare = number(spent, "prepare");
  const double warming = number(spent, spent_phase_name(SPENT_WARMUP)) + number(spent, spent_phase_name(SPENT_CACHE));
  const double checking = number(spent, spent_phase_name(SPENT_CHECK));
  const double rest = number(spent, "total") - prepare - warming - seconds - checking;
  shares->measuring += seconds;
  shares->warming += warming;
  shares->filling += prepare;
  shares->checking += checking;
  if (rest > 0) shares->opening += rest;
}

json_t *shares_to_json(const struct shares *shares, double total) {
  const double measuring = shares->measuring + shares->limits_timed + shares->duels_timed;
  const double known = shares->limits + shares->duels + shares->measuring + shares->warming + shares->filling +
                       shares->opening + shares->checking + shares->drawing;
  const double setup = total - measuring - shares->warming;
  return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:f, s:{s:f, s:f, s:f}}", "total", total, "limits",
                   shares->limits, "measuring", shares->measuring, "duels", shares->duels, "warming", shares->warming,
                   "filling", shares->filling, "opening", shares->opening, "checking", shares->checking, "drawing",
                   shares->drawing, "other", total > known ? total - known : 0, "shares", "measuring",
                   total > 0 ? measuring / total : 0, "warming", total > 0 ? shares->warming / total : 0, "setup",
                   total > 0 && setup > 0 ? setup / total : 0);
}
