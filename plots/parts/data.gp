# SPDX-License-Identifier: MIT
# Reads the TSV named by `data`: `# key: value` lines, a header row, rows. Gives text(key), the names SERIES[], X[],
# PANEL[] and the numbers of every measured cell in $cells, columns: panel series x y low high p50 p90 p99 p999 max row.
#
# It reads bytes, since gnuplot's own reader cuts a text at a double quote, and takes them apart here.
lines_count = 0; tabs_count = 0
count(c) = c == 10 ? (lines_count = lines_count + 1, 0) : c == 9 ? (tabs_count = tabs_count + 1, 0) : 0
set table $ignored
plot data binary format='%uchar' using (count(int($1))) with table
unset table
if (lines_count == 0) { exit error 'the data file is empty or missing' }

array FIELD[lines_count + tabs_count]  # the fields of the header and the rows, one after the other
array KEY[lines_count]
array VALUE[lines_count]
fields_count = 0; keys_count = 0; columns_count = 0; part = ''
end_field(s) = (fields_count = fields_count + 1, FIELD[fields_count] = s, part = '', 0)
end_key(s) = (p = strstrt(s, ': '), p == 0 ? (p = strlen(s)) : 0, keys_count = keys_count + 1, \
              KEY[keys_count] = s[3:p-1], VALUE[keys_count] = s[p+2:*], part = '', 0)
end_row(s) = (end_field(s), columns_count == 0 ? (columns_count = fields_count) : 0, 0)
is_key(s) = s[1:2] eq '# ' && columns_count == 0
end_line(s) = is_key(s) ? end_key(s) : end_row(s)
take(c) = c == 10 ? end_line(part) : c == 9 && !is_key(part) ? end_field(part) : (part = part.sprintf('%c', c), 0)
set table $ignored
plot data binary format='%uchar' using (take(int($1))) with table
unset table
rows_all = columns_count > 0 ? fields_count / columns_count - 1 : 0
if (rows_all < 1) { exit error 'the data has no rows' }

# An empty text is written as "-".
text(key) = (found = '', sum [i=1:keys_count] (KEY[i] eq key && VALUE[i] ne '-' ? (found = VALUE[i], 0) : 0), found)
column_of(name) = (found = 0, sum [i=1:columns_count] (FIELD[i] eq name ? (found = i, 0) : 0), found)
wanted = 'panel series x x_index y low high p50_ns p90_ns p99_ns p999_ns max_ns status unit series_index n'
array COLUMN[words(wanted)]
do for [c=1:words(wanted)] {
  COLUMN[c] = column_of(word(wanted, c))
  if (COLUMN[c] == 0) { exit error 'the data has no column '.word(wanted, c) }
}
# A panel, or a place of x, without any measured cell would be an empty frame: its rows are left out, and `gone` names it.
# Where all stores were too slow for the rate is a place that was measured. ROW[r] is the number in the file of the r-th
# row that is left.
raw(row, c) = FIELD[row * columns_count + COLUMN[c]]
tried(i) = raw(i, 13) eq 'ok' || raw(i, 13) eq 'saturated'
measured_at(c, name) = (found = 0, sum [i=1:rows_all] (tried(i) && raw(i, c) eq name ? (found = 1, 0) : 0), found)
array ROW[rows_all]
rows_count = 0; gone = ''
# Cells that were left out have a note each, in the order of their rows. Where a whole place was, for one reason, `gone`
# says it once, and their notes go.
before_reason = ' left out: '
array NOTE_OF[keys_count+1]
left_out = 0; notes_left_out = 0
do for [k=1:keys_count] {
  if (KEY[k] eq 'note' && strstrt(VALUE[k], before_reason) > 0) { notes_left_out = notes_left_out + 1; NOTE_OF[notes_left_out] = k }
}
reason_in(note) = note[strstrt(note, before_reason)+strlen(before_reason):*]
named(name) = strstrt(gone.',', ' '.name.',') > 0 || strstrt(gone, ' '.name.' (') > 0
go(what, name, why) = (named(name) ? gone : gone.(strlen(gone) ? ', ' : ' ').what.(strlen(what) ? ' ' : '').name.why)
do for [r=1:rows_all] {
  note = 0; why = ''; missed = ''
  if (raw(r, 13) eq 'dropped') {
    left_out = left_out + 1
    if (left_out <= notes_left_out) { note = NOTE_OF[left_out]; why = ' ('.reason_in(VALUE[note]).')' }
  }
  if (!measured_at(1, raw(r, 1))) { missed = raw(r, 1); gone = go(text('panel'), missed, why) } else {
    if (!measured_at(3, raw(r, 3))) { missed = raw(r, 3); gone = go(text('x_label'), missed, why) } else { rows_count = rows_count + 1; ROW[rows_count] = r }
  }
  if (note > 0 && strlen(missed) && strstrt(gone.',', ' '.missed.why.',') > 0) { KEY[note] = 'told' }
}
if (rows_count < 1) { exit error 'the data has no measured cell' }
field(row, c) = raw(ROW[row], c)
# Whether the row's cell counts samples that are flagged. Older data does not tell.
flagged_column = column_of('flagged')
flagged(row) = flagged_column > 0 && int(FIELD[ROW[row] * columns_count + flagged_column]) > 0 && field(row, 13) eq 'ok'
# gnuplot takes "5e+09" for a whole number and stumbles over its end.
pointed(s) = (e = strstrt(s, 'e'), e > 0 && strstrt(s, '.') == 0 ? s[1:e-1].'.0'.s[e:*] : s)
number(s) = strlen(s) > 0 && s ne 'nan' ? real(pointed(s)) : NaN

# Names in the order of their indexes, of which some may have no row; panels as they come. Arrays have room for all rows,
# and the counts say how many.
array SERIES[rows_count]
array X[rows_count]
array PANEL[rows_count]
array SHORT[rows_count]
array SERIES_OF[rows_count]
array X_OF[rows_count]
array PANEL_OF[rows_count]
series_count = 0; x_count = 0; panel_count = 0
index_below(c, bound) = (below = -1, sum [i=1:rows_count] (int(field(i, c)) < bound && int(field(i, c)) > below ? \
                         (below = int(field(i, c)), 0) : 0), below)
rank(c, own) = own < 0 ? 0 : 1 + rank(c, index_below(c, own))
panel_of(name) = (found = 0, sum [i=1:panel_count] (PANEL[i] eq name ? (found = i, 0) : 0), found)
do for [r=1:rows_count] {
  s = rank(15, int(field(r, 15))); SERIES[s] = field(r, 2); series_count = s > series_count ? s : series_count
  x = rank(4, int(field(r, 4))); X[x] = field(r, 3); x_count = x > x_count ? x : x_count
  p = panel_of(field(r, 1))
  if (p == 0) { panel_count = panel_count + 1; p = panel_count; PANEL[p] = field(r, 1); SHORT[p] = field(r, 1) }
  SERIES_OF[r] = s; X_OF[r] = x; PANEL_OF[r] = p
}
# Panel by panel and series by series, since a line joins only rows that follow each other; a cell that was not measured
# breaks it.
set print $cells
do for [p=1:panel_count] {
  do for [s=1:series_count] {
    do for [r=1:rows_count] {
      if (PANEL_OF[r] == p && SERIES_OF[r] == s) {
        line = sprintf('%d %d %d', p, s, X_OF[r])
        do for [c=5:12] { line = line.sprintf(' %.17g', field(r, 13) eq 'ok' ? number(field(r, c)) : NaN) }
        print line.sprintf(' %d', ROW[r])
      }
    }
  }
}
unset print
unit = field(1, 14)
# Called with a third argument, "hover", a script leaves the number of its row at each value, unseen: in the SVG the program
# puts the row's values there.
hover_count = hover ? series_count : 0

# "64", "1.5", "4K" and "1M" as numbers; what is none is NaN.
decimal(s) = (bad = strlen(s) == 0 || s eq '.', points = 0, \
              sum [i=1:strlen(s)] (s[i:i] eq '.' ? (points = points + 1, 0) : \
                                   strstrt('0123456789', s[i:i]) == 0 ? (bad = 1, 0) : 0), !bad && points < 2)
size(s) = (u = strstrt('KMG', s[strlen(s):*]), n = u > 0 ? s[1:strlen(s)-1] : s, \
           decimal(n) ? real(n) * 1024 ** u : NaN)
