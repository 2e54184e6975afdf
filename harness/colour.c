// SPDX-License-Identifier: MIT
// Colours, on terminals that want them.
#include "harness/colour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness/validate/known.h"
#include "harness/verdict.h"

bool colour_wanted(FILE *out) {
  const char *terminal = getenv("TERM"), *refused = getenv("NO_COLOR");
  if (refused && *refused) return false;
  return terminal && *terminal && strcmp(terminal, "dumb") != 0 && isatty(fileno(out));
}

void colour_put(FILE *out, bool wanted, enum colour colour, const char *text, size_t length) {
  static const char *const codes[] = {[COLOUR_NONE] = "",    [COLOUR_GOOD] = "32", [COLOUR_BAD] = "31",
                                      [COLOUR_MIXED] = "33", [COLOUR_QUIET] = "2", [COLOUR_STRONG] = "1"};
  if (wanted && colour != COLOUR_NONE)
    fprintf(out, "\033[%sm%.*s\033[0m", codes[colour], (int)length, text);
  else
    fprintf(out, "%.*s", (int)length, text);
}

enum colour colour_of_outcome(const char *text, size_t *length) {
  const struct {
    const char *word;
    enum colour colour;
  } outcomes[] = {{verdict_holds, COLOUR_GOOD},
                  {verdict_fails, COLOUR_BAD},
                  {verdict_depends, COLOUR_MIXED},
                  {verdict_not_shown, COLOUR_QUIET},
                  {known_reproduced, COLOUR_GOOD},
                  {known_not_reproduced, COLOUR_BAD},
                  {known_not_applicable, COLOUR_QUIET},
                  {"better", COLOUR_GOOD},
                  {"worse", COLOUR_BAD},
                  {"~", COLOUR_QUIET}};
  for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++) {
    *length = strlen(outcomes[i].word);
    if (strncmp(text, outcomes[i].word, *length) == 0) return outcomes[i].colour;
  }
  *length = 0;
  return COLOUR_NONE;
}

void colour_put_outcome(FILE *out, bool wanted, const char *text) {
  size_t length;
  enum colour colour = colour_of_outcome(text, &length);
  colour_put(out, wanted, colour, text, length);
  fputs(text + length, out);
}
