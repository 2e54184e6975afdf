// SPDX-License-Identifier: MIT
// What of a run a report shows: all of it, or some of its experiments, under a title and a logo of the reader's own.
#ifndef STOREBENCH_REPORT_VIEW_H
#define STOREBENCH_REPORT_VIEW_H

#include <jansson.h>

#include "base/error.h"

struct report_view {
  const char *title;  // NULL: the run's own
  const char *logo;   // path of an SVG or PNG file; NULL: none
  const char *only;   // names of experiments with commas between; NULL: all
};

// Makes of a summarised run what report_charts and the pages are to show: *view is the caller's, and shares the run's
// cells. The logo is copied into FOLDER/charts. 0; -ENOENT for an experiment that the run does not have, with the
// nearest; -EINVAL for a logo that is no picture or too large; or another -errno, with a message.
int report_view(json_t *run, const char *folder, const struct report_view *wanted, json_t **view, struct error *error);

#endif
