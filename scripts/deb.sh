# What the scripts about Debian packages share: $SUITE says for which suite.  They
# run in the top folder.
#   suite    Debian's suite that they are for
#   source   the name of the source package
#   suffix   what is added to Debian's version of it, +cdhN.  It sorts after that
#            and its rebuilds (+bN), and before Debian's security updates (+debNuN),
#            which nobody should miss, and backports.
#   deb      the folder that all is made in

case ${PART:-ovs} in
    ovs) suite=${SUITE:-trixie} ;;
    *) suite=${SUITE:-forky} ;;
esac
export SUITE=$suite BASE=
known=
for base in patches/base patches/*/base; do
    suites=$(. "./$base" && echo "$suites")
    known="$known $suites"
    case " $suites " in
        *" $suite "*)
            BASE=${base#patches/}
            BASE=${BASE%base}
            BASE=${BASE%/}
            found=yes
            ;;
    esac
done
older=$BASE
test "${PART:-ovs}" = ovs || BASE=
. scripts/lib.sh
test "$found" = yes || die "SUITE=$suite is none of:$known"
test $part = ovs || test -z "$older" ||
    die "OVN ${version%-*} needs a newer Open vSwitch than $older: SUITE=$(
        . ./patches/base && echo ${suites%% *})"
source=${package%-source}
suffix=$(sed -n '1s/.*\(+cdh[0-9]*\).*/\1/p' $home/packaging/changelog)
deb=build/deb/$suite
test $part = ovs || deb=$deb-$part
