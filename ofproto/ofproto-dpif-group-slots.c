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

/* The table of a group is not made with the group, but by
 * group_slots_prepare() when lookups are about to find it: a bundle may modify
 * a group a thousand times, and only the last version needs a table.  Until
 * then, a group points to the one that it has replaced, and so on, down to one
 * with a table, which the new table is made from:
 *
 *     version 3 ---------> version 2 ---------> version 1
 *     no table yet         never found          has a table
 *
 * What a group asks for is in its properties.  They have been checked when the
 * group came, by ofp-group-slots.h. */

#include <config.h>
#include "ofproto-dpif-group-slots.h"
#include "ofp-group-slots.h"
#include "odp-util.h"
#include "ofproto-dpif.h"
#include "ofproto-dpif-portable-ports.h"
#include "openvswitch/list.h"
#include "openvswitch/vlog.h"
#include "portable-hash.h"
#include "slot-table.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ofproto_dpif_group_slots);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

/* Returns true, and logs it, if 'group' has one of these methods and more
 * buckets than a slot table can hold. */
bool
group_slots_too_many_buckets(const struct group_dpif *group)
{
    const char *selection_method = group->up.props.selection_method;

    if (!ofp_group_slots_is_method(selection_method)
        || group->up.n_buckets <= SLOT_TABLE_MAX_BUCKETS) {
        return false;
    }
    VLOG_WARN_RL(&rl, "%s: group %"PRIu32" would have %"PRIu32" buckets, but "
                 "selection method %s takes no more than %d",
                 group->up.ofproto->name, group->up.group_id,
                 group->up.n_buckets, ofp_group_slots_name(selection_method),
                 SLOT_TABLE_MAX_BUCKETS);
    return true;
}

static const struct dpif_backer *
get_backer(const struct group_dpif *group)
{
    return CONTAINER_OF(group->up.ofproto, struct ofproto_dpif, up)->backer;
}

/* Returns the hash that 'group', which must have selection method
 * "consistent-dp-hash", uses for packets that arrived at 'odp_port', or at no
 * port if that is ODPP_NONE: the one that it asks for, or the next best that
 * there is.  May be called from any thread. */
uint32_t
group_slots_hash_alg(const struct group_dpif *group, odp_port_t odp_port)
{
    const struct dpif_backer *backer = get_backer(group);

    if (group->hash_alg == OVS_HASH_ALG_PORTABLE
        && !(backer->rt_support.portable_hash
             && portable_ports_have(backer->portable_ports, odp_port))) {
        return (backer->rt_support.max_hash_alg < OVS_HASH_ALG_SYM_L4
                ? OVS_HASH_ALG_L4
                : OVS_HASH_ALG_SYM_L4);
    }
    return group->hash_alg;
}

/* Returns the slot table of 'group', made from 'old', which may be null. */
static struct slot_table *
create_table(const struct group_dpif *group, const struct slot_table *old)
{
    struct ofp_group_slots options = ofp_group_slots_get(&group->up.props);
    struct slot_table_params params = {
        .basis = options.basis,
        .n_bits = options.slot_bits,
        .load_bound = options.load_bound,
    };
    size_t n = ovs_list_size(&group->up.buckets);
    struct slot_bucket *buckets = xcalloc(n, sizeof *buckets);
    struct slot_bucket *next = buckets;
    struct ofputil_bucket *bucket;

    LIST_FOR_EACH (bucket, list_node, &group->up.buckets) {
        *next++ = (struct slot_bucket) {
            .id = bucket->bucket_id,
            .weight = bucket->weight,
            .aux = bucket,
        };
    }

    struct slot_table *table = slot_table_create(&params, buckets, n, old);
    free(buckets);
    return table;
}

/* Sets 'group''s selection method and hash from its properties, and gives it
 * slots without a table, which it owns: group_slots_prepare() makes the
 * table.  'group' must be a select group with one of these methods and no
 * slots.  'old' is the group that 'group' replaces, or null: it must stay
 * until group_slots_prepare() or group_slots_destroy().
 *
 * Takes constant time.  For the main thread. */
void
group_slots_set_up(struct group_dpif *group, const struct group_dpif *old)
{
    struct ofp_group_slots options = ofp_group_slots_get(&group->up.props);

    group->slots = xzalloc(sizeof *group->slots);
    group->slots->replaced = old && old->slots ? old : NULL;
    group->hash_basis = options.basis;
    if (ofp_group_slots_takes_fields(group->up.props.selection_method)) {
        group->selection_method = SEL_METHOD_CONSISTENT_HASH;
        group->slots->symmetric
            = options.hash == OFP_GROUP_SLOTS_HASH_SYMMETRIC;
    } else {
        group->selection_method = SEL_METHOD_CONSISTENT_DP_HASH;
        group->hash_alg = (options.hash == OFP_GROUP_SLOTS_HASH_L4
                           ? OVS_HASH_ALG_L4
                           : OVS_HASH_ALG_PORTABLE);
    }
}

/* Sees to it that packets have the hash that 'group' asks for, as far as they
 * can, and logs if they cannot. */
static void
want_hash(const struct group_dpif *group)
{
    if (group->selection_method != SEL_METHOD_CONSISTENT_DP_HASH
        || group->hash_alg != OVS_HASH_ALG_PORTABLE) {
        return;
    }
    portable_ports_want(get_backer(group)->portable_ports);

    uint32_t hash_alg = group_slots_hash_alg(group, ODPP_NONE);

    if (hash_alg == OVS_HASH_ALG_SYM_L4) {
        VLOG_INFO_ONCE("%s: no portable hash for groups with selection method "
                       OFP_CONSISTENT_DP_HASH_TEXT", so that other switches "
                       "choose other buckets: %s", group->up.ofproto->name,
                       portable_ports_reason(get_backer(group)
                                             ->portable_ports));
    } else if (hash_alg == OVS_HASH_ALG_L4) {
        VLOG_WARN_ONCE("%s: the datapath has no symmetric hash.  Groups with "
                       "selection method "OFP_CONSISTENT_DP_HASH_TEXT" use "
                       "its 5-tuple hash, which can change during a "
                       "connection.",
                       group->up.ofproto->name);
    }
}

/* Makes the slot table of 'group', if it needs one and has none.  Must be
 * called before 'group' becomes visible to other threads.
 *
 * Only what differs from the last table of the groups that 'group' has
 * replaced is computed, see slot-table.h for the cost.  A table that just a
 * packet-out has used, because 'group' replaces its group in the same version,
 * is not kept.  For the main thread. */
void
group_slots_prepare(struct group_dpif *group)
{
    struct group_slots *slots = group->slots;

    if (!slots || slots->table) {
        return;
    }

    want_hash(group);

    const struct group_dpif *old = slots->replaced;

    while (old && !old->slots->table) {
        old = old->slots->replaced;
    }
    slots->table = create_table(group, old ? old->slots->table : NULL);

    /* Was 'old' replaced in the version that it came with? */
    if (old && !versions_visible_in_version(&old->up.versions,
                                            old->up.versions.add_version)) {
        slot_table_destroy(old->slots->table);
        old->slots->table = NULL;
    }
    slots->replaced = NULL;
}

/* Returns the number of buckets of 'group' that have weight 0, and stores the
 * id of the last one in '*last', or 0 if there is none. */
static uint32_t
count_weightless(const struct group_dpif *group, uint32_t *last)
{
    const struct ofputil_bucket *bucket;
    uint32_t n = 0;

    *last = 0;
    LIST_FOR_EACH (bucket, list_node, &group->up.buckets) {
        if (!bucket->weight) {
            *last = bucket->bucket_id;
            n++;
        }
    }
    return n;
}

/* Logs if no bucket of 'new' has a weight, unless that was so before, or if
 * more buckets than before have none.  Packets are about to meet 'new' where
 * they met 'old'.  Either may be null or have no slots.
 *
 * Takes time in proportion to the number of buckets.  For the main thread. */
void
group_slots_log_weights(const struct group_dpif *old,
                        const struct group_dpif *new)
{
    uint32_t last, last_old;
    uint32_t n = new && new->slots ? count_weightless(new, &last) : 0;
    uint32_t n_old = n && old ? count_weightless(old, &last_old) : 0;

    if (n && n == new->up.n_buckets
        && !(n_old && n_old == old->up.n_buckets)) {
        VLOG_WARN_RL(&rl, "%s: group %"PRIu32" drops all packets: all its "
                     "buckets have weight 0", new->up.ofproto->name,
                     new->up.group_id);
    } else if (old && n > n_old) {
        VLOG_INFO_RL(&rl, "%s: group %"PRIu32": weight 0 removes %"PRIu32" of "
                     "%"PRIu32" buckets, for example bucket %"PRIu32"; "
                     "insert-buckets needs a weight",
                     new->up.ofproto->name, new->up.group_id,
                     n, new->up.n_buckets, last);
    }
}

/* Frees 'slots', which may be null. */
void
group_slots_destroy(struct group_slots *slots)
{
    if (slots) {
        slot_table_destroy(slots->table);
        free(slots);
    }
}
