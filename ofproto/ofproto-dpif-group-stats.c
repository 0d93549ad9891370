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

/* Counters of a group have a reference for each version of the group, and
 * those of a bucket for each version of the bucket.  One mutex, the group's,
 * protects all of them, because versions that share buckets share the group's
 * counters, too. */

#include <config.h>
#include "ofproto-dpif-group-stats.h"
#include "dpif.h"
#include "openvswitch/ofp-group.h"
#include "ovs-thread.h"
#include "util.h"

/* What all versions of a group share. */
struct group_stats {
    struct ovs_mutex mutex;

    int n_refs OVS_GUARDED;         /* Versions of the group. */
    struct bucket_counter counter OVS_GUARDED;
};

/* What all versions of a bucket share: what the 'stats' of a bucket point to.
 * Protected by the mutex of the group. */
struct bucket_stats {
    struct bucket_counter counter;
    int n_refs;                     /* Versions of the bucket. */
};

static struct bucket_stats *
bucket_stats_cast(const struct ofputil_bucket *bucket)
{
    return CONTAINER_OF(bucket->stats, struct bucket_stats, counter);
}

static void
count(struct bucket_counter *counter, const struct dpif_flow_stats *stats)
{
    counter->packet_count += stats->n_packets;
    counter->byte_count += stats->n_bytes;
}

/* Returns statistics for a group with the given 'buckets', a list of struct
 * ofputil_buckets.  If 'old' is null, they are new, and 0.  Otherwise they are
 * those of the group that this one replaces.
 *
 * Buckets with nonnull 'stats' must be copies of that group's buckets, and
 * share their statistics.  The others get new ones, which are 0.
 *
 * The caller must release the statistics with group_stats_unref(). */
struct group_stats *
group_stats_create(struct group_stats *old, const struct ovs_list *buckets)
{
    struct group_stats *stats = old;
    struct ofputil_bucket *bucket;

    if (!stats) {
        stats = xzalloc(sizeof *stats);
        ovs_mutex_init_adaptive(&stats->mutex);
    }

    ovs_mutex_lock(&stats->mutex);
    stats->n_refs++;
    LIST_FOR_EACH (bucket, list_node, buckets) {
        if (!bucket->stats) {
            struct bucket_stats *bucket_stats = xzalloc(sizeof *bucket_stats);

            bucket->stats = &bucket_stats->counter;
        }
        bucket_stats_cast(bucket)->n_refs++;
    }
    ovs_mutex_unlock(&stats->mutex);
    return stats;
}

/* Releases the statistics of a version of a group, and of its 'buckets', and
 * frees those that no other version shares.  'stats' may be null. */
void
group_stats_unref(struct group_stats *stats, const struct ovs_list *buckets)
{
    struct ofputil_bucket *bucket;

    if (!stats) {
        return;
    }

    ovs_mutex_lock(&stats->mutex);
    LIST_FOR_EACH (bucket, list_node, buckets) {
        struct bucket_stats *bucket_stats = bucket_stats_cast(bucket);

        if (!--bucket_stats->n_refs) {
            free(bucket_stats);
        }
        bucket->stats = NULL;
    }
    int n_refs = --stats->n_refs;
    ovs_mutex_unlock(&stats->mutex);

    if (!n_refs) {
        ovs_mutex_destroy(&stats->mutex);
        free(stats);
    }
}

/* Adds 'flow_stats' to the counters of a group, and to those of 'bucket', or,
 * if that is null, to those of all of its 'buckets'. */
void
group_stats_credit(struct group_stats *stats, struct ofputil_bucket *bucket,
                   const struct ovs_list *buckets,
                   const struct dpif_flow_stats *flow_stats)
{
    ovs_mutex_lock(&stats->mutex);
    count(&stats->counter, flow_stats);
    if (bucket) {
        count(bucket->stats, flow_stats);
    } else {
        LIST_FOR_EACH (bucket, list_node, buckets) {
            count(bucket->stats, flow_stats);
        }
    }
    ovs_mutex_unlock(&stats->mutex);
}

/* Stores the counters of a group and its 'buckets' in '*ogs', whose
 * 'bucket_stats' must have room for all of them. */
void
group_stats_get(struct group_stats *stats, const struct ovs_list *buckets,
                struct ofputil_group_stats *ogs)
{
    struct bucket_counter *counter = ogs->bucket_stats;
    const struct ofputil_bucket *bucket;

    ovs_mutex_lock(&stats->mutex);
    ogs->packet_count = stats->counter.packet_count;
    ogs->byte_count = stats->counter.byte_count;
    LIST_FOR_EACH (bucket, list_node, buckets) {
        *counter++ = *bucket->stats;
    }
    ovs_mutex_unlock(&stats->mutex);
}
