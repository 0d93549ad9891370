# An Open vSwitch with the selection method consistent-dp-hash.
# "make help" lists the targets.

prefix ?= /usr/local
DESTDIR ?=
export V PART BASE OVS_SRC OVN_SRC SHORT SUITE DEB_SRC TWICE

# The folder that the part's base and patches are assembled in.
tree := $(shell PART='$(PART)' BASE='$(BASE)' sh -c '. scripts/lib.sh && echo $$tree' make)
$(if $(tree),,$(error PART or BASE is wrong))

# Targets that know other trees than build/ovs.
any_tree := all assemble check check-deb check-ovn clean clean-lab configure deb \
	distclean help install ovn pictures rebase refresh sandbox series switch
any_part := $(any_tree) check-sanitize
any_base := $(any_tree) check-upstream churn demo recipes
targets := $(if $(filter build/ovs,$(tree)),$(MAKECMDGOALS),$(if \
	$(filter build/ovs-%,$(tree)),$(any_base),$(any_part)))
$(foreach target,$(filter-out $(targets),$(MAKECMDGOALS)),$(error \
	$(target) is only for build/ovs, not for $(tree)))

# By default upstream's make uses all processors.
jobs = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
tree_make = $(MAKE) -C $(tree) $(jobs) V=$(or $(V),0)
run := scripts/run

# To build, and for the tests and the demo; and what a part needs besides.
packages := autoconf automake build-essential clang libbpf-dev libcap-ng-dev \
	libssl-dev libtool pkg-config python3 \
	ccache curl ethtool flake8 haproxy iproute2 net-tools netbase netcat-openbsd \
	nftables ngtcp2-client ngtcp2-server openssl procps python3-packaging \
	python3-sphinx shellcheck sparse tcpdump
packages_ovn := python3-scapy wget
portable_packages := clang gcc-s390x-linux-gnu gcc-arm-linux-gnueabihf \
	libc6-dev-s390x-cross libc6-dev-armhf-cross qemu-user
kernel_packages := busybox-static cpio iputils-ping kmod qemu-system-x86
deb_packages := apt-utils debian-archive-keyring mmdebstrap uidmap
sanitize_packages := clang libclang-rt-dev libc++-dev libc++abi-dev llvm
configure = --enable-Werror --prefix='$(prefix)' PYTHON3=/usr/bin/python3 \
	$(if $(filter /usr,$(prefix)),--sysconfdir=/etc --localstatedir=/var) \
	$(configure_$(PART)) $(CONFIGURE)
configure_ovn = --with-ovs-source=../ovs

.DEFAULT_GOAL := all
.NOTPARALLEL:
.PHONY: all assemble bench-balance bench-change bench-flows bench-hash \
	bench-jet bench-ovn bench-ovn-gateways bench-peers bench-scale check check-deb \
	check-kernel check-ovn check-portable check-sanitize check-upstream churn \
	churn-ovn clean clean-lab configure deb demo demo-ovn distclean fuzz help \
	install mutants ovn pictures promtool rebase recipes refresh sandbox series \
	switch

help:
	@sed -n 's/^#: //p' Makefile

#: make help            print this
#: make [all]           fetch the base, assemble, build
#: make ovn             the same, then OVN's base, which is built with it
#: make demo            what a change of the backends does to open connections
#: make demo-ovn        the same with OVN's load balancers, side by side
#: make recipes         what breaks in each recipe of tutorial/ (20 minutes)
#: make check           run the tests that belong to us (20 minutes; SHORT=yes:
#:                      just the unit cases, ours and upstream's, 2 minutes)
#: make check-ovn       the same of OVN, which it builds first (10 minutes;
#:                      SHORT=yes: without upstream's cases, 7 minutes)
#: make check-deb       make deb, and what it does to a switch that runs: upgrade,
#:                      the way back, purge (25 minutes; as root; TWICE=yes: and
#:                      whether a second build is the same)
#: make check-upstream  run all of upstream's tests (30 minutes)
#: make check-kernel    our traffic on Debian's kernels in qemu (over an hour;
#:                      ALL=yes: all of it on each, some hours)
#: make check-portable  the same slots with other compilers and machines (10 min)
#: make check-sanitize  our tests with AddressSanitizer, ThreadSanitizer and
#:                      others (20 minutes; PART=ovn: those of OVN)
#: make fuzz            random inputs for group mods and slot tables, 60 seconds
#:                      each (TIME=SECONDS; TARGET=NAME for one of them)
#: make mutants         see the tests fail: each of some faults in the code,
#:                      made in a copy (20 minutes; MUTANT=NAME for one)
#: make churn           random changes under traffic, then random pipelines of
#:                      groups, TIME=SECONDS each [SEED=N]
#:                      (OVS_BUILD=DIR: of the switch that was built there)
#: make churn-ovn       random changes of OVN's stateless load balancers, gateways
#:                      and daemons under connections [TIME, SEED, CHURN_FLAGS]
#:                      (OVN_BUILD=DIR: of OVN that was built there)
#: make bench-balance   balance against disruption, next to methods of papers (6
#:                      minutes)
#: make bench-change    what a group-mod costs the switch, next to stock dp_hash
#: make bench-flows     datapath flows and upcalls of 200 and 2000 busy groups
#:                      (10 minutes)
#: make bench-hash      time of the portable hash, next to the symmetric one
#: make bench-jet       Just Enough Tracking beside full tracking, in the setting of
#:                      the paper about it
#: make bench-ovn       what changes and many load balancers cost OVN, next to the
#:                      base (5 minutes)
#: make bench-ovn-gateways
#:                      what connections through its load balancers cost gateways
#:                      and nodes, with and without state (5 minutes)
#: make bench-peers     what a packet and a change cost and break, next to IPVS,
#:                      next hops and ECMP, in qemu (20 minutes; TABLE=NAME and
#:                      ROW=NAME for one of them)
#: make bench-scale     a switch with 10,000 groups, and a group of 10,000 buckets
#: make pictures        draw the pictures of the pages
#: make series          write the patches for ovs-dev to build/series (GROUP=NAME:
#:                      just those of a group in patches/series)
#: make refresh         bring edits made in build/ovs back to patches/
#:                      (PATCH=FILE: to that patch)
#: make rebase          bring the patches to the base BASE=VERSION: writes those
#:                      that differ there to patches/VERSION/ (PATCH=FILE: stops
#:                      at that patch, to edit it)
#: make deb             Debian packages for SUITE=trixie or forky (15 minutes;
#:                      DEB_SRC=DIR: from the source package there; PART=ovn:
#:                      for forky, and of Open vSwitch before)
#: make install         install to $(DESTDIR)$(prefix), by default /usr/local
#: make sandbox         start a switch with dummy devices, and a shell
#: make clean           remove what was compiled
#: make clean-lab       remove processes, networks and files of a demo, recipe or
#:                      churn that was killed
#: make distclean       remove build/ with all that is in it
#:
#: V=1 shows everything on the screen; otherwise it is in build/log.
#: PART=ovn does all, refresh, series, sandbox and so on for that part.
#: BASE=3.5.0 does them, check, demo and so on with that version of the base, in
#: build/ovs-3.5.0.
#: OVS_SRC=DIR takes upstream's sources from DIR instead of from Debian, and
#: OVN_SRC=DIR those of OVN.
#: CCACHE_DIR=DIR keeps what make check compiles there instead of in build/ccache.

all: configure
	+@$(run) build 'all that is in $(tree)' $(tree_make)

ovn:
	+@$(MAKE) --no-print-directory PART=ovn all

assemble:
	@scripts/workdir
	@scripts/packages $(packages) $(packages_$(PART))
	@$(run) assemble 'the base and the patches in $(tree)' scripts/assemble

# OVN is built with our Open vSwitch.
switch:
	+@$(MAKE) --no-print-directory PART=ovs BASE= all

promtool:
	@$(run) promtool 'of Prometheus' scripts/promtool

configure: $(if $(filter ovn,$(PART)),switch) assemble
	@scripts/configure $(configure)

demo: all
	+@$(run) test-tools 'an echo server and client' $(tree_make) tests/ovstest
	@OVS_BUILD=$(tree) tutorial/consistent-dp-hash/demo $(DEMO_FLAGS)

check: all $(if $(filter build/ovs%,$(tree)),promtool)
	@scripts/check

check-ovn:
	+@$(MAKE) --no-print-directory PART=ovn check

check-upstream: all promtool
	@scripts/check-upstream

check-kernel: ovn
	@scripts/packages $(packages) $(kernel_packages)
	@ALL='$(ALL)' scripts/check-kernel

check-portable: all
	@scripts/packages $(packages) $(portable_packages)
	@scripts/check-portable

check-sanitize: $(if $(filter ovn,$(PART)),switch,promtool) assemble
	@scripts/packages $(packages) $(packages_$(PART)) $(sanitize_packages)
	@scripts/check-sanitize$(addprefix -,$(filter ovn,$(PART)))

fuzz: assemble
	@scripts/packages $(packages) $(sanitize_packages)
	@scripts/fuzz '$(or $(TIME),60)' '$(TARGET)'

mutants: all
	@scripts/mutants $(MUTANT)

demo-ovn: ovn
	+@$(run) test-tools 'an echo server and client' $(tree_make) tests/ovstest
	@ovn/demo/demo $(DEMO_FLAGS)

recipes: all
	+@$(run) test-tools 'an echo server and client' $(tree_make) tests/ovstest
	@OVS_BUILD=$(tree) tutorial/recipes

churn: all
	+@$(run) test-tools 'an echo server and client' $(tree_make) tests/ovstest
	@OVS_BUILD='$(or $(OVS_BUILD),$(tree))' tests/consistent-churn/churn \
		--time=$(or $(TIME),60) $(if $(SEED),--seed=$(SEED)) \
		--save=build/log/churn
	@OVS_BUILD='$(or $(OVS_BUILD),$(tree))' \
		tests/consistent-packets/packets \
		--time=$(or $(TIME),60) $(if $(SEED),--seed=$(SEED))

churn-ovn: ovn
	+@$(run) test-tools 'an echo server and client' $(tree_make) tests/ovstest
	@ovn/churn/churn --time=$(or $(TIME),60) $(if $(SEED),--seed=$(SEED)) \
		--save=build/log/churn-ovn $(CHURN_FLAGS)

bench-balance: all
	@scripts/packages $(packages) gnuplot-nox
	@bench/balance

bench-change: all
	@scripts/packages $(packages) valgrind
	@bench/change $(BENCH_FLAGS)

bench-flows: all
	@bench/flows

bench-hash: all
	@bench/build hash
	@build/bench/hash $(BENCH_FLAGS)

bench-jet: all
	@bench/jet $(BENCH_FLAGS)

bench-ovn: ovn
	@scripts/packages $(packages) valgrind
	+@PART=ovn scripts/build-base
	@bench/ovn $(BENCH_FLAGS)

bench-ovn-gateways: ovn
	@scripts/packages $(packages) valgrind
	+@$(run) test-tools 'an echo server and client' $(tree_make) tests/ovstest
	@bench/ovn-gateways $(BENCH_FLAGS)

bench-peers: all
	@scripts/packages $(packages) $(kernel_packages) gnuplot-nox ipvsadm \
		valgrind
	+@$(run) test-tools 'an echo server and client' $(tree_make) tests/ovstest
	@bench/peers $(if $(TABLE),--table='$(TABLE)') $(if $(ROW),--row='$(ROW)') \
		$(BENCH_FLAGS)

bench-scale: all
	@bench/scale $(BENCH_FLAGS)

pictures:
	@pictures/draw

series: assemble
	@scripts/series build/series $(GROUP)

refresh:
	@scripts/refresh $(PATCH)

rebase:
	@scripts/workdir
	@scripts/packages $(packages)
	@scripts/rebase $(PATCH)

deb:
	@scripts/workdir
	@scripts/packages $(packages) $(deb_packages)
	@scripts/deb

check-deb: deb
	@scripts/packages $(packages) $(deb_packages) lintian
	@scripts/check-deb

install: all
	+@$(run) install 'to $(DESTDIR)$(prefix)' \
		$(tree_make) install DESTDIR='$(DESTDIR)'

sandbox: all
	+@$(MAKE) -C $(tree) sandbox

clean:
	@test ! -e $(tree)/Makefile || \
		$(run) clean 'what was compiled' $(MAKE) -C $(tree) clean

clean-lab:
	@tutorial/lab/clean

distclean:
	@scripts/workdir --remove
