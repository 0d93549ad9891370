# Shell functions that build what is assembled with other compilers and
# options, for check-portable, check-sanitize and fuzz: the sources in
# build/other/src, and each build in a folder beside them.  OVN's are in
# build/other-ovn, and its build NAME is built with build/other/NAME.  They need
# lib.sh.

builds=$(cd -P build && pwd)/other
ovs_builds=
if test $part = ovn; then
    ovs_builds=$builds
    builds=$builds-ovn
fi

# Brings the sources in $builds/src up to date: a copy of those in the part's
# tree, because they are built in place there.
builds_prepare () {
    mkdir -p "$builds/src" || exit
    GIT_INDEX_FILE=$builds/index git --git-dir=$git --work-tree="$builds/src" \
        checkout -q -f assembled -- . || exit
    cp -R $tree/debian "$builds/src" || exit
    test -e "$builds/src/Makefile.in" || {
        say 'preparing the sources'
        (cd "$builds/src" && ./boot.sh) > "$builds/src.log" 2>&1 ||
            die "boot.sh failed, see $builds/src.log"
    }
}

# Usage: builds_make NAME CC CFLAGS HOST TARGET...
#
# Builds the TARGETs one by one in $builds/NAME, with the compiler and
# options, for the machine HOST if that is not empty.  Changes to that folder, so
# call it in a subshell.
builds_make () {
    build=$1 cc=$2 cflags=$3 host=$4
    shift 4
    mkdir -p "$builds/$build" && cd "$builds/$build" || return
    test -e Makefile || ../src/configure --disable-ssl --disable-libcapng \
        PYTHON3=/usr/bin/python3 ${host:+--host=$host} CC="$cc" \
        CFLAGS="$cflags" ${ovs_builds:+--with-ovs-source="$ovs_builds/src"} \
        ${ovs_builds:+--with-ovs-build="$ovs_builds/$build"} || return
    { cat Makefile; echo 'built: $(BUILT_SOURCES)'; } > Makefile.built
    make -j"$(nproc)" V=0 -f Makefile.built built || return
    for target; do
        make -j"$(nproc)" V=0 "$target" || return
    done
}
