# SPDX-License-Identifier: MIT
# Every cell of a comparison on a line of its own, under the name of its experiment: the ratio to the first run with its
# interval, on a logarithmic axis where right is better. Drawn by `storebench compare --out`; no experiment names it.
# Called as bars.gp.
folder = ARG0[1:strlen(ARG0)-strlen('ratios.gp')]; data = ARG1; output = ARG2; hover = ARG3 eq 'hover'
load folder.'style.gp'
heading = text('finding')
question = text('question')
floor = number(text('floor'))
whiskers = 'whiskers: 99% intervals, corrected for the number of cells; orange: worse, green: better, grey: no difference shown; '.\
  'band: what the machine itself may have moved by'
crosses = 0
load folder.'parts/page.gp'

# The line of each row: rows of one cell share it, and each experiment begins with a line for its name.
array LINE[rows_count]
lines_used = 0
do for [r=1:rows_count] {
  if (r == 1 || PANEL_OF[r] != PANEL_OF[r-1]) { lines_used = lines_used + 1.5 }
  if (r == 1 || PANEL_OF[r] != PANEL_OF[r-1] || X_OF[r] != X_OF[r-1]) { lines_used = lines_used + 1 }
  LINE[r] = lines_used
}

# As far as the ratios reach, and intervals up to five times that.
far = 1 + floor; reach = far
do for [r=1:rows_count] {
  v = number(field(r, 5))
  far = !(v > 0) ? far : v > far ? v : 1 / v > far ? 1 / v : far  # a cell that did nothing has no ratio to draw
}
do for [r=1:rows_count] {
  do for [c=6:7] {
    v = number(field(r, c)); v = v < 1 ? 1 / v : v
    reach = v > reach && v < 5 * far ? v : reach
  }
}
reach = 1.1 * (reach > far ? reach : far)
inside(v) = v < 1 / reach ? 1 / reach : v > reach ? reach : v

worse = 0xD55E00; better = 0x009E73; same = 0x7F7F7F
verdict_column = column_of('verdict')
verdict(r) = FIELD[ROW[r] * columns_count + verdict_column]
set print $ratios
do for [r=1:rows_count] {
  print sprintf('%d %g %.9g %.9g %.9g %d %d', SERIES_OF[r], LINE[r] + (SERIES_OF[r] - (series_count + 1) / 2.0) * 0.7 / series_count, \
    number(field(r, 5)), inside(number(field(r, 6))), inside(number(field(r, 7))), \
    verdict(r) eq 'worse' ? worse : verdict(r) eq 'better' ? better : same, ROW[r])
}
unset print

# One column of names, one plot; the legend stands below the question.
names_width = 150
line_height = 9 + 2.5 * (series_count - 1)
left_edge = names_width
plot_width = width - left_edge - 12
legend_height = 11 * series_count
above = 10 + 15 * lines(heading) + 12 * lines(question) + legend_height + 26
plot_height = (lines_used + 1) * line_height
height = above + plot_height + 34 + 9 * lines(caption) + 4
shown(v) = v >= 9.95 ? sprintf('%.0f', v) : v >= 0.0995 ? sprintf('%.3g', v) : sprintf('%.2g', v)

set lmargin at screen across(left_edge)
set rmargin at screen across(left_edge + plot_width)
set tmargin at screen down(above)
set bmargin at screen down(above + plot_height)
set border 1 linecolor rgb '#555555' linewidth 0.8
set logscale x 10
set xrange [1 / reach:reach]
set yrange [lines_used + 1:0]
unset ytics
set xtics () nomirror out scale 0.5 textcolor rgb ink font ',8' noenhanced
marks = reach < 1.5 ? '1.1 1.2 1.3 1.4' : reach < 3 ? '1.25 1.5 2 2.5' : reach < 12 ? '1.5 2 3 5 10' : reach < 200 ? '2 5 10 20 50 100' : '10 100 1000 10000'
set xtics add ('1' 1)
do for [m in marks] {
  if (real(m) < reach) { set xtics add (m real(m)); set xtics add (shown(1 / real(m)) 1 / real(m)) }
}
set grid xtics linetype 1 linecolor rgb faint linewidth 0.6 dashtype 1
set object 1 rectangle from 1 / (1 + floor),graph 0 to 1 + floor,graph 1 behind fillstyle solid noborder fillcolor rgb '#EEEEEE'
set arrow 1 from 1,graph 0 to 1,graph 1 nohead back linecolor rgb '#555555' linewidth 0.8
set label 1 heading at screen across(8),screen down(16) left font 'sans-serif:Bold,11' textcolor rgb ink noenhanced
set label 2 question at screen across(8),screen down(17 + 15 * lines(heading)) left font ',9' textcolor rgb '#555555' noenhanced
set label 3 '← worse than A' at screen across(left_edge),screen down(above - 8) left font ',8' textcolor rgb ink noenhanced
set label 4 'better than A →' at screen across(left_edge + plot_width),screen down(above - 8) right font ',8' textcolor rgb ink noenhanced
set label 5 'ratio to A, turned so that more is better' at screen across(left_edge + plot_width / 2),screen down(above + plot_height + 24) \
  center font ',8' textcolor rgb ink noenhanced
set label 6 caption at screen across(8),screen down(height - 9 * lines(caption) + 1) left font ',6.5' textcolor rgb '#555555' noenhanced
set key at screen across(8),screen down(18 + 15 * lines(heading) + 12 * lines(question)) left top Left reverse vertical \
  maxrows series_count samplen 1.6 spacing 1.05 font ',8' textcolor rgb ink noenhanced noautotitle
do for [r=1:rows_count] {
  if (r == 1 || PANEL_OF[r] != PANEL_OF[r-1]) {
    set label 1000+r clip(PANEL[PANEL_OF[r]], 40) at screen across(8),first LINE[r]-1.1 left font 'sans-serif:Bold,7.5' textcolor rgb ink noenhanced
  }
  if (r == 1 || LINE[r] != LINE[r-1]) {
    set label 100000+r clip(field(r, 3), 36) at screen across(left_edge - 5),first LINE[r] right font ',7' textcolor rgb ink noenhanced
  }
}
do for [f=1:3] {
  load folder.'parts/start.gp'
  plot for [s=1:series_count] keyentry with points pointtype POINT[s] pointsize 0.7 linecolor rgb ink title LEGEND[s], \
    for [s=1:series_count] $ratios using ($1 == s ? $4 : NaN):2:($5 - $4):(0):6 \
      with vectors nohead linecolor rgb variable linewidth 1.1 notitle, \
    for [s=1:series_count] $ratios using ($1 == s ? $3 : NaN):2:6 \
      with points pointtype POINT[s] pointsize 0.7 linecolor rgb variable linewidth 0.9 notitle, \
    for [s=1:hover_count] $ratios using ($1 == s ? $3 : NaN):2:(sprintf('%d', $7)) \
      with labels hypertext point pointtype 7 pointsize 1 linecolor rgb '#FF000000' notitle
  unset multiplot
}
unset output
