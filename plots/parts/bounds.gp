# SPDX-License-Identifier: MIT
# What this machine cannot beat, from the `# bound:` lines: panel, x, value, nanoseconds, label. A label is a family of
# values, one a place of x: FAMILY[], and BOUND_OF(family, panel, x), NaN where it does not apply.
array FAMILY[keys_count + 1]
array BOUND_FAMILY[keys_count + 1]
array BOUND_PANEL[keys_count + 1]
array BOUND_X[keys_count + 1]
array BOUND[keys_count + 1]
bounds_count = 0; families_count = 0
if (!exists('bounds_flat')) { bounds_flat = 0 }  # 1: a bound holds at every place of x
tail(s) = (t = strstrt(s, "\t"), t == 0 ? '' : s[t+1:*])
head(s) = (t = strstrt(s, "\t"), t == 0 ? s : s[1:t-1])
family_of(name) = (found = 0, sum [i=1:families_count] (FAMILY[i] eq name ? (found = i, 0) : 0), found)
x_of(name) = (found = 0, sum [i=1:x_count] (X[i] eq name ? (found = i, 0) : 0), found)
# Bounds of many machines would have no room for their names: then those of the first run stand for all.
bounds_room = 8; passes = 1
do for [pass=1:2] {
  if (pass == 2 && text('series') eq 'run' && families_count > bounds_room) { passes = 2; families_count = 0; bounds_count = 0 }
  do for [k=1:keys_count] {
    if (KEY[k] eq 'bound' && pass <= passes) {
      rest = VALUE[k]; in_panel = panel_of(head(rest))
      rest = tail(rest); at_x = bounds_flat ? 1 : x_of(head(rest))
      rest = tail(rest); v = number(head(rest))
      rest = tail(rest); if (exists('of_latency')) { v = number(head(rest)) }
      bound_name = tail(rest)
      if (pass == 2 && bound_name[1:2] ne 'A ') { in_panel = 0 }
      if (in_panel > 0 && at_x > 0 && v == v && v > 0) {
        if (family_of(bound_name) == 0) { families_count = families_count + 1; FAMILY[families_count] = bound_name }
        bounds_count = bounds_count + 1
        BOUND_FAMILY[bounds_count] = family_of(bound_name); BOUND_PANEL[bounds_count] = in_panel
        BOUND_X[bounds_count] = at_x; BOUND[bounds_count] = v
      }
    }
  }
}
bound_of(f, p, x) = (found = NaN, sum [i=1:bounds_count] (BOUND_FAMILY[i] == f && BOUND_PANEL[i] == p && (bounds_flat || BOUND_X[i] == x) ? \
                     (found = BOUND[i], 0) : 0), found)
bounds_width = families_count > 0 ? 74 : 0
# A chart without a bound says why. Older data does not tell.
bounds_none = text(exists('of_latency') ? 'no_bound_latency' : 'no_bound')
bounds_none = strlen(bounds_none) ? '; no bound applies: '.bounds_none : ''
bounds_caption = families_count == 0 ? bounds_none : text('series') eq 'run' ? (passes == 2 ? '; grey, broken: bounds of A' : '; grey, broken: bounds of A, and of others where theirs differ') : \
                 '; grey, broken: bounds of this machine, by bare loops, or of what is asked'
bound_ink = '#666666'
set style line 21 linecolor rgb bound_ink linewidth 0.9 dashtype (12,6)
set style line 22 linecolor rgb bound_ink linewidth 0.9 dashtype (5,5)
set style line 23 linecolor rgb bound_ink linewidth 0.9 dashtype (20,6,4,6)
set style line 24 linecolor rgb bound_ink linewidth 0.9 dashtype (28,8)
set style line 25 linecolor rgb bound_ink linewidth 0.9 dashtype (8,4,2,4,2,4)
set style line 29 linecolor rgb bound_ink linewidth 0.5 dashtype 1
# Labels beside a panel (points below its top edge, text, lines, whether a line leads to them).
array LABEL_AT[families_count + 1]
array LABEL_TEXT[families_count + 1]
array LABEL_LINES[families_count + 1]
array LABEL_TURN[families_count + 1]
