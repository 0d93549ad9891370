/* Licensed under the Apache License, Version 2.0 (the "License");
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
#include "group-update.h"

#include <string.h>

#include "bitmap.h"
#include "hash.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-group.h"
#include "util.h"

/* Changes of a group that the switch has.
 *
 * The switch keeps what it knows about a bucket, its counters and whatever its
 * selection method remembers, as long as the bucket is neither removed nor
 * part of a modification of the whole group. */

struct bucket_node {
    struct hmap_node node;      /* By 'bucket->bucket_id'. */
    const struct ofputil_bucket *bucket;
    bool kept;
};

static struct bucket_node *
bucket_node_find(const struct hmap *buckets, uint32_t bucket_id)
{
    struct bucket_node *bn;

    HMAP_FOR_EACH_WITH_HASH (bn, node, hash_int(bucket_id, 0), buckets) {
        if (bn->bucket->bucket_id == bucket_id) {
            return bn;
        }
    }
    return NULL;
}

static bool
buckets_equal(const struct ofputil_bucket *a, const struct ofputil_bucket *b)
{
    return (a->weight == b->weight
            && a->watch_port == b->watch_port
            && a->watch_group == b->watch_group
            && ofpacts_equal(a->ofpacts, a->ofpacts_len,
                             b->ofpacts, b->ofpacts_len));
}

static bool
props_equal(const struct ofputil_group_props *a,
            const struct ofputil_group_props *b)
{
    return (!strcmp(a->selection_method, b->selection_method)
            && a->selection_method_param == b->selection_method_param
            && bitmap_equal(a->fields.used.bm, b->fields.used.bm, MFF_N_IDS)
            && a->fields.values_size == b->fields.values_size
            && (!a->fields.values_size
                || !memcmp(a->fields.values, b->fields.values,
                           a->fields.values_size)));
}

/* Returns a message about the group of 'new', without buckets. */
static struct ofputil_group_mod
group_mod(const struct ofputil_group_mod *new, uint16_t command,
          uint32_t command_bucket_id)
{
    return (struct ofputil_group_mod) {
        .command = command,
        .type = new->type,
        .group_id = new->group_id,
        .command_bucket_id = command_bucket_id,
    };
}

/* Calls 'send' with each message, and 'aux', that it takes to change group
 * 'old' into 'new': a removal for each bucket that is gone or differs, and
 * then an insertion of all that are new or differ.  If less than half of the
 * buckets would stay, or something else differs, that is 'new' itself.
 *
 * Both stay the caller's.  Takes buckets out of 'new'. */
void
group_update(const struct ofputil_group_mod *old,
             struct ofputil_group_mod *new, group_mod_func *send, void *aux)
{
    struct hmap buckets = HMAP_INITIALIZER(&buckets);
    struct ofputil_bucket *bucket;
    struct bucket_node *bn;
    size_t n_kept = 0;

    LIST_FOR_EACH (bucket, list_node, &old->buckets) {
        bn = xmalloc(sizeof *bn);
        *bn = (struct bucket_node) { .bucket = bucket };
        hmap_insert(&buckets, &bn->node, hash_int(bucket->bucket_id, 0));
    }
    LIST_FOR_EACH (bucket, list_node, &new->buckets) {
        bn = bucket_node_find(&buckets, bucket->bucket_id);
        if (bn && buckets_equal(bn->bucket, bucket)) {
            bn->kept = true;
            n_kept++;
        }
    }

    if (old->type != new->type || !props_equal(&old->props, &new->props)
        || 2 * n_kept < hmap_count(&buckets)) {
        send(new, aux);
    } else {
        HMAP_FOR_EACH (bn, node, &buckets) {
            if (!bn->kept) {
                struct ofputil_group_mod gm
                    = group_mod(new, OFPGC15_REMOVE_BUCKET,
                                bn->bucket->bucket_id);

                ovs_list_init(&gm.buckets);
                send(&gm, aux);
            }
        }

        struct ofputil_group_mod gm
            = group_mod(new, OFPGC15_INSERT_BUCKET, OFPG15_BUCKET_LAST);

        ovs_list_init(&gm.buckets);
        LIST_FOR_EACH_SAFE (bucket, list_node, &new->buckets) {
            bn = bucket_node_find(&buckets, bucket->bucket_id);
            if (!bn || !bn->kept) {
                ovs_list_remove(&bucket->list_node);
                ovs_list_push_back(&gm.buckets, &bucket->list_node);
            }
        }
        if (!ovs_list_is_empty(&gm.buckets)) {
            send(&gm, aux);
        }
        ofputil_uninit_group_mod(&gm);
    }

    HMAP_FOR_EACH_POP (bn, node, &buckets) {
        free(bn);
    }
    hmap_destroy(&buckets);
}
