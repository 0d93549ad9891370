# Draws which connections broke although they had to live: see demo.

set terminal svg size 1000,540 font "sans,13" background "white"
set title "Connections of other backends that broke, of ".connections
set style data histograms
set style histogram clustered gap 1
set style fill solid
set boxwidth 0.9
set yrange [0:connections]
set ylabel "connections"
set xtics rotate by -30 left nomirror
set grid ytics
set datafile missing "-"
set rmargin 22
set key top right
plot data using 2:xtic(1) title "stateless", \
     "" using 3 title "use\\_stateless\\_nat", \
     "" using 4 title "conntrack"
