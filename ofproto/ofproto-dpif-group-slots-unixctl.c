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

/* Commands run in the main thread, which also changes groups, so a group that
 * has been found stays until the command has replied. */

#include <config.h>
#include "ofproto-dpif-group-slots-unixctl.h"
#include <stdlib.h>
#include <string.h>
#include "ofp-group-slots.h"
#include "ofproto-dpif.h"
#include "ofproto-dpif-group-slots.h"
#include "ofproto-dpif-group-slots-shares.h"
#include "ofproto-dpif-group-slots-show.h"
#include "ofproto-dpif-group-slots-try.h"
#include "ofproto-dpif-xlate.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/json.h"
#include "slot-table.h"
#include "unixctl.h"
#include "util.h"

/* Slots in a line of a map. */
#define MAP_COLUMNS 16

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
                              "its selection method is neither "
                              OFP_CONSISTENT_DP_HASH_TEXT" nor "
                              OFP_CONSISTENT_HASH, name, group_id);
            group = NULL;
        }
    }
    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
    }
    return group;
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
            group_slots_format(groups[i], s);
        }
    } else {
        struct json *array = json_array_create_empty();

        for (size_t i = 0; i < n; i++) {
            json_array_add(array, group_slots_to_json(groups[i]));
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

static const struct ofputil_bucket *
slot_owner(const struct group_slots *slots, uint32_t slot)
{
    return slot_table_owner(slots->table, slot);
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
    uint32_t n_slots = slot_table_n_owned(slots->table);

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

    for (size_t i = 0; i < slots->table->winners.n_members; i++) {
        int w = snprintf(NULL, 0, "%"PRIu32, slots->table->winners.members[i].id);

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

/* Parses 's', a hash, with a mask behind a slash or without, into '*slot', a
 * slot of 'table'.
 *
 * Returns NULL if successful, otherwise a malloc()'d string describing the
 * error.  The caller is responsible for freeing the returned string. */
static char * OVS_WARN_UNUSED_RESULT
parse_slot(const struct slot_table *table, const char *s, uint32_t *slot)
{
    const char *slash = strchr(s, '/');
    char *hash_s = slash ? xmemdup0(s, slash - s) : xstrdup(s);
    uint32_t slots = slot_table_slot(table, UINT32_MAX);
    uint32_t hash, mask = UINT32_MAX;
    char *error = NULL;

    if (!str_to_uint(hash_s, 0, &hash)
        || (slash && !str_to_uint(slash + 1, 0, &mask))) {
        error = xasprintf("%s: not a hash, a number from 0 to 0xffffffff, "
                          "optionally with /mask behind it", s);
    } else if ((mask & slots) != slots) {
        error = xasprintf("%s: the mask must cover the bits of the slot, "
                          "%#"PRIx32, s, slots);
    } else {
        *slot = slot_table_slot(table, hash);
    }
    free(hash_s);
    return error;
}

/* "slot-table/lookup BRIDGE GROUP HASH[/MASK]". */
static void
slot_table_lookup(struct unixctl_conn *conn, int argc OVS_UNUSED,
                  const char *argv[], void *aux OVS_UNUSED)
{
    const struct group_dpif *group = find_group(conn, argv[1], argv[2]);
    uint32_t slot;

    if (!group) {
        return;
    }

    const struct slot_table *table = group->slots->table;
    char *error = parse_slot(table, argv[3], &slot);

    if (error) {
        unixctl_command_reply_error(conn, error);
        free(error);
        return;
    }

    const struct ofputil_bucket *owner = slot_table_owner(table, slot);
    char *dead = owner ? group_slots_why_dead(group, owner) : NULL;
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
        json_object_put(json, "reason", dead
                        ? json_string_create(dead)
                        : json_null_create());
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
group_slots_unixctl_init(const struct hmap *ofprotos)
{
    unixctl_command_register("slot-table/show", "[bridge [group]]", 0, 2,
                             slot_table_show,
                             CONST_CAST(struct hmap *, ofprotos));
    unixctl_command_register("slot-table/map", "bridge group", 2, 2,
                             slot_table_map, NULL);
    unixctl_command_register("slot-table/lookup", "bridge group hash[/mask]",
                             3, 3, slot_table_lookup, NULL);
    group_slots_try_init();
}
