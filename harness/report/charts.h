// SPDX-License-Identifier: MIT
// Which charts a run has.
#ifndef STOREBENCH_REPORT_CHARTS_H
#define STOREBENCH_REPORT_CHARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

// Whether an experiment's name can be that of a file in the run's folder.
bool chart_name_valid(const char *name);
// Whether FOLDER/charts/CHART.svg is there.
bool chart_drawn(const char *folder, const char *chart);
// The name of the experiment's chart of latencies: NAME-latency.
void chart_latency_name(const char *name, char *chart, size_t room);

#endif
