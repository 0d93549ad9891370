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
#include "ofproto-dpif-consistent-unixctl.h"
#include <stdlib.h>
#include "ofp-consistent.h"
#include "ofproto-dpif.h"
#include "ofproto-dpif-consistent.h"
#include "ofproto-dpif-xlate.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/json.h"
#include "openvswitch/ofp-port.h"
#include "slot-table.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

/* Slots in a line of a map. */
#define MAP_COLUMNS 16

/* Finding groups. */

static int
compare_groups_by_id(const void *a_, const void *b_)
{
    const struct group_dpif *const *a = a_;
    const struct group_dpif *const *b = b_;

    return ((*a)->up.group_id < (*b)->up.group_id
            ? -1 : (*a)->up.group_id > (*b)->up.group_id);
}

/* Returns the groups of 'ofproto' that have slots, by increasing id, and
 * stores their number in '*n'.  The caller must free the returned array, and
 * may use the groups until it quiesces. */
static const struct group_dpif **
find_groups(const struct ofproto_dpif *ofproto, size_t *n)
{
    ovs_version_t version = ofproto_dpif_get_tables_version(
        CONST_CAST(struct ofproto_dpif *, ofproto));
    const struct group_dpif **groups = NULL;
    const struct ofgroup *ofgroup;
    size_t allocated = 0;

    *n = 0;
    CMAP_FOR_EACH (ofgroup, cmap_node, &ofproto->up.groups) {
        const struct group_dpif *group
            = CONTAINER_OF(ofgroup, struct group_dpif, up);

        if (group->slots
            && versions_visible_in_version(&ofgroup->versions, version)) {
            if (*n == allocated) {
                groups = x2nrealloc(groups, &allocated, sizeof *groups);
            }
            groups[(*n)++] = group;
        }
    }
    if (*n) {
        qsort(groups, *n, sizeof *groups, compare_groups_by_id);
    }
    return groups;
}

/* Finds the bridge with the given 'name', and in it the group with the given
 * 'id', which must have slots.  If there is none, replies with an error and
 * returns NULL. */
static const struct group_dpif *
find_group(struct unixctl_conn *conn, const char *name, const char *id)
{
    struct ofproto_dpif *ofproto = ofproto_dpif_lookup_by_name(name);
    const struct group_dpif *group = NULL;
    uint32_t group_id;
    char *error = NULL;

    if (!ofproto) {
        error = xasprintf("%s: no such bridge", name);
    } else if (!str_to_uint(id, 0, &group_id)) {
        error = xasprintf("%s: not a group id", id);
    } else {
        group = group_dpif_lookup(ofproto, group_id,
                                  ofproto_dpif_get_tables_version(ofproto),
                                  false);
        if (!group) {
            error = xasprintf("%s: no group %"PRIu32, name, group_id);
        } else if (!group->slots) {
            error = xasprintf("%s: group %"PRIu32" has no slot table, because "
                              "its selection method is not "
                              OFP_CONSISTENT_DP_HASH_TEXT, name, group_id);
            group = NULL;
        }
    }
    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
    }
    return group;
}

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
 * is.  The caller must free the returned string. */
static char *
why_dead(const struct group_dpif *group, const struct ofputil_bucket *bucket)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (!bucket->weight) {
        return xstrdup("its weight is 0");
    }
    if (xlate_bucket_is_alive(group, bucket)) {
        return NULL;
    }

    if (bucket->watch_port != OFPP_ANY) {
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

static const struct ofputil_bucket *
slot_owner(const struct group_slots *slots, uint32_t slot)
{
    return slot_table_owner(slots->table, slot);
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
        infos[i].dead = why_dead(group, bucket);
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

/* slot-table/show. */

static void
format_group(const struct group_dpif *group, struct ds *s)
{
    const struct group_slots *slots = group->slots;
    const struct slot_table *table = slots->table;
    enum ovs_hash_alg alg = group_dpif_effective_hash_alg(group);
    long long int age = time_msec() - group->up.modified;

    ds_put_format(s, "%s: group %"PRIu32": "OFP_CONSISTENT_DP_HASH_TEXT"\n",
                  group->up.ofproto->name, group->up.group_id);
    ds_put_format(s, "  slots:       %"PRIu32"\n", slot_table_n_slots(table));
    ds_put_cstr(s, "  load bound:  ");
    if (table->params.load_bound) {
        ds_put_format(s, "%"PRIu8" %%\n", table->params.load_bound);
    } else {
        ds_put_cstr(s, "none\n");
    }
    ds_put_format(s, "  hash:        %s", hash_alg_to_string(alg));
    if (alg != group->hash_alg) {
        ds_put_format(s, " (not %s, which the datapath does not have)",
                      hash_alg_to_string(group->hash_alg));
    }
    ds_put_format(s, "\n  basis:       %"PRIu32"\n", table->params.basis);
    ds_put_format(s, "  last change: %lld.%03lld s ago, ",
                  age / 1000, age % 1000);
    if (slots->renewed) {
        ds_put_cstr(s, "all slots are new\n");
    } else {
        ds_put_format(s, "%"PRIu32" slots moved, %"PRIu32" of them collateral"
                      "\n", slots->diff.n_moved, slots->diff.n_collateral);
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

static struct json *
group_to_json(const struct group_dpif *group)
{
    const struct group_slots *slots = group->slots;
    const struct slot_table *table = slots->table;
    struct json *json = json_object_create();

    json_object_put(json, "group_id",
                    json_integer_create(group->up.group_id));
    json_object_put_string(json, "selection_method",
                           OFP_CONSISTENT_DP_HASH_TEXT);
    json_object_put(json, "slots",
                    json_integer_create(slot_table_n_slots(table)));
    json_object_put(json, "load_bound",
                    json_integer_create(table->params.load_bound));
    json_object_put_string(json, "hash", hash_alg_to_string(
                               group_dpif_effective_hash_alg(group)));
    json_object_put_string(json, "requested_hash",
                           hash_alg_to_string(group->hash_alg));
    json_object_put(json, "basis", json_integer_create(table->params.basis));

    struct json *change = json_object_create();
    json_object_put(change, "age_ms", json_integer_create(
                        time_msec() - group->up.modified));
    json_object_put(change, "renewed", json_boolean_create(slots->renewed));
    if (!slots->renewed) {
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

/* Shows the 'n' 'groups' of 'ofproto': appends them to 's', or, if that is
 * null, puts them into 'json'. */
static void
show_groups(const struct ofproto_dpif *ofproto,
            const struct group_dpif *const *groups, size_t n,
            struct ds *s, struct json *json)
{
    if (s) {
        for (size_t i = 0; i < n; i++) {
            if (s->length) {
                ds_put_char(s, '\n');
            }
            format_group(groups[i], s);
        }
    } else {
        struct json *array = json_array_create_empty();

        for (size_t i = 0; i < n; i++) {
            json_array_add(array, group_to_json(groups[i]));
        }
        json_object_put(json, ofproto->up.name, array);
    }
}

static void
show_bridge(const struct ofproto_dpif *ofproto, struct ds *s,
            struct json *json)
{
    size_t n;
    const struct group_dpif **groups = find_groups(ofproto, &n);

    show_groups(ofproto, groups, n, s, json);
    free(groups);
}

/* "slot-table/show [BRIDGE [GROUP]]". */
static void
slot_table_show(struct unixctl_conn *conn, int argc, const char *argv[],
                void *ofprotos_)
{
    const struct hmap *ofprotos = ofprotos_;
    bool use_json = (unixctl_command_get_output_format(conn)
                     == UNIXCTL_OUTPUT_FMT_JSON);
    struct json *json = use_json ? json_object_create() : NULL;
    struct ds text = DS_EMPTY_INITIALIZER;
    struct ds *s = use_json ? NULL : &text;
    const struct ofproto_dpif *ofproto;

    if (argc > 2) {
        const struct group_dpif *group = find_group(conn, argv[1], argv[2]);

        if (!group) {
            goto out;
        }
        ofproto = ofproto_dpif_lookup_by_name(argv[1]);
        show_groups(ofproto, &group, 1, s, json);
    } else if (argc > 1) {
        ofproto = ofproto_dpif_lookup_by_name(argv[1]);
        if (!ofproto) {
            char *error = xasprintf("%s: no such bridge", argv[1]);

            unixctl_command_reply_error(conn, error);
            free(error);
            goto out;
        }
        show_bridge(ofproto, s, json);
    } else {
        HMAP_FOR_EACH (ofproto, all_ofproto_dpifs_by_name_node, ofprotos) {
            show_bridge(ofproto, s, json);
        }
    }

    if (use_json) {
        unixctl_command_reply_json(conn, json);
        json = NULL;
    } else {
        unixctl_command_reply(conn, ds_cstr(&text));
    }

out:
    json_destroy(json);
    ds_destroy(&text);
}

/* "slot-table/map BRIDGE GROUP". */
static void
slot_table_map(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[], void *aux OVS_UNUSED)
{
    const struct group_dpif *group = find_group(conn, argv[1], argv[2]);

    if (!group) {
        return;
    }

    const struct group_slots *slots = group->slots;
    uint32_t n_slots = (slots->table->n_buckets
                        ? slot_table_n_slots(slots->table) : 0);

    if (unixctl_command_get_output_format(conn) == UNIXCTL_OUTPUT_FMT_JSON) {
        struct json *owners = json_array_create_empty();

        for (uint32_t slot = 0; slot < n_slots; slot++) {
            json_array_add(owners, json_integer_create(
                               slot_owner(slots, slot)->bucket_id));
        }
        unixctl_command_reply_json(conn, owners);
        return;
    }

    struct ds s = DS_EMPTY_INITIALIZER;
    int width = 1;

    for (size_t i = 0; i < slots->table->n_buckets; i++) {
        int w = snprintf(NULL, 0, "%"PRIu32, slots->table->members[i].id);

        width = MAX(width, w);
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        if (!(slot % MAP_COLUMNS)) {
            ds_put_format(&s, "%s%5"PRIu32":", slot ? "\n" : "", slot);
        }
        ds_put_format(&s, " %*"PRIu32, width,
                      slot_owner(slots, slot)->bucket_id);
    }
    ds_put_cstr(&s, n_slots ? "\n" : "no buckets: drops packets\n");
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
}

static bool
is_live_cb(void *bucket, void *group)
{
    return xlate_bucket_is_alive(group, bucket);
}

/* "slot-table/lookup BRIDGE GROUP HASH". */
static void
slot_table_lookup(struct unixctl_conn *conn, int argc OVS_UNUSED,
                  const char *argv[], void *aux OVS_UNUSED)
{
    const struct group_dpif *group = find_group(conn, argv[1], argv[2]);
    uint32_t hash;

    if (!group) {
        return;
    }
    if (!str_to_uint(argv[3], 0, &hash)) {
        char *error = xasprintf("%s: not a hash, a number from 0 to "
                                "0xffffffff", argv[3]);
        unixctl_command_reply_error(conn, error);
        free(error);
        return;
    }

    const struct slot_table *table = group->slots->table;
    uint32_t slot = slot_table_slot(table, hash);
    const struct ofputil_bucket *owner = slot_table_owner(table, slot);
    char *dead = owner ? why_dead(group, owner) : NULL;
    const struct ofputil_bucket *used = owner;

    if (dead) {
        used = slot_table_best_live(table, slot, is_live_cb,
                                    CONST_CAST(struct group_dpif *, group));
    }

    if (unixctl_command_get_output_format(conn) == UNIXCTL_OUTPUT_FMT_JSON) {
        struct json *json = json_object_create();

        json_object_put(json, "slot", json_integer_create(slot));
        json_object_put(json, "owner", owner
                        ? json_integer_create(owner->bucket_id)
                        : json_null_create());
        json_object_put(json, "live", json_boolean_create(owner && !dead));
        if (dead) {
            json_object_put_string(json, "reason", dead);
        }
        json_object_put(json, "bucket", used
                        ? json_integer_create(used->bucket_id)
                        : json_null_create());
        unixctl_command_reply_json(conn, json);
    } else {
        struct ds s = DS_EMPTY_INITIALIZER;

        ds_put_format(&s, "slot %"PRIu32": ", slot);
        if (owner) {
            ds_put_format(&s, "bucket %"PRIu32, owner->bucket_id);
        } else {
            ds_put_cstr(&s, "no bucket: dropped");
        }
        if (dead) {
            ds_put_format(&s, ", which is dead (%s): ", dead);
            if (used) {
                ds_put_format(&s, "bucket %"PRIu32" instead",
                              used->bucket_id);
            } else {
                ds_put_cstr(&s, "dropped, as no bucket is live");
            }
        }
        ds_put_char(&s, '\n');
        unixctl_command_reply(conn, ds_cstr(&s));
        ds_destroy(&s);
    }
    free(dead);
}

/* Registers the commands.  'ofprotos' are all struct ofproto_dpifs, by their
 * 'all_ofproto_dpifs_by_name_node'; the commands use it in the main thread, as
 * long as the program runs. */
void
ofproto_dpif_consistent_unixctl_init(const struct hmap *ofprotos)
{
    unixctl_command_register("slot-table/show", "[bridge [group]]", 0, 2,
                             slot_table_show,
                             CONST_CAST(struct hmap *, ofprotos));
    unixctl_command_register("slot-table/map", "bridge group", 2, 2,
                             slot_table_map, NULL);
    unixctl_command_register("slot-table/lookup", "bridge group hash", 3, 3,
                             slot_table_lookup, NULL);
}
