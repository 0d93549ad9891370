# Draws what bench/peers has measured, for people who do not know the methods:
# gnuplot -c peers.gnuplot CSV SVG

set terminal svg size 1380,400 font "sans,12" background "white"
set output ARG2
set datafile separator ","
set multiplot layout 1,4 margins 0.14,0.98,0.09,0.77 spacing 0.03,0 \
    title "300 open TCP connections, 10 servers, and what spreads the connections.  Shorter is better." offset 0,0.3
set style fill solid
set boxwidth 0.7
unset key
set xtics nomirror
set ytics nomirror scale 0
set yrange [9.5:0.5]
set border 3

array names[9] = ["consistent-dp-hash", "kernel-consistent-dp-hash", \
    "consistent-hash", "ipvs-mh", "ipvs-rr", "nexthops", "ecmp", "dp_hash", \
    "hash"]
array titles[9] = ["consistent-dp-hash", "… without portable hash", \
    "consistent-hash", "IPVS, Maglev", "IPVS, round robin", \
    "resilient next hops", "ECMP", "dp\\_hash", "hash"]
array panels[4] = ["broken when another gateway\ntakes over, at worst", \
    "broken by a change of\nanother server, at worst", \
    "entries that a gateway has\nafter 8000 connections", \
    "instructions of a gateway\nfor a packet, in Linux"]

ours = 0x2166ac
others = 0xb2b2b2
# The greatest number of column 'c' where the step has this pattern.
worst(i, steps, c) = sprintf("< awk -F, '$1 == \"breaks\" && $2 == \"%s\" && $3 ~ /%s/ && $%d > n { n = $%d } END { print n + 0 }' %s", \
    names[i], steps, c, c, ARG1)
# What it takes more than to be dropped at once.
cost(i) = sprintf("< awk -F, '$1 == \"packets\" && $3 == \"tcp\" { if ($2 == \"drop\") d = $4; if ($2 == \"%s\") n = $4 } END { print n - d }' %s", \
    names[i], ARG1)
# The hash makes no difference to what there is to keep.
entries(i) = sprintf("< awk -F, '$1 == \"changes\" && $3 == \"state\" && $4 == 8000 && \"%s\" ~ \"^(kernel-)?\" $2 \"$\" { print $5 }' %s", \
    names[i], ARG1)
bar(i, panel) = panel == 1 ? worst(i, "failover", 4) \
    : panel == 2 ? worst(i, "^(remove|add|weight)$", 5) \
    : panel == 3 ? entries(i) : cost(i)
array most[4] = [400, 400, 11000, 7000]
array tics[4] = [100, 100, 4000, 2000]
do for [panel = 1:4] {
    set title panels[panel]
    set ytics ("" 1)
    do for [i = 1:9] {
        set ytics add (panel == 1 ? titles[i] : "" i)
    }
    set xrange [0:most[panel]]
    set xtics tics[panel]
    plot for [i = 1:9] bar(i, panel) using (0):(i):(0):1:(i - 0.35):(i + 0.35) \
             with boxxyerror lc rgb (i <= 3 ? ours : others), \
         for [i = 1:9] bar(i, panel) using 1:(i):(sprintf("%d", $1)) \
             with labels left offset 0.5,0
}
unset multiplot
