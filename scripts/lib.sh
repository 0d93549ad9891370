# Shell functions and variables that scripts share.  They run in the top folder.

name=${0##*/}
top=$PWD

# What scripts/promtool puts there.
PATH=$PATH:$top/build/promtool

say () {
    printf '%s: %s\n' "$name" "$*"
}

die () {
    say "$@" >&2
    exit 1
}

# A part of this repository has whole files, and patches for the sources of one
# package, its base.  $PART is its name, by default ovs, which has the top folder.
# Another part has a folder of its name.  $BASE is the version of the base, if not
# the one that the part is made for.
#   home     the part's folder
#   patches  its patches, their order in "series", and its base in "base"
#   here     $patches, or for another version its folder in there, which has what
#            differs: of "base", and of a patch in a file of the same name
#   tree     the base with the part's patches, a git repository with the branches
#              base       upstream's sources, unchanged
#              assembled  what scripts/assemble made last: base, and a commit a
#                         patch
#              series     what is checked out: the same until somebody commits
#                         there
#   git      its .git, which also has what scripts remember of the tree
part=${PART:-ovs}
case $part in
    ovs) home=. patches=patches ;;
    *) home=$part patches=$part/patches ;;
esac
test -e $patches/base ||
    die "PART=$part is none of: ovs $(ls -d */patches | sed 's,/.*,,')"
here=$patches
. ./$patches/base
case $version in
    "$BASE"-*) BASE= ;;
esac
if test -n "$BASE"; then
    here=$patches/$BASE
    test -e "$here/base" || die "BASE=$BASE is none of:" \
        "${version%-*} $(cd $patches && ls -d */base 2> /dev/null | sed 's,/.*,,')"
    . "./$here/base"
fi
rebase="make rebase${PART:+ PART=$PART} BASE=$BASE"
tree=build/$part${BASE:+-$BASE}
git=$tree/.git

# Commits that nobody signs: the exported series gets author and date from
# whoever exports it.
nobody () {
    GIT_AUTHOR_NAME=assemble GIT_AUTHOR_EMAIL= GIT_AUTHOR_DATE='@0 +0000' \
    GIT_COMMITTER_NAME=assemble GIT_COMMITTER_EMAIL= \
    GIT_COMMITTER_DATE='@0 +0000' "$@"
}

# git on the objects and branches of the tree, with an index of its own and the
# part's folder as the work tree: nothing in the tree changes but objects.
tree_git () {
    GIT_DIR=$top/$git GIT_WORK_TREE=$top/$home \
        GIT_INDEX_FILE=$top/$git/assembling git -c core.autocrlf=false \
        -c core.bare=false "$@"
}

# "series" has lines "[GROUP]" or "[GROUP on OTHER...]", under them a line a patch
# in the order of the series, and under that, indented, the whole files that it
# adds.

# Usage: patches [GROUP]
patches () {
    awk -v wanted="$1" '
        /^\[/     { group = substr($1, 2); sub(/\]$/, "", group) }
        /^[^[ #]/ { if (wanted == "" || wanted == group) print $1 }
    ' $patches/series
}

groups () {
    sed -n 's/^\[\([^] ]*\).*/\1/p' $patches/series
}

# Usage: needed GROUP...
#
# Prints the GROUPs and all that they need, in the order of the series.
needed () {
    awk -v groups="$*" '
        BEGIN {
            n = split(groups, group)
            while (n) wanted[group[n--]]
        }
        /^\[/ {
            gsub(/[][]/, "")
            line[++n] = $0
        }
        END {
            for (i = n; i; i--) {
                n_words = split(line[i], word)
                if (!(word[1] in wanted)) {
                    line[i] = ""
                } else {
                    line[i] = word[1]
                    for (j = 3; j <= n_words; j++) wanted[word[j]]
                }
            }
            for (i = 1; i <= n; i++) if (line[i]) print line[i]
        }
    ' $patches/series
}

# Usage: whole_files [PATCH]
whole_files () {
    awk -v patch="$1" '
        /^[^[ #]/ { current = $1 }
        /^ /      { if (patch == "" || patch == current) print $1 }
    ' $patches/series
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

# Where the base comes from.
origin () {
    tree_git log -1 --format=%s base
}

# Usage: work_tree NAME [COMMIT]
#
# Makes a work tree of the part's repository beside it, $tree-NAME, with COMMIT, by
# default the base, checked out.  Does not prune: others are made at the same time.
work_tree () {
    rm -rf "$tree-$1" &&
        git -C $tree worktree add -qf --detach "../${tree#build/}-$1" "${2:-base}" &&
        cp -R $tree/debian "$tree-$1"
}

# Usage: sources_tree DIR
#
# Prints git's id of the tree that DIR has, unpacked from a package, of upstream's
# sources alone.
sources_tree () {
    rm -f "$git/assembling" "$git/info/exclude"
    GIT_DIR=$top/$git GIT_WORK_TREE=$1 GIT_INDEX_FILE=$top/$git/assembling \
        git -c core.autocrlf=false -c core.excludesFile="$top/scripts/not-source" \
        add -A . && tree_git write-tree
}

diff_tree () {
    git -C $tree -c core.fileMode=false diff --no-color --no-ext-diff \
        --no-renames "$@"
}

# Usage: hunks_id PATCH OTHER
#
# Prints what identifies the hunks of PATCH in the files that OTHER changes,
# wherever they are in these files.
hunks_id () {
    awk 'FNR == 1 { file = "" }
         /^diff --git / { file = $4 }
         NR == FNR { files[file]; next }
         file && file in files && !/^@@ /' "$2" "$1" | git hash-object --stdin
}

# Usage: apply_hunks FILE [OPTION...]
apply_hunks () {
    hunks=$1
    shift
    tree_git apply --cached --allow-empty --whitespace=nowarn "$@" \
        < "$hunks" >&2 || {
        say "$hunks does not apply to $(origin)" >&2
        return 1
    }
}

# Usage: apply_patch PATCH
#
# Applies PATCH to the index of tree_git, with the hunks for this base in the
# files where they differ.
apply_patch () {
    set -- "$patches/$1" "$here/$1"
    if test $here = $patches || ! test -e "$2"; then
        apply_hunks "$1"
    elif grep -qFx "Instead-of: $(hunks_id "$1" "$2")" "$2"; then
        apply_hunks "$1" $(sed -n 's,^+++ b/,--exclude=,p' "$2") &&
            apply_hunks "$2"
    else
        say "$2 was made from another $1: run $rebase" >&2
        return 1
    fi
}

message () {
    sed '/^---$/,$d' "$patches/$1" | trailers
}

# What "make series" adds to messages.
trailers () {
    cat
}

# Usage: commit_patch PARENT PATCH [COMMAND...]
#
# Prints the id of the commit that adds PATCH to PARENT, made by COMMAND (which
# sets author and committer) git commit-tree.
commit_patch () {
    parent=$1 patch=$2
    shift 2
    tree_git read-tree "$parent" && apply_patch "$patch" || return
    whole_files "$patch" | tree_git update-index --add --stdin || return
    committed=$(tree_git write-tree) || return
    message "$patch" | "$@" tree_git commit-tree -p "$parent" "$committed"
}
