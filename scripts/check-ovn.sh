# What "make check-ovn" runs of the part ovn: see scripts/check.  SHORT=yes leaves
# out upstream's cases.

# Upstream's cases start "python3", and wait forever if that has no scapy: it has to
# be Debian's.
PATH=/usr/bin:$PATH

# The folder that OVN is built in.
built=$tree

# Usage: cases TARGET [OPTION...]
#
# Prints the list of the cases that "make TARGET" runs with autotest's OPTIONs.
cases () {
    target=$1
    shift
    make -s -C $built "$target" TESTSUITEFLAGS="--list $*"
}

# Usage: ours NAME TITLE TARGET
#
# Runs the cases of "make TARGET" that the series adds or changes, and sets
# 'numbers' to theirs.
ours () {
    list=build/log/$of$1.list
    if cases "$3" > "$list" &&
        numbers=$(scripts/commit-cases $tree "$list" base)
    then
        test -z "$numbers" || suite "$1" "$2" $built "$3" $numbers
    else
        echo "failed $of$1: which cases?" | tee -a build/results
    fi
}

# Usage: upstreams NAME TITLE TARGET KEYWORDS...
#
# Runs upstream's cases of "make TARGET" with any of the KEYWORDS, but not what
# "ours" has run just before.  Of variants it runs one: with threads, and with all
# of the southbound database.
upstreams () {
    test "$SHORT" != yes || return 0
    name=$1 title=$2 target=$3
    shift 3
    for keywords; do
        set -- "$@" -k "$keywords,!parallelization=no,!ovn_monitor_all=no"
        shift
    done
    set -- $(cases "$target" "$@" | sed -n 's/^ *\([0-9]*\): .*/\1/p' |
        grep -vFx "$numbers")
    if test $# != 0; then
        suite "$name" "$title" $built "$target" "$@"
    else
        echo "failed $of$name: no such case" | tee -a build/results
    fi
}

waits () {
    ours traffic 'connections between network namespaces' \
        check-system-userspace
    if networks "${of}sandbox"; then
        one echo 'an echo server and client' \
            make -C build/ovs V=0 tests/ovstest
        one gateways 'what breaks through gateways without state' \
            ovn/demo/run --connections=100
        one gateway-routers 'the same, with gateway routers and IPv6' \
            ovn/demo/run --connections=100 --gateway-routers --ipv6
        one features 'what else works without state' ovn/demo/features
        one churn 'random changes of stateless load balancers' \
            ovn/churn/churn --time=20 --save=build/log/churn-ovn
        # Its shell reads from there.
        one sandbox 'a port in the sandbox' scripts/own-network sh -c '
            echo "set -e
                  ovn-nbctl ls-add sw -- lsp-add sw port
                  ovs-vsctl --timeout=60 wait-until Bridge br-int \
                      -- add-port br-int port \
                      -- set interface port external_ids:iface-id=port
                  ovn-nbctl --timeout=60 wait-until logical_switch_port port up=true" |
            make -C "$0" sandbox SHELL=/bin/sh' $tree
        one commands 'each command on our pages' scripts/own-network \
            scripts/page-commands $tree $(whole_files | grep '\.rst$' |
                sed "s,^,$home/,")
    fi

    # Most of the others want another nc, that of nmap, or SCTP in the kernel.
    upstreams upstream-traffic "upstream's traffic through load balancers" \
        check-system-userspace load-balancing 'balancing,gateway,!sctp'
}

computes () {
    about_series
    one sparse 'endianness and locks in our files' scripts/sparse
    set -- $(whole_files | grep '\.py$') "$top"/ovn/churn/*.py
    one flake8 'Python of ours, as upstream wants it' \
        make -C $tree flake8-check FLAKE8_PYFILES="$*" $(printf ' -W %s' "$@")

    # For cases with a switch that knows none of our selection methods.
    PART=ovs one old "upstream's switch" scripts/build-commit old base
    export OLD_VSWITCHD="$top/build/ovs-old/vswitchd"
    ours unit 'groups, their buckets, and logical flows' check

    # Load balancers and all else that has groups, other users of the table that
    # gives them ids, and logical flows that change.
    upstreams upstream "upstream's cases of what the hooks touch" check \
        lb lbs load,balancer balancers ecmp forwarding-group parsing template \
        meter meters incremental
}
