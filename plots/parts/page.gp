# SPDX-License-Identifier: MIT
# The page: where heading, question, caption, legend and panels stand. Lengths are points on a page 16 cm wide;
# its height grows with the texts, so that the plot never pays for them. Needs heading, question and whiskers.
width = 453.5
if (!exists('bounds_count')) { load folder.'parts/bounds.gp' }

cut(s, n) = (at = 0, sum [i=1:n] (s[i:i] eq ' ' ? (at = i, 0) : 0), at == 0 ? n : at)
wrap(s, n) = strlen(s) <= n ? s : (at = cut(s, n), s[1:at]."\n".wrap(s[at+1:*], n))
lines(s) = 1 + sum [i=1:strlen(s)] (s[i:i] eq "\n")
clip(s, n) = strlen(s) <= n ? s : s[1:n-1].'…'
# The longest title of a panel that has room: what tells panels apart is never cut for the sake of the axis's name.
# What has no room beside each other stands below each other.
below(s, n) = (c = strstrt(s, ', '), c > 0 && strlen(s) > n ? clip(s[1:c-1], n)."\n".clip(s[c+2:*], n) : clip(s, n))
titled(name, value, brief, n) = strlen(name.' '.value) <= n ? name.' '.value : strlen(name.' '.brief) <= n ? name.' '.brief : below(brief, n)
join(a, b) = strlen(a) && strlen(b) ? a.', '.b : a.b

# 3 digits that matter with an SI prefix: 6.41M, 18.2k, 940.
si_step(v) = v > 0 && v == v ? int(floor(log10(v) / 3 + 1e-9)) : 0
si_prefix(step) = step == 0 ? '' : word('f p n µ m - k M G T P', step + 6)
digits(v) = v >= 99.95 ? sprintf('%.0f', v) : v >= 9.995 ? sprintf('%.1f', v) : sprintf('%.2f', v)
# A mark of an axis: 10µ, 500, and with mark_unit 10µs. (gnuplot's own %c says u.)
mark_unit = ''
mark_text(v) = sprintf('%g', v / 1000.0**si_step(v)).si_prefix(si_step(v)).mark_unit
short(v) = v > 0 ? digits(v / 1000.0 ** si_step(v)).si_prefix(si_step(v)) : sprintf('%g', v)

heading = wrap(heading, 64)
question = wrap(question, 84)
# Cells that are not drawn, or were disturbed, are named below the chart; the report lists those that have no room here.
# First those that are not drawn: the others have their circles.
notes = strlen(gone) ? wrap('nothing was measured at'.gone, 120)."\n" : ''; notes_count = 0; notes_room = 4
do for [shown=0:1] {
  do for [k=1:keys_count] {
    if (KEY[k] eq 'note' && (strstrt(VALUE[k], ' disturbed: ') > 0) == shown) {
      notes_count = notes_count + 1
      if (notes_count <= notes_room) { notes = notes.wrap((shown ? '' : 'not shown: ').VALUE[k], 120)."\n" }
    }
  }
}
if (notes_count > notes_room) { notes = notes.sprintf("and %d more (see the report)\n", notes_count - notes_room) }
do for [k=1:keys_count] { if (KEY[k] eq 'remark') { notes = notes.wrap(VALUE[k], 120)."\n" } }
circled = 0; crossed = 0
if (!exists('marks_at_foot')) { marks_at_foot = 0 }
if (!exists('crosses')) { crosses = 1 }
do for [r=1:rows_count] { circled = circled || flagged(r); crossed = crossed || field(r, 13) ne 'ok' }
if (circled) { whiskers = whiskers.'; '.(exists('disturbed_mark') ? disturbed_mark : marks_at_foot ? 'ring at the foot' : 'circled').': disturbed' }
if (crossed && crosses) { whiskers = whiskers.'; ×: no value, the report says why' }
x_name = text('x_label')
panel_name = text('panel')
profile = text('profile').' profile'.(text('indicative') eq '1' ? ' (indicative)' : '')
caption = notes.wrap(join(join(text('host'), text('machine')), text('kernel')), 120)."\n".\
  wrap(join(join(text('file_system'), text('device')), profile), 120)."\n".wrap(whiskers.bounds_caption, 120)

# Names for the legend; a number alone says nothing. One that has no measured cell stands there too, and says so.
array MEASURED[series_count]
array LEGEND[series_count]
do for [s=1:series_count] { MEASURED[s] = 0 }
do for [r=1:rows_count] { if (field(r, 13) eq 'ok') { MEASURED[SERIES_OF[r]] = 1 } }
legend_width = 0
do for [s=1:series_count] {
  LEGEND[s] = clip(strstrt('0123456789', SERIES[s][1:1]) > 0 ? text('series').' '.SERIES[s] : SERIES[s], 28).(MEASURED[s] ? '' : ' (no data)')
  legend_width = strlen(LEGEND[s]) > legend_width ? strlen(LEGEND[s]) : legend_width
}
legend_width = 34 + 4.8 * legend_width
grid_columns = panel_count < 3 ? panel_count : 3
grid_rows = (panel_count + grid_columns - 1) / grid_columns
left = 38
cell_width = (width - left - 8 - legend_width - bounds_width) / grid_columns
plot_width = cell_width - (panel_count > 1 ? 8 : 0)
# Where the places of a shape would be narrower than it needs (place_least, points), the legend stands above, in rows.
legend_rows = 0
pitch = 0.84 * plot_width / (x_count * series_count)
if (exists('place_least') && pitch < place_least) {
  legend_columns = int((width - 16) / legend_width)
  legend_rows = (series_count + legend_columns - 1) / legend_columns
  cell_width = (width - left - 8 - bounds_width) / grid_columns
  plot_width = cell_width - (panel_count > 1 ? 8 : 0)
  pitch = 0.84 * plot_width / (x_count * series_count)
  if (pitch < place_least) { caption = caption."\nnumbers that have no room are in the table" }
}

title_lines = 1
do for [p=1:panel_count] {
  title = titled(text('panel'), PANEL[p], SHORT[p], int(plot_width / 4.4))
  if (lines(title) > title_lines) { title_lines = lines(title) }
}
title_height = panel_count > 1 ? 5 + 9 * title_lines : 0

# Long names of categories are turned, and the room below the plot grows with them.
longest_x = 0
do for [x=1:x_count] { longest_x = strlen(clip(X[x], 24)) > longest_x ? strlen(clip(X[x], 24)) : longest_x }
turn = 4.9 * longest_x > plot_width / x_count
tics_height = turn ? 8 + 2.1 * longest_x : 13
plot_height = 150
above = 10 + 15 * lines(heading) + 12 * lines(question) + 26 + 11 * legend_rows
cell_height = plot_height + tics_height + 15 + title_height + (grid_rows > 1 ? 7 : 0)
height = above + grid_rows * cell_height + 8 + 9 * lines(caption) + 4

across(points) = points / width
down(points) = 1 - 1.0 * points / height

# gnuplot reads the names of tics as formats.
percent(s) = (safe = '', sum [i=1:strlen(s)] (safe = safe.(s[i:i] eq '%' ? '%%' : s[i:i]), 0), safe)
array TIC[x_count]
do for [x=1:x_count] { TIC[x] = percent(clip(X[x], 24)) }
