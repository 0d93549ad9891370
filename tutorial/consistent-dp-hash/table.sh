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

# The demo's table.  Until it is printed a row is a line in $LAB_DIR/rows, with
# tabs between the columns that table_header names for --csv.

table_header() {
    if test $csv = yes; then
        printf '%s,%s\n' method,step,open,broken,ideal,collateral \
            fullest,share,ratio,flows,upcalls
    else
        traffic_explain
        echo
        printf '%-19s %s\n' \
            '' '---- connections -----  fullest backend client upcalls' \
            'change of the group' \
            'broken ideal collateral  has share ratio  flows  so far'
    fi
}

# table_method METHOD: says that its rows follow.
table_method() {
    test $csv = yes || echo "$1"
}

# Prints rows.
table_print() {
    awk -F '\t' -v OFS='\t' -v csv=$csv '{
        if (csv == "yes") {
            sub(/.*,.*/, "\"&\"", $1)
            gsub(/\t/, ",")
            print
        } else {
            printf " %-18s %6d %5d %10d %4d %5.1f %5.2f %6d %7d\n",
                   $2, $4, $5, $6, $7, $8, $9, $10, $11
        }
    }'
}

# table_row METHOD STEP TOTAL_WEIGHT CHANGED IDEAL FLOWS UPCALLS: adds a row.
#
# $LAB_DIR/moves has lines of old backend, new backend, how connections broke
# and their number, $LAB_DIR/owners of backend and number of open connections.
table_row() {
    awk -v OFS='\t' -v method="$1" -v step="$2" -v total_weight="$3" \
        -v changed="$4" -v ideal="$5" -v flows="$6" -v upcalls="$7" '
        FILENAME ~ /moves$/ {
            broken += $4
            if ($1 == changed) {
                left += $4
            } else if ($2 != changed && $1 != $2) {
                collateral += $4
            }
        }

        FILENAME ~ /owners$/ {
            owned[$1] = $2
            open += $2
        }

        END {
            for (b in owned) {
                weight = total_weight == 1100 && b == changed ? 200 : 100
                share = open * weight / total_weight
                if (owned[b] / share > ratio) {
                    ratio = owned[b] / share
                    fullest = owned[b]
                    fullest_share = share
                }
            }
            print method, step, open, broken + 0,
                  ideal == "left" ? left + 0 : ideal, collateral + 0,
                  fullest, fullest_share, ratio, flows, upcalls
        }' "$LAB_DIR/moves" "$LAB_DIR/owners" | tee -a "$LAB_DIR/rows" |
        table_print
}

# Says in words what the table shows of each method.
table_summary() {
    cat <<'END'

broken: connections whose packets reach another backend than before, or none.
ideal: as many as the change has to move to or away from the changed backend.
collateral: those that moved between two backends which were not changed.
has, share, ratio: the connections of the backend with the most for its weight.

END
    awk -F '\t' '
        !($1 in worst) { methods[n++] = $1 }
        $9 > worst[$1] { worst[$1] = $9 }
        { collateral[$1] += $6; upcalls[$1] = $11 }
        END {
            for (i = 0; i < n; i++) {
                m = methods[i]
                printf "%s: %d connections broken as collateral, a backend " \
                       "with up to %.2f times its share, %d upcalls\n",
                       m, collateral[m], worst[m], upcalls[m]
            }
        }' "$LAB_DIR/rows"
}

# Fails, with a message, if consistent-dp-hash did not keep its promise or was
# not put to the test.  (With a load bound it does not promise this.)
table_check() {
    awk -F '\t' -v connections="$connections" '
        function fail(message) {
            print "FAILED: " $1 ", " $2 ": " message
            failed = 1
        }

        $3 != connections {
            fail("just " $3 " connections were open")
        }
        $1 !~ /^consistent-dp-hash/ || $1 ~ /load_bound/ {
            next
        }
        $6 > 0 {
            fail($6 " connections moved off a backend that was not changed")
        }
        $2 ~ /^remove/ && $5 == 0 {
            fail("the backend had no connections, so nothing was shown")
        }
        END { exit failed }' "$LAB_DIR/rows" >&2
}
