# Draws the newcomer's share over time as "run" has measured it:
# gnuplot -c shares.gnuplot SHARES SVG WEIGHT, where SHARES has lines "WAY
# SECONDS WEIGHT GIVEN OPEN", and WEIGHT is the last one, beside 600 of others.

set terminal svg size 900,360 font "sans,12" background "white"
set output ARG2
set multiplot layout 1,2 margins 0.06,0.99,0.14,0.84 spacing 0.06,0 \
    title "A newcomer's share" offset 0,0.3
set key bottom right samplen 2
set xlabel "seconds"
set format y "%g %%"
full(x) = 100.0 * ARG3 / (600 + ARG3)
set yrange [0:1.54*full(0)]
set xrange [0:*]
set xtics nomirror
set ytics nomirror
set border 3
set grid ytics lc rgb "#d0d7de"

array ways[3] = ["jump", "steps", "transition"]
array titles[3] = ["all its weight at once", "in steps", \
    "in steps of a transition"]
array colors[3] = [0xb8500c, 0x8c959f, 0x2f6fb3]
array panels[2] = ["of connections that open", "of open connections"]
rows(i) = sprintf("< awk '$1 == \"%s\"' %s", ways[i], ARG1)
do for [panel = 1:2] {
    set title panels[panel]
    plot for [i = 1:3] rows(i) using 2:(column(3 + panel)) \
             with linespoints pt 7 ps 0.5 lw 2 lc rgb colors[i] \
             title (panel == 1 ? titles[i] : ""), \
         full(x) with lines dt 2 lc rgb "#57606a" \
             title (panel == 1 ? sprintf("%.1f %%", full(0)) : "")
    unset key
}
unset multiplot
