# Draws 64 buckets with 1024 slots of what bench/balance has measured, for people
# who do not know the methods: gnuplot -c methods.gnuplot CSV SVG

set terminal svg size 1150,420 font "sans,12" background "white"
set output ARG2
set datafile separator ","
set multiplot layout 1,3 margins 0.17,0.98,0.08,0.79 spacing 0.03,0 \
    title "64 servers, and 1024 slots, or as many connections where a method has none.  Shorter is better." offset 0,0.3
set style fill solid
set boxwidth 0.7
unset key
set xtics nomirror
set ytics nomirror scale 0
set format x "%g %%"
set yrange [11.5:0.5]
set border 3

array names[11] = ["pure", "bound 5 %", "bound 0 %", "Maglev", "ring", \
    "AnchorHash", "DxHash", "jump", "bounded load", "Webster", "hash"]
array titles[11] = ["consistent-dp-hash", "… load bound 5 %%", \
    "… load bound 0 %%", "Maglev", "ring hash", "AnchorHash", "DxHash", \
    "jump hash", "Envoy's bounded load", "dp\\_hash", "hash"]
array panels[3] = ["the fullest server has more\nthan its share by", \
    "of the others' connections, broken\nwhen a server goes", \
    "broken by a new gateway, after\ntwo servers went and came back"]
array columns[3] = [5, 7, 9]

ours = 0x2166ac
others = 0xb2b2b2
row(i) = sprintf("< awk -F, '$1 == \"%s\" && $2 == 64 && $3 == 1024' %s", \
    names[i], ARG1)
percent(x, panel) = 100 * (panel == 1 ? x - 1 : x)
do for [panel = 1:3] {
    set title panels[panel]
    set ytics ("" 1)
    do for [i = 1:11] {
        set ytics add (panel == 1 ? titles[i] : "" i)
    }
    set xrange [0:panel == 1 ? 90 : 119]
    set xtics panel == 1 ? 20 : 25
    plot for [i = 1:11] row(i) using (0):(i):(0):(percent(column(columns[panel]), panel)): \
             (i - 0.35):(i + 0.35) with boxxyerror \
             lc rgb (i <= 3 ? ours : others), \
         for [i = 1:11] row(i) using (percent(column(columns[panel]), panel)):(i): \
             (sprintf("%.1f %%", percent(column(columns[panel]), panel))) \
             with labels left offset 0.5,0
}
unset multiplot
