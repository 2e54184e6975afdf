// SPDX-License-Identifier: MIT
// What both formats of a page need.
#include "harness/report/page.h"

#include <string.h>

void page_link(FILE *out, const char *name) {
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  for (; *name; name++) {
    if (strchr(plain, *name))
      fputc(*name, out);
    else
      fprintf(out, "%%%02X", (unsigned char)*name);
  }
}
