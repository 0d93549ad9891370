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

/* Slots of a dead bucket belong to the best live one, slot by slot.  Instead
 * of asking for that slot by slot, which takes all buckets each time, a table
 * of the live buckets is made from the group's own. */

#include <config.h>
#include "ofproto-dpif-group-slots-shares.h"
#include <stdlib.h>
#include "ofproto-dpif.h"
#include "ofproto-dpif-group-slots.h"
#include "ofproto-dpif-group-slots-lookup.h"
#include "slot-table.h"
#include "util.h"

static int
compare_shares_by_id(const void *a_, const void *b_)
{
    uint32_t a = ((const struct group_slots_share *) a_)->bucket->bucket_id;
    uint32_t b = ((const struct group_slots_share *) b_)->bucket->bucket_id;

    return a < b ? -1 : a > b;
}

/* Returns a table of the live ones among the 'n' 'shares', the buckets of the
 * group that 'table' is of: it has the owners that slots of dead buckets get.
 * The 'aux' of its buckets are the shares. */
static struct slot_table *
create_live_table(const struct slot_table *table,
                  struct group_slots_share *shares, size_t n)
{
    struct slot_table_params params = table->params;
    struct slot_bucket *buckets = xcalloc(n, sizeof *buckets);

    for (size_t i = 0; i < n; i++) {
        buckets[i] = (struct slot_bucket) {
            .id = shares[i].bucket->bucket_id,
            .weight = shares[i].dead ? 0 : shares[i].bucket->weight,
            .aux = &shares[i],
        };
    }
    params.load_bound = 0;

    struct slot_table *live = slot_table_create(&params, buckets, n, table);
    free(buckets);
    return live;
}

/* Counts the slots of 'table' that the 'n' 'shares', its group's buckets by
 * increasing id, own and use. */
static void
count_slots(const struct slot_table *table, struct group_slots_share *shares,
            size_t n)
{
    const struct slot_winners *w = &table->winners;
    struct group_slots_share **members
        = xmalloc(w->n_members * sizeof *members);
    struct slot_table *live = NULL;
    size_t n_members = 0;

    /* The table has the buckets with a weight, in the same order. */
    for (size_t i = 0; i < n; i++) {
        if (shares[i].bucket->weight) {
            members[n_members++] = &shares[i];
        }
    }
    for (uint32_t slot = 0; slot < slot_table_n_owned(table); slot++) {
        struct group_slots_share *share = members[w->owners[slot]];

        share->n_owned++;
        if (share->dead) {
            if (!live) {
                live = create_live_table(table, shares, n);
            }
            share = slot_table_owner(live, slot);
        }
        if (share) {
            share->n_used++;
        }
    }
    slot_table_destroy(live);
    free(members);
}

/* Returns the shares of the buckets of 'group', which must have a slot table,
 * by increasing id, all 'group->up.n_buckets' of them.  The caller must free
 * them with group_slots_shares_free().
 *
 * Takes time in proportion to the slots and the buckets, and if there are dead
 * buckets with slots, to make a table without these. */
struct group_slots_share *
group_slots_shares_get(const struct group_dpif *group)
{
    size_t n = group->up.n_buckets;
    struct group_slots_share *shares = xcalloc(n, sizeof *shares);
    struct ofputil_group_stats stats = {
        .bucket_stats = xcalloc(n, sizeof *stats.bucket_stats),
    };
    const struct ofputil_bucket *bucket;
    uint64_t total = group->slots->table->winners.weight;
    size_t i = 0;

    group->up.ofproto->ofproto_class->group_get_stats(&group->up, &stats);
    LIST_FOR_EACH (bucket, list_node, &group->up.buckets) {
        shares[i] = (struct group_slots_share) {
            .bucket = bucket,
            .place = i,
            .ideal = total ? (double) bucket->weight / total : 0,
            .dead = group_slots_why_dead(group, bucket),
            .stats = stats.bucket_stats[i],
        };
        i++;
    }
    free(stats.bucket_stats);
    qsort(shares, n, sizeof *shares, compare_shares_by_id);
    count_slots(group->slots->table, shares, n);
    return shares;
}

/* Frees the 'n' 'shares'. */
void
group_slots_shares_free(struct group_slots_share *shares, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(shares[i].dead);
    }
    free(shares);
}
