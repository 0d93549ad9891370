# Draws what bench/balance has measured: gnuplot -c balance.gnuplot CSV SVG

set terminal svg size 1300,860 font "sans,11" background "white"
set output ARG2
set datafile separator ","
set multiplot layout 4,5 margins 0.06,0.99,0.07,0.88 spacing 0.035,0.07 \
    title "Balance against disruption, lower left is better\n{/*0.9 A curve a method: consistent-dp-hash from pure (right) over load bounds of 10, 5 and 1 % to 0 % (left).  Webster's (dp\\_hash): 50 to 99 %.}"
set yrange [0:*]
set grid
set format x "%.2f"
set format y "%.1f %%"

chosen(methods, n, slots) = sprintf( \
    "< awk -F, '$2 == %s && $3 == %s && $1 ~ /^(%s)/' %s", \
    n, slots, methods, ARG1)
do for [slots in "256 1024 4096 16384"] {
    do for [n in "10 32 64 100 250"] {
        stats chosen("pure|Maglev", n, slots) using 5 nooutput
        step = ceil((STATS_max - 1) / 3 / 0.02) * 0.02
        set xtics step
        set xrange [1 - step / 10:1 + 3.1 * step]
        set title n . " buckets, " . slots . " slots" offset 0,-0.7
        set xlabel slots eq "16384" ? "fullest bucket / share" : ""
        set ylabel n eq "10" ? "collateral of a removal" : ""
        if (slots eq "256" && n eq "250") {
            set key at screen 0.99,0.985 top right samplen 2 horizontal
        } else {
            unset key
        }
        plot chosen("pure|bound [0-9]", n, slots) using 5:(100 * $7) \
                 with linespoints lw 2 pt 7 ps 0.5 lc rgb "#2166ac" \
                 title "consistent-dp-hash", \
             chosen("Maglev", n, slots) using 5:(100 * $7) \
                 with points pt 9 ps 1.1 lc rgb "#d6604d" title "Maglev"
    }
}
unset multiplot
