// SPDX-License-Identifier: MIT
// Keys and values as text on one line: what scan and dump print and load reads.
#include "harness/commands/record_text.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// The length of the well-formed UTF-8 character at `bytes` that is not a control character (a terminal obeys those
// between U+0080 and U+009F too), or 0.
static size_t printable(const unsigned char *bytes, size_t length) {
  if (bytes[0] < 0x80) return bytes[0] >= 0x20 && bytes[0] != 0x7f;
  size_t size = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
  if (bytes[0] < 0xc2 || bytes[0] > 0xf4 || size > length) return 0;
  uint32_t code = bytes[0] & (0x7fu >> size);
  for (size_t i = 1; i < size; i++) {
    if ((bytes[i] & 0xc0) != 0x80) return 0;
    code = code << 6 | (bytes[i] & 0x3fu);
  }
  static const uint32_t least[] = {0, 0, 0xa0, 0x800, 0x10000};
  if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return 0;
  return size;
}

static void write_escaped(FILE *stream, const unsigned char *at, size_t length, bool backslashes) {
  const unsigned char *end = at + length;
  while (at < end) {
    size_t size = *at == '\\' && backslashes ? 0 : printable(at, (size_t)(end - at));
    if (size) {
      fwrite(at, 1, size, stream);
      at += size;
      continue;
    }
    switch (*at) {
      case '\\':
        fputs("\\\\", stream);
        break;
      case '\t':
        fputs("\\t", stream);
        break;
      case '\n':
        fputs("\\n", stream);
        break;
      case '\r':
        fputs("\\r", stream);
        break;
      default:
        fprintf(stream, "\\x%02x", *at);
    }
    at++;
  }
}

void record_text_write(FILE *stream, const void *bytes, size_t length) { write_escaped(stream, bytes, length, true); }

void message_text_write(FILE *stream, const char *text) {
  write_escaped(stream, (const unsigned char *)text, strlen(text), false);
}

static int hex_digit(char digit) {
  const char *digits = "0123456789abcdef";
  const char *found = digit ? strchr(digits, digit | 0x20) : NULL;
  return found ? (int)(found - digits) : -1;
}

// The byte that the escape at `text` (after its backslash) stands for, or -1. Sets *used.
static int parse_escape(const char *text, size_t length, size_t *used) {
  *used = 1;
  if (!length) return -1;
  switch (text[0]) {
    case '\\':
      return '\\';
    case 't':
      return '\t';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 'x': {
      if (length < 3) return -1;
      int high = hex_digit(text[1]), low = hex_digit(text[2]);
      *used = 3;
      return high < 0 || low < 0 ? -1 : high << 4 | low;
    }
    default:
      return -1;
  }
}

int record_text_parse(char *text, size_t *length) {
  size_t out = 0;
  for (size_t in = 0; in < *length;) {
    if (text[in] != '\\') {
      text[out++] = text[in++];
      continue;
    }
    size_t used;
    int byte = parse_escape(text + in + 1, *length - in - 1, &used);
    if (byte < 0) return -EINVAL;
    text[out++] = (char)byte;
    in += 1 + used;
  }
  *length = out;
  return 0;
}
