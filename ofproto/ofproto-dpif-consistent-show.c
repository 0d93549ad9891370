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
#include "ofproto-dpif-consistent-show.h"
#include <stdlib.h>
#include "nx-match.h"
#include "ofp-consistent.h"
#include "ofproto-dpif.h"
#include "ofproto-dpif-consistent.h"
#include "ofproto-dpif-xlate.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/ofp-port.h"
#include "slot-table.h"
#include "timeval.h"
#include "util.h"

/* What is known about a bucket. */
struct bucket_info {
    const struct ofputil_bucket *bucket;
    uint32_t n_slots;
    double share;               /* Of all slots, 0 to 1. */
    double ideal;               /* Its part of all weights, 0 to 1. */
    char *dead;                 /* Why it is not live, or null. */
    struct bucket_counter stats;
};

/* Returns a description of why 'bucket' of 'group' is not live, or NULL if it
 * is.  The caller must free the returned string.  For the main thread. */
char *
group_slots_why_dead(const struct group_dpif *group,
                     const struct ofputil_bucket *bucket)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (!bucket->weight) {
        return xstrdup("its weight is 0");
    }
    if (xlate_bucket_is_alive(group, bucket)) {
        return NULL;
    }

    if (bucket->watch_port == OFPP_CONTROLLER) {
        ds_put_cstr(&s, "no controller is connected");
    } else if (bucket->watch_port != OFPP_ANY) {
        ds_put_cstr(&s, "port ");
        ofputil_format_port(bucket->watch_port, NULL, &s);
        ds_put_cstr(&s, (ofproto_get_port(group->up.ofproto,
                                          bucket->watch_port)
                         ? " is down" : " does not exist"));
    }
    if (bucket->watch_group != OFPG_ANY) {
        ds_put_format(&s, "%sgroup %"PRIu32" has no live bucket",
                      s.length ? " and " : "", bucket->watch_group);
    }
    return ds_steal_cstr(&s);
}

static int
compare_infos_by_id(const void *a_, const void *b_)
{
    const struct bucket_info *a = a_;
    const struct bucket_info *b = b_;

    return (a->bucket->bucket_id < b->bucket->bucket_id
            ? -1 : a->bucket->bucket_id > b->bucket->bucket_id);
}

/* Returns what is known about the buckets of 'group', by increasing id, all
 * 'group->up.n_buckets' of them.  The caller must free it with
 * free_bucket_infos(). */
static struct bucket_info *
get_bucket_infos(const struct group_dpif *group)
{
    const struct slot_table *table = group->slots->table;
    size_t n = group->up.n_buckets;
    struct bucket_info *infos = xcalloc(n, sizeof *infos);
    struct ofputil_group_stats stats = {
        .bucket_stats = xcalloc(n, sizeof *stats.bucket_stats),
    };
    const struct ofputil_bucket *bucket;
    uint64_t total = 0;
    size_t i = 0;

    group->up.ofproto->ofproto_class->group_get_stats(&group->up, &stats);
    LIST_FOR_EACH (bucket, list_node, &group->up.buckets) {
        infos[i].bucket = bucket;
        infos[i].dead = group_slots_why_dead(group, bucket);
        infos[i].stats = stats.bucket_stats[i];
        total += bucket->weight;
        i++;
    }
    free(stats.bucket_stats);
    qsort(infos, n, sizeof *infos, compare_infos_by_id);

    /* The table has the buckets with a weight, in the same order. */
    uint32_t *owned = xcalloc(table->n_buckets, sizeof *owned);
    uint32_t n_slots = slot_table_n_slots(table);
    size_t member = 0;

    for (uint32_t slot = 0; table->n_buckets && slot < n_slots; slot++) {
        owned[table->owners[slot]]++;
    }
    for (i = 0; i < n; i++) {
        if (infos[i].bucket->weight) {
            infos[i].n_slots = owned[member++];
            infos[i].share = (double) infos[i].n_slots / n_slots;
            infos[i].ideal = (double) infos[i].bucket->weight / total;
        }
    }
    free(owned);
    return infos;
}

static void
free_bucket_infos(struct bucket_info *infos, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(infos[i].dead);
    }
    free(infos);
}

static const char *
hash_alg_to_string(enum ovs_hash_alg alg)
{
    return alg == OVS_HASH_ALG_L4 ? "5-tuple" : "symmetric";
}

/* Appends what 'group' hashes, and how, to 's'. */
static void
format_hash(const struct group_dpif *group, struct ds *s)
{
    if (group->selection_method == SEL_METHOD_CONSISTENT_HASH) {
        ds_put_cstr(s, "  fields:      ");
        oxm_format_field_array(s, &group->up.props.fields);
        ds_put_format(s, "\n  hash:        %s",
                      group->slots->symmetric ? "symmetric" : "as they are");
    } else {
        enum ovs_hash_alg alg = group_dpif_effective_hash_alg(group);

        ds_put_format(s, "  hash:        %s", hash_alg_to_string(alg));
        if (alg != group->hash_alg) {
            ds_put_format(s, " (not %s, which the datapath does not have)",
                          hash_alg_to_string(group->hash_alg));
        }
    }
    ds_put_format(s, "\n  basis:       %"PRIu32"\n", group->hash_basis);
}

/* Appends a description of 'group', which must have slots, to 's'.  For the
 * main thread. */
void
group_slots_format(const struct group_dpif *group, struct ds *s)
{
    const struct group_slots *slots = group->slots;
    const struct slot_table *table = slots->table;
    long long int age = time_msec() - group->up.modified;

    ds_put_format(s, "%s: group %"PRIu32": %s\n",
                  group->up.ofproto->name, group->up.group_id,
                  ofp_consistent_name(group->up.props.selection_method));
    ds_put_format(s, "  slots:       %"PRIu32"\n", slot_table_n_slots(table));
    ds_put_cstr(s, "  load bound:  ");
    if (table->params.load_bound) {
        ds_put_format(s, "%"PRIu8" %%\n", table->params.load_bound);
    } else {
        ds_put_cstr(s, "none\n");
    }
    format_hash(group, s);
    ds_put_format(s, "  last change: %lld.%03lld s ago, ",
                  age / 1000, age % 1000);
    if (slots->renewed) {
        ds_put_cstr(s, "all slots are new\n");
    } else {
        ds_put_format(s, "%s%"PRIu32" slots moved, %"PRIu32" of them "
                      "collateral\n", slots->rehashed ? "hash changed, " : "",
                      slots->diff.n_moved, slots->diff.n_collateral);
    }

    if (!group->up.n_buckets) {
        ds_put_cstr(s, "  no buckets: drops packets\n");
        return;
    }

    struct bucket_info *infos = get_bucket_infos(group);

    ds_put_format(s, "  %10s %6s %6s %7s %7s %6s %12s  %s\n", "bucket",
                  "weight", "slots", "share", "ideal", "ratio", "packets",
                  "state");
    for (size_t i = 0; i < group->up.n_buckets; i++) {
        const struct bucket_info *info = &infos[i];

        ds_put_format(s, "  %10"PRIu32" %6"PRIu16" %6"PRIu32" %6.2f%% %6.2f%%",
                      info->bucket->bucket_id, info->bucket->weight,
                      info->n_slots, 100 * info->share, 100 * info->ideal);
        if (info->ideal > 0) {
            ds_put_format(s, " %6.2f", info->share / info->ideal);
        } else {
            ds_put_format(s, " %6s", "-");
        }
        ds_put_format(s, " %12"PRIu64"  ", info->stats.packet_count);
        if (info->dead) {
            ds_put_format(s, "dead: %s\n", info->dead);
        } else {
            ds_put_cstr(s, "live\n");
        }
    }
    free_bucket_infos(infos, group->up.n_buckets);
}

/* Puts what 'group' hashes, and how, into 'json'. */
static void
put_hash(const struct group_dpif *group, struct json *json)
{
    if (group->selection_method == SEL_METHOD_CONSISTENT_HASH) {
        struct ds s = DS_EMPTY_INITIALIZER;

        oxm_format_field_array(&s, &group->up.props.fields);
        json_object_put_string(json, "fields", ds_cstr(&s));
        ds_destroy(&s);
        json_object_put(json, "symmetric",
                        json_boolean_create(group->slots->symmetric));
    } else {
        json_object_put_string(json, "hash", hash_alg_to_string(
                                   group_dpif_effective_hash_alg(group)));
        json_object_put_string(json, "requested_hash",
                               hash_alg_to_string(group->hash_alg));
    }
    json_object_put(json, "basis", json_integer_create(group->hash_basis));
}

static struct json *
bucket_to_json(const struct bucket_info *info)
{
    struct json *json = json_object_create();

    json_object_put(json, "bucket_id",
                    json_integer_create(info->bucket->bucket_id));
    json_object_put(json, "weight", json_integer_create(info->bucket->weight));
    json_object_put(json, "slots", json_integer_create(info->n_slots));
    json_object_put(json, "share", json_real_create(info->share));
    json_object_put(json, "ideal", json_real_create(info->ideal));
    json_object_put(json, "packets",
                    json_integer_create(info->stats.packet_count));
    json_object_put(json, "bytes",
                    json_integer_create(info->stats.byte_count));
    json_object_put(json, "live", json_boolean_create(!info->dead));
    if (info->dead) {
        json_object_put_string(json, "reason", info->dead);
    }
    return json;
}

/* Returns the same as JSON, which the caller owns. */
struct json *
group_slots_to_json(const struct group_dpif *group)
{
    const struct group_slots *slots = group->slots;
    const struct slot_table *table = slots->table;
    struct json *json = json_object_create();

    json_object_put(json, "group_id",
                    json_integer_create(group->up.group_id));
    json_object_put_string(
        json, "selection_method",
        ofp_consistent_name(group->up.props.selection_method));
    json_object_put(json, "slots",
                    json_integer_create(slot_table_n_slots(table)));
    json_object_put(json, "load_bound",
                    json_integer_create(table->params.load_bound));
    put_hash(group, json);

    struct json *change = json_object_create();
    json_object_put(change, "age_ms", json_integer_create(
                        time_msec() - group->up.modified));
    json_object_put(change, "renewed", json_boolean_create(slots->renewed));
    if (!slots->renewed) {
        json_object_put(change, "rehashed",
                        json_boolean_create(slots->rehashed));
        json_object_put(change, "moved",
                        json_integer_create(slots->diff.n_moved));
        json_object_put(change, "collateral",
                        json_integer_create(slots->diff.n_collateral));
    }
    json_object_put(json, "last_change", change);

    struct bucket_info *infos = get_bucket_infos(group);
    struct json *buckets = json_array_create_empty();
    for (size_t i = 0; i < group->up.n_buckets; i++) {
        json_array_add(buckets, bucket_to_json(&infos[i]));
    }
    free_bucket_infos(infos, group->up.n_buckets);
    json_object_put(json, "buckets", buckets);
    return json;
}
