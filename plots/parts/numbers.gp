# SPDX-License-Identifier: MIT
# Which bars have their number, NUMBERED[place_of(panel, x, series)]: all of them where a place is as wide as a number on end
# (place_least). In narrower ones a number that would touch one before it in its panel is left out.
number_text(v) = v < 0.9995 && unit ne 'ns' ? sprintf('%.2g', v) : short(v * to_base)
place_of(p, x, s) = ((p - 1) * x_count + x - 1) * series_count + s
array NUMBERED[panel_count * x_count * series_count]
array FOOT[panel_count * x_count * series_count]
array HEAD[panel_count * x_count * series_count]
do for [i=1:panel_count * x_count * series_count] { NUMBERED[i] = 1; FOOT[i] = NaN; HEAD[i] = NaN }
do for [r=1:rows_count] {
  if (field(r, 13) eq 'ok') {
    i = place_of(PANEL_OF[r], X_OF[r], SERIES_OF[r])
    FOOT[i] = plot_height * number(field(r, 7)) * scale / y_high
    HEAD[i] = FOOT[i] + 4 + 3.8 * strlen(number_text(number(field(r, 5))))
  }
}
# Bars stand no closer than `pitch`, and further apart from one group to the next.
at(i) = plot_width / x_count * place((i - 1) / series_count % x_count + 1, (i - 1) % series_count + 1)
neighbours = int(ceil(place_least / pitch)) - 1
if (neighbours > 0) {
  do for [i=1:panel_count * x_count * series_count] {
    before = (i - 1) % (x_count * series_count)
    do for [back=1:(neighbours < before ? neighbours : before)] {
      near = at(i) - at(i - back) < place_least - 1e-9
      if (near && NUMBERED[i - back] && FOOT[i] < HEAD[i - back] && HEAD[i] > FOOT[i - back]) { NUMBERED[i] = 0 }
    }
  }
}
