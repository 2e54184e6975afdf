# SPDX-License-Identifier: MIT
#: a field for each value of x and each series, darker for more, with its number: how two settings act together
# A map of fields, x along the bottom, the series from the top down, and below them what the machine cannot beat. Values
# that differ by orders of magnitude take log_y: then colours count in factors. Called as bars.gp.
folder = ARG0[1:strlen(ARG0)-strlen('heatmap.gp')]; data = ARG1; output = ARG2; hover = ARG3 eq 'hover'
load folder.'style.gp'
load folder.'parts/finding.gp'
whiskers = 'each field: the median; darker is more'.(text('log_y') eq '1' ? ', in factors' : '')
# Bounds are rows of their own; the parts that draw them as lines see none.
load folder.'parts/bounds.gp'
rows_drawn = series_count + families_count
fields_families = families_count
families_count = 0; bounds_width = 0
if (fields_families > 0) { bounds_caption = '; grey: bounds of this machine, by bare loops, or of what is asked' }
bounds_kept = bounds_count; bounds_count = 0
crosses = 0
load folder.'parts/page.gp'
y_log = 0; from_column = 5; to_column = 7
load folder.'parts/axis.gp'
# Names of rows stand on the left, in place of a legend: whole, on as many lines as they need.
row_room = 30
split(s, n) = (at = 0, sum [i=1:n] (strstrt(' :,/+', s[i:i]) > 0 ? (at = i, 0) : 0), at == 0 ? n : at)
stack(s) = strlen(s) <= row_room ? s : (at = split(s, row_room), s[1:at]."\n".stack(s[at+1:*]))
named(s) = (strstrt('0123456789', SERIES[s][1:1]) > 0 ? text('series').' ' : '').SERIES[s].(MEASURED[s] ? '' : ' (no data)')
array ROW_NAME[rows_drawn]
longest_row = 0; most_lines = 1
do for [k=1:rows_drawn] {
  whole = k <= series_count ? named(k) : FAMILY[k - series_count]
  longest_row = strlen(whole) > longest_row ? strlen(whole) : longest_row
  ROW_NAME[k] = stack(whole)
  most_lines = lines(ROW_NAME[k]) > most_lines ? lines(ROW_NAME[k]) : most_lines
}
longest_row = longest_row < row_room ? longest_row : row_room
left = 18 + 4.7 * longest_row
cell_width = (width - left - 8) / grid_columns
plot_width = cell_width - (panel_count > 1 ? 8 : 0)
turn = 4.9 * longest_x > plot_width / x_count
tics_height = turn ? 8 + 2.1 * longest_x : 13
row_height = most_lines < 2 ? 20 : 4 + 10 * most_lines
plot_height = row_height * rows_drawn
cell_height = plot_height + tics_height + 15 + title_height + (grid_rows > 1 ? 7 : 0)
height = above + grid_rows * cell_height + 8 + 9 * lines(caption) + 4
axis_text = text('y_label').', '.base_unit.' ('.text('better').' is better)'
y_low = 0.5; y_high = rows_drawn + 0.5; marks_count = 0

# From light to dark along one hue, which stays in order in grey too.
least = NaN; most = NaN
do for [r=1:rows_count] {
  v = number(field(r, 5))
  if (field(r, 13) eq 'ok' && v == v) {
    if (!(least <= v)) { least = v }
    if (!(most >= v)) { most = v }
  }
}
factors = text('log_y') eq '1' && least > 0
shade(v) = most > least ? (factors ? log(v / least) / log(most / least) : (v - least) / (most - least)) : 0.5
mix(a, b, t) = int(a + (b - a) * t)
rgb_of(t) = mix(0xE8, 0x08, t) * 65536 + mix(0xF1, 0x30, t) * 256 + mix(0xFA, 0x6B, t)
shown(v) = v < 0.9995 && unit ne 'ns' ? sprintf('%.2g', v) : short(v * to_base)
# Panel, series, x, row, colour, whether the number is white, the number (a text without blanks), row of the data.
set print $fields
do for [r=1:rows_count] {
  v = number(field(r, 5))
  known_value = field(r, 13) eq 'ok' && v == v
  print sprintf('%d %d %d %d %d %d %s %d', PANEL_OF[r], SERIES_OF[r], X_OF[r], rows_drawn + 1 - SERIES_OF[r], \
    known_value ? rgb_of(shade(v)) : 0xFFFFFF, known_value && shade(v) > 0.5, known_value ? shown(v) : '-', ROW[r])
}
unset print

load folder.'parts/categories.gp'
mark_filled = 1; mark_x(r) = X_OF[r] + 0.4
mark_y(r) = (rows_drawn + 1 - SERIES_OF[r]) / scale
do for [x=1:x_count-1] { unset arrow x }
do for [f=1:3] {
  load folder.'parts/start.gp'
  do for [p=1:panel_count] {
    load folder.'parts/panel.gp'
    unset grid
    set border 0
    set tics scale 0
    set ytics ()
    if (column == 0) {
      do for [k=1:rows_drawn] { set ytics add (percent(ROW_NAME[k]) rows_drawn + 1 - k) }
    }
    set format y '%s'
    unset object
    do for [i=1:bounds_kept] {
      if (BOUND_PANEL[i] == p) {
        at = rows_drawn + 1 - series_count - BOUND_FAMILY[i]
        set object i rectangle from BOUND_X[i]-0.48,at-0.46 to BOUND_X[i]+0.48,at+0.46 fillcolor rgb '#EEEEEE' fillstyle solid noborder
        set label 2000+i shown(BOUND[i]) at BOUND_X[i],at center font ',7' textcolor rgb bound_ink noenhanced front
      }
    }
    set key off
    plot for [s=1:series_count] keyentry with boxes fillcolor rgb ink title '', \
      for [s=1:series_count] $fields using ($1 == p && $2 == s ? $3 : NaN):4:($3-0.48):($3+0.48):($4-0.46):($4+0.46):5 \
        with boxxyerror fillstyle solid noborder fillcolor rgb variable notitle, \
      for [s=1:series_count] $fields using ($1 == p && $2 == s && $6 == 0 ? $3 : NaN):4:(stringcolumn(7)) \
        with labels font ',7' textcolor rgb ink noenhanced notitle, \
      for [s=1:series_count] $fields using ($1 == p && $2 == s && $6 == 1 ? $3 : NaN):4:(stringcolumn(7)) \
        with labels font ',7' textcolor rgb '#FFFFFF' noenhanced notitle, \
      for [s=1:hover_count] $fields using ($1 == p && $2 == s && strcol(7) ne '-' ? $3 : NaN):4:(strcol(8)) \
        with labels hypertext point pointtype 7 pointsize 1 linecolor rgb '#FF000000' notitle
  }
  unset multiplot
}
unset output
