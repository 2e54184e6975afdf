# SPDX-License-Identifier: MIT
#: a staircase along x, one value each, with the factor of each step: what one setting more brings, from left to right
# Each value is a tread with its whisker; a riser goes from each to the next, and the factor between them stands at it.
# Series only colour the treads: at each place of x one of them has a value. Called as bars.gp.
folder = ARG0[1:strlen(ARG0)-strlen('steps.gp')]; data = ARG1; output = ARG2; hover = ARG3 eq 'hover'
load folder.'style.gp'
load folder.'parts/finding.gp'
load folder.'parts/page.gp'
y_log = text('log_y') eq '1'; from_column = 5; to_column = 7
load folder.'parts/axis.gp'
load folder.'parts/categories.gp'
mark_x(r) = X_OF[r]
# The value at a place, and the one that it is a step from: the last one before it that was measured.
row_at(p, x) = (found = 0, sum [i=1:rows_count] (PANEL_OF[i] == p && X_OF[i] == x && field(i, 13) eq 'ok' && \
                number(field(i, 5)) == number(field(i, 5)) ? (found = i, 0) : 0), found)
row_before(p, x) = x < 2 ? 0 : row_at(p, x - 1) > 0 ? row_at(p, x - 1) : row_before(p, x - 1)
factor(v) = v >= 9.95 ? sprintf('×%.0f', v) : v >= 1.995 ? sprintf('×%.1f', v) : sprintf('×%.2f', v)
y_high = y_log ? y_high * (y_high / y_low) ** 0.08 : y_high * 1.08  # for the factors above the highest tread
# What the run has shown of a step, by pairs: factors of medians are marked as not shown.
array SHOWN[panel_count * x_count]
do for [i=1:panel_count*x_count] { SHOWN[i] = NaN }
do for [k=1:keys_count] {
  if (KEY[k] eq 'step') {
    at_panel = panel_of(head(VALUE[k])); at_x = x_of(head(tail(VALUE[k])))
    if (at_panel > 0 && at_x > 0) { SHOWN[(at_panel - 1) * x_count + at_x] = number(tail(tail(VALUE[k]))) }
  }
}
stepped(p, x, v) = SHOWN[(p-1)*x_count+x] == SHOWN[(p-1)*x_count+x] ? factor(SHOWN[(p-1)*x_count+x]) : '~'.factor(v)
# Panel, x from, y from, x to, y to, factor, and where it stands.
set print $risers
do for [p=1:panel_count] {
  do for [x=2:x_count] {
    to = row_at(p, x); from = row_before(p, x)
    if (to > 0 && from > 0) {
      a = number(field(from, 5)); b = number(field(to, 5))
      if (a > 0 && b > 0) {
        print sprintf('%d %d %.17g %d %.17g %s %.17g', p, X_OF[from], a, x, b, stepped(p, x, b / a), number(field(to, 7)) == number(field(to, 7)) ? number(field(to, 7)) : b)
      }
    }
  }
}
print '0 0 1 0 1 - 1'  # so that there is a line to read
unset print
tread = 0.36
do for [f=1:3] {
  load folder.'parts/start.gp'
  do for [p=1:panel_count] {
    load folder.'parts/panel.gp'
    plot for [s=1:series_count] keyentry with linespoints pointtype POINT[s] linecolor rgb COLOUR[s] linewidth 2.5 \
        title LEGEND[s], \
      $risers using ($1 == p ? $2 + tread : NaN):($3 * scale):($4 - $2 - 2 * tread):(($5 - $3) * scale) \
        with vectors nohead linecolor rgb '#888888' linewidth 0.8 notitle, \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? $3 - tread : NaN):($4 * scale):(2 * tread):(0) \
        with vectors nohead linecolor rgb COLOUR[s] linewidth 2.5 notitle, \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? $3 : NaN):($5 * scale):(0):(($6 - $5) * scale) \
        with vectors heads size screen 0.004,90 fixed linecolor rgb COLOUR[s] linewidth 0.9 notitle, \
      for [s=1:series_count] $cells using ($1 == p && $2 == s ? $3 : NaN):($4 * scale) \
        with points pointtype POINT[s] pointsize 0.6 linecolor rgb COLOUR[s] linewidth 0.9 notitle, \
      $risers using ($1 == p ? $4 : NaN):($7 * scale):(stringcolumn(6)) \
        with labels offset 0,0.7 font ',7' textcolor rgb ink noenhanced notitle, \
      for [s=1:hover_count] $cells using ($1 == p && $2 == s ? $3 : NaN):($4 * scale):(sprintf('%d', $12)) \
        with labels hypertext point pointtype 7 pointsize 1 linecolor rgb '#FF000000' notitle
  }
  unset multiplot
}
unset output
