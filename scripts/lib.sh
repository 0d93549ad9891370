# Shell functions that scripts share.  They run in the top folder.  build/ovs has
# these branches:
#   base       upstream's sources, unchanged
#   assembled  what scripts/assemble made last: base, and a commit a patch
#   series     what is checked out: the same until somebody commits there

name=${0##*/}
top=$PWD
git=build/ovs/.git

# What scripts/promtool puts there.
PATH=$PATH:$top/build/promtool

say () {
    printf '%s: %s\n' "$name" "$*"
}

die () {
    say "$@" >&2
    exit 1
}

# Commits that nobody signs: the exported series gets author and date from
# whoever exports it.
nobody () {
    GIT_AUTHOR_NAME=assemble GIT_AUTHOR_EMAIL= GIT_AUTHOR_DATE='@0 +0000' \
    GIT_COMMITTER_NAME=assemble GIT_COMMITTER_EMAIL= \
    GIT_COMMITTER_DATE='@0 +0000' "$@"
}

# git on the objects and branches of build/ovs, with an index of its own and
# this tree as the work tree: nothing in build/ovs changes but objects.
tree_git () {
    GIT_DIR=$top/$git GIT_WORK_TREE=$top GIT_INDEX_FILE=$top/build/index \
        git -c core.autocrlf=false -c core.bare=false "$@"
}

# patches/series has a line a patch in the order of the series, and under it,
# indented, the whole files that it adds.
patches () {
    grep '^[^ #]' patches/series
}

# Usage: whole_files [PATCH]
whole_files () {
    awk -v patch="$1" '
        /^[^ #]/ { current = $1 }
        /^ /     { if (patch == "" || patch == current) print $1 }
    ' patches/series
}

# The names of the fuzz targets that the series adds.
fuzz_targets () {
    whole_files | sed -n 's,^tests/oss-fuzz/\(.*\)_target\.c$,\1,p'
}

# Usage: fuzz_inputs TARGET
#
# Unpacks the inputs in fuzz/TARGET.tar.gz, and prints the folder that has them.
fuzz_inputs () {
    dir=build/fuzz/inputs/$1
    rm -rf "$dir" && mkdir -p "$dir" && tar -xzf "fuzz/$1.tar.gz" -C "$dir" &&
        echo "$dir"
}

# The pages that the series adds.
pages () {
    whole_files | grep '^Documentation/.*\.rst$'
}

message () {
    sed '/^---$/,$d' "patches/$1"
}

# Usage: commit_patch PARENT PATCH [COMMAND...]
#
# Prints the id of the commit that adds PATCH to PARENT, made by COMMAND (which
# sets author and committer) git commit-tree.
commit_patch () {
    parent=$1 patch=$2
    shift 2
    tree_git read-tree "$parent" || return
    tree_git apply --cached --allow-empty --whitespace=nowarn \
        "patches/$patch" >&2 || {
        say "patches/$patch does not apply to $(cat build/base.origin)" >&2
        return 1
    }
    whole_files "$patch" | tree_git update-index --add --stdin || return
    tree=$(tree_git write-tree) || return
    message "$patch" | "$@" tree_git commit-tree -p "$parent" "$tree"
}
