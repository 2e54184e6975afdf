# SPDX-License-Identifier: MIT
# Draws the bounds of panel p: broken grey lines, labelled beside the plot, where no data is, or beside the last panel of a
# row. What lies beyond the axis is an arrow at its edge with the value.
do for [i=1:families_count*(x_count+2)] { unset arrow 100+i }
label_tag = 100; arrow_tag = 100
row_first = p - column; row_last = row_first + grid_columns - 1 < panel_count ? row_first + grid_columns - 1 : panel_count
on_axis(v) = v == v && v * scale >= y_low && v * scale <= y_high
# From the top edge of the plot, in points.
depth_of(v) = plot_height * (1 - (y_log ? log(v * scale / y_low) / log(y_high / y_low) : (v * scale - y_low) / (y_high - y_low)))
labels_count = 0
do for [k=1:families_count] {
  last = 0; first_at = 0; least = NaN; most = NaN; beyond_least = NaN; beyond_most = NaN; beyond_last = 0; edge = NaN; places = ''; places_count = 0
  do for [x=1:x_count] {
    v = bound_of(k, p, x)
    if (v == v) {
      if (first_at == 0) { first_at = x }
      places = places.(strlen(places) ? ', ' : '').clip(X[x], 14); places_count = places_count + 1
      if (on_axis(v)) {
        next = x < x_count ? bound_of(k, p, x + 1) : NaN
        arrow_tag = arrow_tag + 1
        if (x_numeric) {
          # A place alone has a short line; else lines go from place to place, and on to the right edge.
          before = x > 1 ? bound_of(k, p, x - 1) : NaN
          if (on_axis(next)) { set arrow arrow_tag from AT[x],v*scale to AT[x+1],next*scale nohead front linestyle 20+1+(k-1)%5 }
          if (x == x_count) {
            arrow_tag = arrow_tag + 1
            set arrow arrow_tag from AT[x],v*scale to graph 1,first v*scale nohead front linestyle 20+1+(k-1)%5
          }
          if (x < x_count && !on_axis(next) && !on_axis(before)) {
            set arrow arrow_tag from AT[x],v*scale rto graph 0.06,0 nohead front linestyle 20+1+(k-1)%5
          }
        } else {
          set arrow arrow_tag from x-0.5,v*scale to x+0.5,v*scale nohead front linestyle 20+1+(k-1)%5
        }
        last = x; edge = v
        if (!(least <= v)) { least = v }
        if (!(most >= v)) { most = v }
      } else {
        if (!(beyond_least <= v)) { beyond_least = v }
        if (!(beyond_most >= v)) { beyond_most = v }
        beyond_last = x
      }
    }
  }
  # Flat lines are labelled once a row, also those of its other panels, since all have one axis.
  led = last == x_count; elsewhere = ''
  if (bounds_flat && p != row_last) { last = 0; beyond_most = NaN }
  if (bounds_flat && p == row_last && last == 0) {
    do for [q=row_first:p] {
      v = bound_of(k, q, 1)
      if (on_axis(v)) { last = x_count; edge = v; least = v; most = v; elsewhere = elsewhere.(strlen(elsewhere) ? ', ' : panel_name.' ').PANEL[q] }
    }
  }
  # A value beyond the axis is an arrow at its edge.
  if (last == 0 && beyond_most == beyond_most) {
    least = beyond_least; most = beyond_most; last = beyond_last
    arrow = beyond_most * scale > y_high ? '↑ ' : '↓ '; at = beyond_most * scale > y_high ? 0 : plot_height
  } else {
    arrow = ''; at = depth_of(edge)
  }
  value = most > least ? (strlen(arrow) ? short(least * to_base).'-'.short(most * to_base) : '') : short(most * to_base)
  if (strlen(value) && base_unit eq 's') { value = value.'s' }
  # A line that ends before the right edge, is not to be seen or has gaps says where it is.
  label_name = arrow.FAMILY[k].(strlen(elsewhere) ? ' ('.elsewhere.')' : '')
  in_a_row = last - first_at + 1 == places_count
  if (last > 0 && !bounds_flat && places_count < x_count && (last < x_count || strlen(arrow) || !in_a_row)) {
    in_a_row = in_a_row && places_count > 1
    label_name = label_name.' ('.(in_a_row ? clip(X[first_at], 14).' to '.clip(X[last], 14) : places).')'
  }
  if (last > 0 && p == row_last) {
    labels_count = labels_count + 1
    LABEL_AT[labels_count] = at; LABEL_TURN[labels_count] = strlen(arrow) == 0 && led
    LABEL_TEXT[labels_count] = strlen(label_name) + strlen(value) < 20 ? label_name.' '.value : wrap(label_name, 22)."\n".value
    if (strlen(value) == 0) { LABEL_TEXT[labels_count] = wrap(label_name, 22) }
  }
}
# Beside the plot from the top down, each below the one before; then up again where the last ones lack room.
line_height = 7.2
array ORDER[families_count + 1]
do for [i=1:labels_count] {
  LABEL_LINES[i] = lines(LABEL_TEXT[i]); ORDER[i] = i
  do for [j=1:i-1] {
    a = i - j
    if (LABEL_AT[ORDER[a]] > LABEL_AT[ORDER[a+1]]) { t = ORDER[a]; ORDER[a] = ORDER[a+1]; ORDER[a+1] = t }
  }
}
array PLACE[families_count + 1]
floor_at = 0
do for [i=1:labels_count] {
  half = 0.5 * line_height * LABEL_LINES[ORDER[i]]
  PLACE[i] = LABEL_AT[ORDER[i]] - half < floor_at ? floor_at + half : LABEL_AT[ORDER[i]]
  floor_at = PLACE[i] + half + 1
}
ceiling_at = plot_height + 4
do for [j=1:labels_count] {
  i = labels_count + 1 - j
  half = 0.5 * line_height * LABEL_LINES[ORDER[i]]
  if (PLACE[i] + half > ceiling_at) { PLACE[i] = ceiling_at - half }
  ceiling_at = PLACE[i] - half - 1
}
edge_x = left_edge + plot_width
do for [i=1:labels_count] {
  l = ORDER[i]; label_tag = label_tag + 1
  set label label_tag LABEL_TEXT[l] at screen across(edge_x + 8),screen down(top_edge + PLACE[i] - 0.5 * line_height * (LABEL_LINES[l] - 1)) \
    left font ',6' textcolor rgb bound_ink noenhanced
  if (LABEL_TURN[l]) {
    arrow_tag = arrow_tag + 1
    set arrow arrow_tag from screen across(edge_x + 1),screen down(top_edge + LABEL_AT[l]) \
      to screen across(edge_x + 7),screen down(top_edge + PLACE[i]) nohead linestyle 29
  }
}
