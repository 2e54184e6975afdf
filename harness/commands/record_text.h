// SPDX-License-Identifier: MIT
// Keys and values as text on one line: what scan and dump print and load reads.
//
// Letters, digits, punctuation, blanks and well-formed UTF-8 stand for themselves. A backslash is \\, a tab \t, a line
// feed \n, a carriage return \r; every other byte (control characters, those of UTF-8 too, and bytes that are not
// UTF-8) is \x and two hexadecimal digits. Pure functions; thread safe.
#ifndef STOREBENCH_COMMANDS_RECORD_TEXT_H
#define STOREBENCH_COMMANDS_RECORD_TEXT_H

#include <stddef.h>
#include <stdio.h>

// Writes the text of `length` bytes to `stream`. The caller looks at ferror(stream).
void record_text_write(FILE *stream, const void *bytes, size_t length);

// Writes a message, which may name what somebody else named: the same, but backslashes stand for themselves, since keys
// in it are text already. One line, whatever is in it.
void message_text_write(FILE *stream, const char *text);

// Turns the text [text, text + *length) into the bytes it stands for, in place, and sets *length to their number. 0, or
// -EINVAL when it holds a backslash that begins no escape.
int record_text_parse(char *text, size_t *length);

#endif
