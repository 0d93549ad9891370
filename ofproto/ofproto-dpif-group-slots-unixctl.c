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
#include "ofproto-dpif-group-slots-history.h"
#include "ofproto-dpif-group-slots-shares.h"
#include "ofproto-dpif-group-slots-show.h"
#include "ofproto-dpif-group-slots-try.h"
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
 * 'id', which must have slots.  If there is none, sets the error of 'reply'
 * and returns NULL. */
static const struct group_dpif *
find_group(struct group_slots_reply *reply, const char *name, const char *id)
{
    struct ofproto_dpif *ofproto = group_slots_reply_find_bridge(reply, name);
    const struct group_dpif *group;
    uint32_t group_id;

    if (!ofproto) {
        return NULL;
    }
    if (!str_to_uint(id, 0, &group_id)) {
        reply->error = xasprintf("%s: not a group id", id);
        return NULL;
    }
    group = group_dpif_lookup(ofproto, group_id,
                              ofproto_dpif_get_tables_version(ofproto), false);
    if (!group) {
        reply->error = xasprintf("%s: no group %"PRIu32, name, group_id);
    } else if (!group->slots) {
        reply->error = xasprintf("%s: group %"PRIu32" has no slot table, "
                                 "because its selection method is neither "
                                 OFP_CONSISTENT_DP_HASH_TEXT" nor "
                                 OFP_CONSISTENT_HASH, name, group_id);
        group = NULL;
    }
    return group;
}

/* Adds the 'n' 'groups', of the bridge with the given 'name', to 'reply'. */
static void
show_groups(struct group_slots_reply *reply, const char *name,
            const struct group_dpif *const *groups, size_t n)
{
    struct json *array = reply->use_json ? json_array_create_empty() : NULL;

    for (size_t i = 0; i < n; i++) {
        if (array) {
            json_array_add(array, group_slots_to_json(groups[i]));
        } else {
            if (reply->text.length) {
                ds_put_char(&reply->text, '\n');
            }
            group_slots_format(groups[i], &reply->text);
        }
    }
    if (array) {
        json_object_put(reply->json, name, array);
    }
}

static void
show_bridge(struct group_slots_reply *reply,
            const struct ofproto_dpif *ofproto)
{
    size_t n;
    const struct group_dpif **groups = find_groups(ofproto, &n);

    show_groups(reply, ofproto->up.name, groups, n);
    free(groups);
}

/* "slot-table/show [BRIDGE [GROUP]]". */
static void
slot_table_show(struct unixctl_conn *conn, int argc, const char *argv[],
                void *ofprotos_)
{
    const struct hmap *ofprotos = ofprotos_;
    const struct ofproto_dpif *ofproto;
    struct group_slots_reply reply;

    group_slots_reply_init(&reply, conn);
    reply.json = reply.use_json ? json_object_create() : NULL;
    if (argc > 2) {
        const struct group_dpif *group = find_group(&reply, argv[1], argv[2]);

        if (group) {
            show_groups(&reply, argv[1], &group, 1);
        }
    } else if (argc > 1) {
        ofproto = group_slots_reply_find_bridge(&reply, argv[1]);
        if (ofproto) {
            show_bridge(&reply, ofproto);
        }
    } else {
        HMAP_FOR_EACH (ofproto, all_ofproto_dpifs_by_name_node, ofprotos) {
            show_bridge(&reply, ofproto);
        }
    }
    group_slots_reply_send(&reply, conn);
}

/* Appends the owner of each slot of 'table' to 's'. */
static void
format_map(const struct slot_table *table, struct ds *s)
{
    uint32_t n_slots = slot_table_n_owned(table);
    const struct slot_winners *w = &table->winners;
    int width = 1;

    for (size_t i = 0; i < w->n_members; i++) {
        int member_width = snprintf(NULL, 0, "%"PRIu32, w->members[i].id);

        width = MAX(width, member_width);
    }
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        if (!(slot % MAP_COLUMNS)) {
            ds_put_format(s, "%s%5"PRIu32":", slot ? "\n" : "", slot);
        }
        ds_put_format(s, " %*"PRIu32, width, slot_table_owner_id(table, slot));
    }
    ds_put_cstr(s, n_slots ? "\n" : "no buckets: drops packets\n");
}

/* "slot-table/map BRIDGE GROUP". */
static void
slot_table_map(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[], void *aux OVS_UNUSED)
{
    struct group_slots_reply reply;

    group_slots_reply_init(&reply, conn);

    const struct group_dpif *group = find_group(&reply, argv[1], argv[2]);
    const struct slot_table *table = group ? group->slots->table : NULL;

    if (table && reply.use_json) {
        reply.json = json_array_create_empty();
        for (uint32_t slot = 0; slot < slot_table_n_owned(table); slot++) {
            json_array_add(reply.json, json_integer_create(
                               slot_table_owner_id(table, slot)));
        }
    } else if (table) {
        format_map(table, &reply.text);
    }
    group_slots_reply_send(&reply, conn);
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

/* Appends where packets of 'slot' go to 's': to bucket 'used', which may be
 * null, as 'owner' is dead because of 'dead', if that is nonnull. */
static void
format_lookup(uint32_t slot, const struct ofputil_bucket *owner,
              const char *dead, const struct ofputil_bucket *used,
              struct ds *s)
{
    ds_put_format(s, "slot %"PRIu32": ", slot);
    if (owner) {
        ds_put_format(s, "bucket %"PRIu32, owner->bucket_id);
    } else {
        ds_put_cstr(s, "no bucket: dropped");
    }
    if (dead) {
        ds_put_format(s, ", which is dead (%s): ", dead);
        if (used) {
            ds_put_format(s, "bucket %"PRIu32" instead", used->bucket_id);
        } else {
            ds_put_cstr(s, "dropped, as no bucket is live");
        }
    }
    ds_put_char(s, '\n');
}

static struct json *
bucket_id_to_json(const struct ofputil_bucket *bucket)
{
    return (bucket
            ? json_integer_create(bucket->bucket_id) : json_null_create());
}

/* "slot-table/lookup BRIDGE GROUP HASH[/MASK]". */
static void
slot_table_lookup(struct unixctl_conn *conn, int argc OVS_UNUSED,
                  const char *argv[], void *aux OVS_UNUSED)
{
    struct group_slots_reply reply;
    uint32_t slot = 0;

    group_slots_reply_init(&reply, conn);

    const struct group_dpif *group = find_group(&reply, argv[1], argv[2]);
    if (group) {
        reply.error = parse_slot(group->slots->table, argv[3], &slot);
    }
    if (!reply.error) {
        const struct slot_table *table = group->slots->table;
        const struct ofputil_bucket *owner = slot_table_owner(table, slot);
        char *dead = owner ? group_slots_why_dead(group, owner) : NULL;
        const struct ofputil_bucket *used = owner;

        if (dead) {
            used = slot_table_best_live(table, slot, group_slots_is_live,
                                        CONST_CAST(struct group_dpif *,
                                                   group));
        }
        if (reply.use_json) {
            reply.json = json_object_create();
            json_object_put(reply.json, "slot", json_integer_create(slot));
            json_object_put(reply.json, "owner", bucket_id_to_json(owner));
            json_object_put(reply.json, "live",
                            json_boolean_create(owner && !dead));
            json_object_put(reply.json, "reason",
                            (dead ? json_string_create(dead)
                             : json_null_create()));
            json_object_put(reply.json, "bucket", bucket_id_to_json(used));
        } else {
            format_lookup(slot, owner, dead, used, &reply.text);
        }
        free(dead);
    }
    group_slots_reply_send(&reply, conn);
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
