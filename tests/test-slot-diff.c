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

/* Tests lib/slot-diff.c. */

#include <config.h>
#undef NDEBUG
#include "slot-diff.h"
#include <stdlib.h>
#include "bitmap.h"
#include "ovstest.h"
#include "slot-table.h"
#include "slot-test.h"

enum { MAX_BUCKETS = 64, N_BITS = 8 };

/* A bucket before and after a change, and how often is_live() was asked. */
struct change {
    uint16_t old_weight, new_weight; /* 0 if it is not there. */
    bool dead, redirected;
    int n_asked;
};

static struct slot_table *
create(struct change changes[], size_t n, bool old)
{
    struct slot_table_params params = {
        .n_bits = N_BITS, .load_bound = random_range(2) ? random_range(30) : 0,
    };
    struct slot_bucket buckets[MAX_BUCKETS];

    for (size_t i = 0; i < n; i++) {
        struct change *c = &changes[i];

        buckets[i] = (struct slot_bucket) {
            i, old ? c->old_weight : c->new_weight, c
        };
    }
    return slot_table_create(&params, buckets, n, NULL);
}

static bool
is_live(void *change_, void *aux OVS_UNUSED)
{
    struct change *change = change_;

    change->n_asked++;
    return !change->dead;
}

static bool
is_unchanged(const struct change *c)
{
    return c && c->old_weight && c->old_weight == c->new_weight;
}

/* What changes is counted as slot-diff.h says, whoever is live and whatever
 * does something else. */
static void
test_count(struct ovs_cmdl_context *ctx OVS_UNUSED)
{
    for (int i = 0; i < 5000; i++) {
        unsigned long redirected[BITMAP_N_LONGS(MAX_BUCKETS)];
        struct change changes[MAX_BUCKETS];
        struct slot_diff expected = { 0, 0, 0 };
        size_t n = random_range(MAX_BUCKETS + 1);
        int one_in = 2 + random_range(10);
        bool redirects = random_range(2), asks = random_range(2);
        uint32_t n_staying = 0;

        for (size_t j = 0; j < n; j++) {
            uint16_t old = random_range(one_in) ? slot_test_weight() : 0;
            uint16_t new = random_range(one_in) ? slot_test_weight() : 0;

            changes[j] = (struct change) {
                .old_weight = old,
                .new_weight = random_range(one_in) ? old : new,
                .dead = asks && !random_range(one_in),
                .redirected = redirects && !random_range(one_in),
            };
        }

        struct slot_table *old = create(changes, n, true);
        struct slot_table *new = create(changes, n, false);

        for (size_t j = 0; j < old->winners.n_members; j++) {
            bitmap_set(redirected, j,
                       changes[old->winners.members[j].id].redirected);
        }
        for (uint32_t slot = 0; slot < 1 << N_BITS; slot++) {
            struct change *from = slot_table_owner(old, slot);
            struct change *to = slot_table_owner(new, slot);
            bool stays = is_unchanged(from) && !from->dead;

            if (from != to) {
                expected.n_moved++;
                expected.n_collateral += stays && is_unchanged(to);
            } else if (from && from->redirected) {
                expected.n_redirected++;
                expected.n_collateral += stays;
            }
            n_staying += stays;
        }

        struct slot_diff diff = slot_diff(old, new,
                                          redirects ? redirected : NULL,
                                          asks ? is_live : NULL, NULL);
        ovs_assert(diff.n_moved == expected.n_moved);
        ovs_assert(diff.n_redirected == expected.n_redirected);
        ovs_assert(diff.n_collateral == expected.n_collateral);
        ovs_assert(!diff.n_collateral || redirects
                   || old->params.load_bound || new->params.load_bound);
        for (size_t j = 0; j < n; j++) {
            ovs_assert(changes[j].n_asked <= is_unchanged(&changes[j]));
        }
        ovs_assert(slot_diff_staying(old, new, is_live, NULL) == n_staying);
        slot_table_destroy(old);
        slot_table_destroy(new);
    }
}

static const struct ovs_cmdl_command commands[] = {
    { "count", NULL, 0, 0, test_count, OVS_RO },
    { NULL, NULL, 0, 0, NULL, OVS_RO },
};

static void
test_slot_diff_main(int argc, char *argv[])
{
    slot_test_run(argc, argv, commands);
}

OVSTEST_REGISTER("test-slot-diff", test_slot_diff_main);
