/*
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at:
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

/* Computes what tests/slot_table.py, a model of the slot table, computes, so
 * that they can be compared. */

#include <config.h>
#undef NDEBUG
#include "slot-table.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "ovstest.h"
#include "sha1.h"
#include "slot-bound.h"
#include "util.h"

/* Prints a checksum of the owners of all slots of 'table'. */
static void
print_checksum(const struct slot_table *table)
{
    uint32_t n = slot_table_n_owned(table);
    ovs_be32 *owners = xcalloc(n, sizeof *owners);
    uint8_t digest[SHA1_DIGEST_SIZE];

    for (uint32_t slot = 0; slot < n; slot++) {
        owners[slot] = htonl(slot_table_owner_id(table, slot));
    }
    sha1_bytes(owners, n * sizeof *owners, digest);
    printf(" %02x%02x%02x%02x", digest[0], digest[1], digest[2], digest[3]);
    free(owners);
}

/* Prints what 'line', "capacities", "owner", "owners" or "checksum" and a
 * group, asks for. */
static void
print_table(char *line)
{
    struct slot_table_params params;
    struct slot_bucket *buckets = NULL;
    size_t n_buckets = 0, allocated = 0;
    char *save_ptr = NULL;
    int n = 0;

    bool capacities = !strncmp(line, "capacities ", 11);
    bool one = !strncmp(line, "owner ", 6);
    bool checksum = !strncmp(line, "checksum ", 9);
    uint32_t first = 0;

    line += strcspn(line, " ");
    ovs_assert(ovs_scan(line, "%"SCNu32" %"SCNu8" %"SCNu8"%n",
                        &params.basis, &params.n_bits, &params.load_bound,
                        &n));
    line += n;
    if (one) {
        ovs_assert(ovs_scan(line, " %"SCNu32"%n", &first, &n));
        line += n;
    }
    for (char *s = strtok_r(line, " ", &save_ptr); s;
         s = strtok_r(NULL, " ", &save_ptr)) {
        struct slot_bucket b = { .aux = NULL };

        ovs_assert(ovs_scan(s, "%"SCNu32":%"SCNu16, &b.id, &b.weight));
        if (n_buckets == allocated) {
            buckets = x2nrealloc(buckets, &allocated, sizeof *buckets);
        }
        buckets[n_buckets++] = b;
    }

    struct slot_table *table = slot_table_create(&params, buckets, n_buckets,
                                                 NULL);
    const struct slot_winners *w = &table->winners;

    if (capacities) {
        uint32_t *values = xmalloc(w->n_members * sizeof *values);

        slot_bound_capacities(w->members, w->n_members,
                              params.n_bits, params.load_bound, values);
        for (size_t i = 0; i < w->n_members; i++) {
            printf(" %"PRIu32":%"PRIu32, w->members[i].id, values[i]);
        }
        free(values);
    } else if (checksum) {
        print_checksum(table);
    } else {
        uint32_t end = one ? first + 1 : slot_table_n_slots(table);

        for (uint32_t slot = first; slot < end; slot++) {
            if (w->n_members) {
                printf(" %"PRIu32, slot_table_owner_id(table, slot));
            } else {
                printf(" none");
            }
        }
    }
    slot_table_destroy(table);
    free(buckets);
}

/* Reads lines of these forms, without what follows a "=", and prints them with
 * a "=" and the values:
 *
 *     seed BASIS ID              the seed of a bucket
 *     places BASIS ID BITS       the places of all slots in a bucket's order
 *     draw BASIS ID BITS SLOT    a draw
 *     cost DRAW                  the cost of a draw
 *     threshold BASIS ID         the threshold for rounding capacities
 *     capacities BASIS BITS BOUND ID:WEIGHT...  the buckets' capacities
 *     owners BASIS BITS BOUND ID:WEIGHT...   the ids of the owners of all
 *                                            slots
 *     owner BASIS BITS BOUND SLOT ID:WEIGHT...  the id of one slot's owner
 *     checksum BASIS BITS BOUND ID:WEIGHT...  a checksum of the owners */
static void
test_slot_vectors_main(int argc OVS_UNUSED, char *argv[])
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    set_program_name(argv[0]);
    while (!ds_get_line(&ds, stdin)) {
        char *line = ds_cstr(&ds);
        uint32_t basis, id, slot;
        struct rendezvous_member member;
        unsigned int n_bits;
        uint64_t x;

        line[strcspn(line, "=")] = '\0';
        while (line[0] && line[strlen(line) - 1] == ' ') {
            line[strlen(line) - 1] = '\0';
        }
        printf("%s =", line);
        if (ovs_scan(line, "places %"SCNu32" %"SCNu32" %u",
                     &basis, &id, &n_bits)) {
            rendezvous_member_init(&member, basis, id, 1);
            for (slot = 0; slot < 1u << n_bits; slot++) {
                printf(" %"PRIu32, rendezvous_place(&member, n_bits, slot));
            }
        } else if (ovs_scan(line, "draw %"SCNu32" %"SCNu32" %u %"SCNu32,
                            &basis, &id, &n_bits, &slot)) {
            rendezvous_member_init(&member, basis, id, 1);
            x = rendezvous_draw(&member, n_bits, slot,
                                rendezvous_place(&member, n_bits, slot));
            printf(" %#018"PRIx64, x);
        } else if (ovs_scan(line, "seed %"SCNu32" %"SCNu32, &basis, &id)) {
            rendezvous_member_init(&member, basis, id, 1);
            printf(" %#018"PRIx64, member.seed);
        } else if (ovs_scan(line, "threshold %"SCNu32" %"SCNu32,
                            &basis, &id)) {
            rendezvous_member_init(&member, basis, id, 1);
            printf(" %"PRIu32, rendezvous_threshold(&member));
        } else if (ovs_scan(line, "cost %"SCNx64, &x)) {
            printf(" %"PRIu64, rendezvous_cost(x));
        } else {
            print_table(line);
        }
        putchar('\n');
    }
    ds_destroy(&ds);
}

OVSTEST_REGISTER("test-slot-vectors", test_slot_vectors_main);
