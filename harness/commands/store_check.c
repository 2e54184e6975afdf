// SPDX-License-Identifier: MIT
// storebench check STORE: verifies every slot of a store file, without opening it as a store.
#include <inttypes.h>
#include <stdio.h>

#include "engines/slots/check.h"
#include "harness/commands/commands.h"
#include "harness/commands/store_common.h"

static const struct argp_option options[] = {STORE_OPTIONS, {0}};

const struct argp check_argp = {
    .options = options,
    .parser = store_argument,
    .args_doc = "STORE",
    .doc =
        "Verifies the header, the index and the checksum of every slot, and changes nothing. Exits 1 when something is "
        "damaged.\vExample:\n\n  storebench check people.store",
};

static const char *const names[] = {"STORE", NULL};

static void print_report(const struct slot_check_report *report) {
  printf("closed %s\n", report->clean ? "cleanly" : "uncleanly");
  printf("record_size %" PRIu32 "\n", report->record_size);
  printf("slots %" PRIu64 "\n", report->slots);
  printf("empty %" PRIu64 "\n", report->empty);
  printf("puts %" PRIu64 "\n", report->puts);
  printf("tombstones %" PRIu64 "\n", report->tombstones);
  printf("corrupt %" PRIu64 "\n", report->corrupt);
  printf("live %" PRIu64 "\n", report->live_found);
  for (size_t i = 0; i < CHECK_LISTED && i < report->corrupt; i++)
    printf("corrupt_slot %" PRIu64 "\n", report->corrupt_slots[i]);
  for (int copy = 0; copy < 2; copy++) {
    if (report->header_damaged[copy]) printf("damaged_header %d\n", copy);
  }
  if (report->bytes_missing) printf("missing_bytes %" PRIu64 "\n", report->bytes_missing);
  if (report->tail_damaged) printf("damaged_tail 1\n");
  if (report->index_damaged) printf("damaged_index 1\n");
  if (report->index_missing) printf("missing_index 1\n");
}

static void complain_damage(const char *path, const struct slot_check_report *report) {
  if (report->bytes_missing) {
    complain(path, "was cut: %" PRIu64 " bytes are missing of the size its header tells of; restore a copy",
             report->bytes_missing);
  } else if (report->corrupt) {
    complain(path, "%" PRIu64 " of %" PRIu64 " slots are damaged; restore a copy, or put their keys again",
             report->corrupt, report->slots);
  } else if (report->live_found != report->live_expected) {
    complain(path, "holds %" PRIu64 " live records where its header says %" PRIu64 "; restore a copy",
             report->live_found, report->live_expected);
  } else if (report->header_damaged[0] || report->header_damaged[1]) {
    complain(path, "its header is damaged; restore a copy");
  } else if (report->tail_damaged) {
    complain(path, "holds something behind its last slot, where nothing belongs; restore a copy");
  } else {
    complain(path, "its index (%s.index) is damaged; remove that file: no record is lost, it is made again", path);
  }
}

int command_check(int argc, char **argv) {
  struct store_arguments arguments = {.command = argv[0], .names = names, .required = 1};
  int status;
  if (!command_parse(&check_argp, argc, argv, &arguments, &status)) return status;
  if (!(arguments.engine->caps & CAP_SHARED_FORMAT)) {
    usage_error("check: engine \"%s\" has a format of its own; use that engine's tools", arguments.engine->name);
    return EXIT_USAGE;
  }
  const char *path = arguments.operands[0];
  struct slot_check_report report;
  struct error error = {0};
  if (slot_check(path, &report, &error)) {
    complain(path, "%s", error.text);
    return EXIT_CELL_FAILED;
  }
  print_report(&report);
  bool sound = slot_check_sound(&report);
  if (!sound) complain_damage(path, &report);
  return finish_output() || !sound ? EXIT_CELL_FAILED : EXIT_DONE;
}
