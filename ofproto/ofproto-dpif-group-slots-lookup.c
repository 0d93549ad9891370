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

/* A table says which bucket owns a slot.  If that is not live, a translation
 * looks for the best one that is, and so does slot-table/lookup. */

#include <config.h>
#include "ofproto-dpif-group-slots-lookup.h"
#include <stdlib.h>
#include <string.h>
#include "ofproto-dpif.h"
#include "ofproto-dpif-group-slots.h"
#include "ofproto-dpif-group-slots-history.h"
#include "ofproto-dpif-group-slots-reply.h"
#include "ofproto-dpif-xlate.h"
#include "openvswitch/json.h"
#include "openvswitch/ofp-port.h"
#include "slot-table.h"
#include "unixctl.h"
#include "util.h"

/* Slots in a line of a map. */
#define MAP_COLUMNS 16

/* Returns a description of why 'bucket' of 'group' is not live, or NULL if it
 * is.  The caller must free the returned string. */
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

/* Appends the owner of each slot of 'table' to 's'. */
static void
format_map(const struct slot_table *table, struct ds *s)
{
    uint32_t n_slots = slot_table_n_owned(table);
    const struct slot_winners *w = &table->winners;
    /* The last member has the greatest id. */
    int width = snprintf(NULL, 0, "%"PRIu32,
                         n_slots ? w->members[w->n_members - 1].id : 0);

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

    const struct group_dpif *group
        = group_slots_reply_find_group(&reply, argv[1], argv[2]);
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

    const struct group_dpif *group
        = group_slots_reply_find_group(&reply, argv[1], argv[2]);
    if (group) {
        reply.error = parse_slot(group->slots->table, argv[3], &slot);
    }
    if (!reply.error) {
        const struct slot_table *table = group->slots->table;
        const struct ofputil_bucket *owner = slot_table_owner(table, slot);
        char *dead = owner ? group_slots_why_dead(group, owner) : NULL;
        const struct ofputil_bucket *used
            = (!dead ? owner
               : slot_table_best_live(table, slot, group_slots_is_live,
                                      CONST_CAST(struct group_dpif *, group)));

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

/* Registers the commands. */
void
group_slots_lookup_init(void)
{
    unixctl_command_register("slot-table/map", "bridge group", 2, 2,
                             slot_table_map, NULL);
    unixctl_command_register("slot-table/lookup", "bridge group hash[/mask]",
                             3, 3, slot_table_lookup, NULL);
}
