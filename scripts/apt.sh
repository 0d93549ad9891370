# Shell functions that fetch Debian packages which the machine's own release does
# not have.  They need no root and change nothing of the machine's apt: apt runs
# with a configuration of its own, which adds other suites to the Debian mirror
# that the machine uses, and checks the signatures as always.

# What it fetches: deb for binary packages, or deb-src for source packages.
apt_type=deb

# What to do where it fails.
again='Is there a network?  Run the same command again.'

# Usage: apt_start DIR MEGABYTES SUITE...
#
# Makes DIR apt's folder, and has it know the packages of the SUITEs.  Dies
# unless there is room for MEGABYTES in build/, since a full disk makes apt wait
# forever.
apt_start () {
    command -v apt-get > /dev/null || die "no apt here to fetch packages with.  $again"
    room=$(df -Pm build | awk 'NR == 2 { print $4 }')
    test "$room" -ge "$2" ||
        die "no space: build/ has $room MB, and this takes $2 MB"
    rm -rf "$1"
    mkdir -p "$1/lists/partial" "$1/archives/partial" || exit
    apt=$(cd "$1" && pwd -P)
    shift 2
    debian_sources "$@" > "$apt/sources.list"
    test -s "$apt/sources.list" ||
        die "no Debian mirror among the sources of apt.  $again"
    private_apt get update || die "apt-get update failed.  $again"
}

# Usage: private_apt COMMAND ARGUMENT...
private_apt () {
    command=$1
    shift
    "apt-$command" -q -o Dir::Etc::SourceList="$apt/sources.list" \
        -o Dir::Etc::SourceParts=/dev/null -o Dir::State::Lists="$apt/lists" \
        -o Dir::Cache="$apt" -o APT::Sandbox::User= \
        -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

# Usage: apt_download PACKAGE...
#
# Puts the packages into apt's folder.
apt_download () {
    case $apt_type in
        deb) how=download ;;
        deb-src) how='source --download-only' ;;
    esac
    (cd "$apt" && private_apt get $how "$@") ||
        die "could not fetch $*.  $again"
}

# Usage: debian_sources SUITE...
#
# Prints a source for each suite of each Debian mirror that the machine uses.
debian_sources () {
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    test ! -e $keyring || option="[signed-by=$keyring] "
    codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
    apt-get indextargets --format '$(COMPONENT) $(RELEASE) $(REPO_URI)' \
        'Identifier: Packages' |
    awk -v codename="$codename" -v type="$apt_type $option" -v suites="$*" '
        $1 == "main" && ($2 == codename || $3 ~ "/debian/?$") \
            && $2 !~ "-" && !seen[$3]++ {
            n = split(suites, suite)
            for (i = 1; i <= n; i++) {
                print type $3, suite[i], "main"
            }
        }'
}
