# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at:
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

# The demo's table: of what broke, and what each backend, the datapath and the
# switch have after each step.

# As text without the method, which has a line of its own, and the open ones.
demo_format=' %.0s%-18s%.0s %6s %5s %10s %4s %5s %5s %6s %7s'

demo_title() {
    if test "$table_format" = csv; then
        table_line '' method step open broken ideal collateral fullest share \
            ratio flows upcalls
        return
    fi
    traffic_explain
    echo
    printf '%-19s %s\n' \
        '' '---- connections -----  fullest backend client upcalls' \
        'change of the group' \
        'broken ideal collateral  has share ratio  flows  so far'
}

# demo_row METHOD STEP TOTAL_WEIGHT CHANGED IDEAL FLOWS UPCALLS: adds a row,
# after connections_feel.  It is a failure if consistent-dp-hash did not keep
# its promise, which it does not give with a load bound, or was not tried.
demo_row() {
    # What the fullest backend has for its weight.
    awk -v total="$3" -v changed="$4" '
        {
            owned[$1] = $3
            open += $3
        }
        END {
            for (b in owned) {
                weight = total == 1100 && b == changed ? 200 : 100
                share = open * weight / total
                if (owned[b] / share > ratio) {
                    ratio = owned[b] / share
                    fullest = owned[b] sprintf(" %.1f %.2f", share, ratio)
                }
            }
            print open + 0, fullest
        }' "$LAB_DIR/owners" >"$LAB_DIR/fullest"
    read -r open fullest <"$LAB_DIR/fullest"
    table_line "$demo_format" "$1" "$2" "$open" \
        $((connections_moved + connections_silent)) "$5" \
        "$connections_others" $fullest "$6" "$7"
    echo "$1 $connections_others ${fullest##* } $7" >>"$LAB_DIR/rows"

    test "$open" -eq "$connections" ||
        table_fail "$1, $2: just $open connections were open"
    case $1 in
        *load_bound*) return ;;
        consistent-dp-hash*) ;;
        *) return ;;
    esac
    test "$connections_others" -eq 0 || table_fail "$1, $2: \
$connections_others connections moved off a backend that was not changed"
    test "$4" = - || test "$5" -gt 0 || table_fail "$1, $2: \
the backend had no connections, so nothing was shown"
}

# Says in words what the table shows of each method.
demo_summary() {
    cat <<'END'

broken: connections whose packets reach another backend than before, or none.
ideal: as many as the change has to move to or away from the changed backend.
collateral: those that broke though neither backend was changed.
has, share, ratio: the connections of the backend with the most for its weight.

END
    awk '
        !($1 in worst) { methods[n++] = $1 }
        $3 > worst[$1] { worst[$1] = $3 }
        { collateral[$1] += $2; upcalls[$1] = $4 }
        END {
            for (i = 0; i < n; i++) {
                m = methods[i]
                printf "%s: %d connections broken as collateral, a backend " \
                       "with up to %.2f times its share, %d upcalls\n",
                       m, collateral[m], worst[m], upcalls[m]
            }
        }' "$LAB_DIR/rows"
}
