# What "make check" runs of the part ovs: see scripts/check.  SHORT=yes leaves out
# all but unit cases, ours and upstream's.

if test "$SHORT" = yes; then
    lanes=computes suites=check
fi

waits () {
    if networks "${of}churn"; then
        one churn 'random changes under traffic' \
            env OVS_BUILD=$tree tests/consistent-churn/churn --time=20 \
                --save=build/log/churn
    fi
    for flag in '' --dummy; do
        one demo$flag 'the demo, with consistent-dp-hash only' \
            env OVS_BUILD=$tree tutorial/consistent-dp-hash/demo \
                --methods=consistent-dp-hash $flag
    done
    suite recipes 'the recipes, each with its own switches and hosts' \
        $tree check-system-userspace -j6 -k recipe
    suite traffic 'TCP connections between network namespaces' \
        $tree check-system-userspace -k 'consistent-dp-hash,!kernel'
    suite upstream-traffic "upstream's traffic through groups" \
        $tree check-system-userspace -k DNAT,balancing
}

# What computes besides the unit cases.
besides () {
    about_series
    scripts/check-deb quick
    one sparse 'endianness and locks in our files' scripts/sparse
    one pictures 'the pictures of the pages are what pictures/draw draws' \
        pictures/draw --check
    one pages 'all pages, as HTML and as man pages' scripts/pages $tree html man
    one commands 'each command on our pages' scripts/page-commands $tree \
        README.rst $(pages)

    # Just compiled here: clang's libFuzzer runs them in "make fuzz".
    one fuzz-targets 'the fuzz targets compile' \
        make -C $tree V=0 \
            $(fuzz_targets | sed 's,.*,tests/oss-fuzz/&_target.o,')
    one packets "a packet's buckets depend on the packet alone" \
        env OVS_BUILD=$tree tests/consistent-packets/packets --time=30 \
            --seed=1
}

computes () {
    test "$SHORT" = yes || besides

    # Our cases: the table, the method in OpenFlow and in the switch.
    suite unit 'the table and the method' \
        $tree check -k consistent-dp-hash

    # Upstream's cases of what the hooks touch: groups, as text, on the wire and
    # in the switch, and recirculation.
    set --
    for keyword in group groups bucket buckets select dp_hash OFPT_GROUP_MOD \
        OFPST_GROUP_DESC recirculation trace; do
        set -- "$@" -k "$keyword,!consistent-dp-hash"
    done
    suite upstream "upstream's cases of groups" $tree check "$@"
}
