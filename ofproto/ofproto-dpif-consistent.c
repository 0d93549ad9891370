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

#include <config.h>
#include "ofproto-dpif-consistent.h"
#include "ofp-consistent.h"
#include "ofproto-dpif.h"
#include "openvswitch/list.h"
#include "openvswitch/vlog.h"
#include "slot-table.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ofproto_dpif_consistent);

/* Sets 'group''s selection method, datapath hash and slot table from its
 * properties and buckets.  'group' must be a select group with the method
 * "consistent-dp-hash" and no slot table, and it must not be visible to other
 * threads yet.  It owns the table; the table's buckets point to its own. */
void
group_dpif_set_up_slots(struct group_dpif *group)
{
    struct ofp_consistent_options options;

    /* Groups with other properties have been refused. */
    char *error = ofp_consistent_decode(
        group->up.props.selection_method_param, &options);
    ovs_assert(!error);

    group->selection_method = SEL_METHOD_CONSISTENT_DP_HASH;
    group->hash_alg = (options.hash == OFP_CONSISTENT_HASH_L4
                       ? OVS_HASH_ALG_L4
                       : OVS_HASH_ALG_SYM_L4);
    group->hash_basis = options.basis;

    const struct ofproto_dpif *ofproto
        = CONTAINER_OF(group->up.ofproto, struct ofproto_dpif, up);
    if (group->hash_alg > ofproto->backer->rt_support.max_hash_alg) {
        VLOG_WARN_ONCE("%s: the datapath has no symmetric hash.  Groups with "
                       "selection method "OFP_CONSISTENT_DP_HASH_TEXT" use "
                       "its 5-tuple hash, which can change during a "
                       "connection.", group->up.ofproto->name);
    }

    size_t n = ovs_list_size(&group->up.buckets);
    struct slot_bucket *buckets = xcalloc(n, sizeof *buckets);
    struct ofputil_bucket *bucket;
    size_t i = 0;

    LIST_FOR_EACH (bucket, list_node, &group->up.buckets) {
        buckets[i].id = bucket->bucket_id;
        buckets[i].weight = bucket->weight;
        buckets[i].aux = bucket;
        i++;
    }
    group->slot_table = slot_table_create(options.basis, options.slot_bits,
                                          buckets, n);
    free(buckets);
}
