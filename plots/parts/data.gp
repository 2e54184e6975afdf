# SPDX-License-Identifier: MIT
# Reads the TSV named by ARG1: `# key: value` lines, a header row, rows. Gives text(key), notes, SERIES[], X[], PANEL[]
# and the numbers of every measured cell in $rows (columns: panel series x y low high p50 p90 p99 p999 max).
#
# It reads bytes, since gnuplot's own reader cuts a text at a double quote, and takes the result apart here.
array COUNT[2]
COUNT[1] = 0; COUNT[2] = 0
count(c) = (c == 10 ? (COUNT[1] = COUNT[1] + 1) : c == 9 ? (COUNT[2] = COUNT[2] + 1) : 0, 0)
set table $ignored
plot ARG1 binary format='%uchar' using (count(int($1))) with table
unset table

array FIELD[COUNT[1] + COUNT[2] + 1]  # every field of header and rows, one after the other
array KEY[COUNT[1] + 1]
array VALUE[COUNT[1] + 1]
fields = 0; keys = 0; columns_count = 0; part = ''
end_field(s) = (fields = fields + 1, FIELD[fields] = s, part = '', 0)
end_key(s) = (i = strstrt(s, ': '), keys = keys + 1, KEY[keys] = s[3:i-1], VALUE[keys] = s[i+2:*], part = '', 0)
in_key = 0
end_line(s) = s[1:2] eq '# ' ? end_key(s) : (end_field(s), columns_count == 0 ? (columns_count = fields) : 0, 0)
take(c) = c == 10 ? end_line(part) : c == 9 && part[1:2] ne '# ' ? end_field(part) : (part = part.sprintf('%c', c), 0)
set table $ignored
plot ARG1 binary format='%uchar' using (take(int($1))) with table
unset table

text(key) = (found = '', sum [i=1:keys] (KEY[i] eq key ? (found = VALUE[i], 0) : 0), found)
column_of(name) = (found = 0, sum [i=1:columns_count] (FIELD[i] eq name ? (found = i) : 0), found)
array COLUMN[14]
do for [i=1:14] {
  name = word('panel x x_index series series_index y low high status p50_ns p90_ns p99_ns p999_ns max_ns', i)
  COLUMN[i] = column_of(name)
  if (COLUMN[i] == 0) { exit error 'the data has no column '.name }
}
rows_count = fields / columns_count - 1
field(row, i) = FIELD[row * columns_count + COLUMN[i]]
if (rows_count < 1) { exit error 'the data has no rows' }

# "64", "4K" and "1M" as numbers; what is none is NaN.
size(s) = (u = strstrt('KMG', s[strlen(s):*]), n = u > 0 ? s[1:strlen(s)-1] : s, \
           strlen(n) > 0 && strspn(n) ? real(n) * 1024 ** u : NaN)
strspn(s) = (bad = 0, sum [i=1:strlen(s)] (strstrt('0123456789.', s[i:i]) == 0 ? (bad = 1) : 0), !bad)

series_key = text('series')
series_count = 0; x_count = 0; panel_count = 0
do for [r=1:rows_count] {
  series_count = int(field(r, 5)) > series_count ? int(field(r, 5)) : series_count
  x_count = int(field(r, 3)) > x_count ? int(field(r, 3)) : x_count
}
