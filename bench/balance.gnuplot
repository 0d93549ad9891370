# Draws what bench/balance has measured: gnuplot -c balance.gnuplot CSV SVG

set terminal svg size 1200,420 font "sans,12" background "white"
set output ARG2
set datafile separator ","
set multiplot layout 1,5 \
    title "Balance against disruption: from left to right 16384, 4096, 1024, 256 slots"
set xlabel "fullest bucket / share"
set xrange [1:2]
set yrange [0:0.07]
set xtics 0.25
set format y "%.0f %%"
set ytics ("0 %%" 0, "1 %%" .01, "2 %%" .02, "3 %%" .03, "4 %%" .04, "5 %%" .05, "6 %%" .06, "7 %%" .07)
set grid
set key top right samplen 1.5

methods = "pure,bound 10 %,bound 5 %,bound 1 %,Maglev"
colors = "#1b7837 #4393c3 #2166ac #053061 #d6604d"
method(i) = i == 1 ? "pure" : i == 2 ? "bound 10 %" : i == 3 ? "bound 5 %" : i == 4 ? "bound 1 %" : "Maglev"
do for [n in "10 32 64 100 250"] {
    set title n . " buckets"
    if (n eq "10") { set ylabel "collateral when a bucket is removed" } else { unset ylabel }
    if (n eq "250") { set key } else { unset key }
    plot for [i=1:5] ARG1 \
        using (strcol(1) eq method(i) && $2 == int(n) ? $5 : NaN):7 \
        with linespoints lw 2 pt 7 ps 0.5 lc rgb word(colors, i) title method(i)
}
unset multiplot
