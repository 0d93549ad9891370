# Shell functions that run tests and count results, for the check scripts.
# build/results gets a line "passed|failed|skipped TEST" for each case that ran,
# one "unsteady TEST" more for a case that passed only when it was run again, and
# one "part NAME SECONDS COUNT" for each call of the functions.  They need lib.sh.

# With these begin the NAMEs of what tests another part than ovs, or another version
# of the base, and the names of its cases of test suites.
test $part = ovs && of= || of=$part-
of=$of${BASE:+$BASE-} of_case=${BASE:+$BASE: }

# Usage: part NAME TITLE COMMAND...
#
# Runs scripts/run, and sets 'seconds' to the time that it takes.
part () {
    start=$(date +%s)
    scripts/run "$@"
    status=$?
    seconds=$(($(date +%s) - start))
    return $status
}

# Usage: one NAME TITLE COMMAND...
#
# Runs a test that is one command.
one () {
    test_name=$of$1
    shift
    if part "$test_name" "$@"; then
        result=passed
    else
        result=failed
    fi
    {
        echo "$result $test_name"
        echo "part $test_name $seconds 1 $result"
    } >> build/results
}

# Usage: networks TEST
#
# Counts TEST as skipped, and fails, if it may make no network namespaces.
networks () {
    scripts/own-network true || {
        echo "skipped $1: no right to make namespaces" | tee -a build/results
        return 1
    }
}

# Usage: suite NAME TITLE TREE TARGET [OPTION...]
#
# Runs upstream's "make TARGET" in TREE, a test suite of autotest, with the
# OPTIONs, and what failed once more: some of upstream's cases fail on a busy
# machine.  A suite of which no case ran counts as one case that failed, or one
# that was skipped if it needs network namespaces and may not make any.
suite () {
    name=$of$1 title=$2
    shift 2
    case $2 in
        check-system-*) networks "$title" || return ;;
    esac
    part "$name" "$title" scripts/suite "$@"
    suite_results "$name" "build/log/$name.log" "$of_case"
    echo "part $name $seconds $(count "build/log/$name.results")" \
        >> build/results
}

# Usage: suite_results NAME LOG [PREFIX]
#
# Counts the results in LOG, what a test suite of autotest printed.  The names of
# its cases begin with PREFIX.
suite_results () {
    # The last result of each case counts.
    sed -n 's/^ *\([0-9]*\): \(.*[^ ]\)  *\(ok\|skipped\|FAILED\)\( .*\)\?$/\1 \3 \2/p' \
        "$2" | awk -v prefix="$3" '
        {
            number = $1
            unsteady[number] = result[number] == "FAILED" && $2 == "ok"
            result[number] = $2
            sub(/^[0-9]* [A-Za-z]* /, "")
            title[number] = $0
        }
        END {
            word["ok"] = "passed"
            word["skipped"] = "skipped"
            word["FAILED"] = "failed"
            for (number in result) {
                print word[result[number]], prefix title[number]
                if (unsteady[number]) {
                    print "unsteady", prefix title[number]
                }
                n++
            }
            if (!n) {
                print "failed", prefix "no case ran"
            }
        }' > "build/log/$1.results"
    cat "build/log/$1.results" >> build/results
    printf '  %-10s %s\n' "$1" "$(count "build/log/$1.results")"
}

# Usage: count FILE
count () {
    echo "$(grep -c ^passed "$1") passed, $(grep -c ^failed "$1") failed," \
        "$(grep -c ^skipped "$1") skipped"
}

# Usage: summary [FILE]
#
# Prints how long each part took and names what did not just pass, prints the
# line that counts all, and fails if a test failed.  FILE has the results, if
# build/results has not.
summary () {
    results=${1:-build/results}
    sed -n 's/^part //p' "$results" | while read -r part seconds counts; do
        printf '  %-16s %5d s  %s\n' "$part" "$seconds" "$counts"
    done
    sed -n 's/^failed/FAILED:/p; s/^skipped/skipped:/p
            s/^unsteady/passed at the second try only:/p' "$results"
    count "$results"
    ! grep -q ^failed "$results"
}
