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

/* Text is for people and may change.  JSON and the checksum are for programs:
 * their form is in Documentation/topics/slot-tables.rst. */

#include <config.h>
#include "ofproto-dpif-group-slots-show.h"
#include <stdlib.h>
#include <string.h>
#include "nx-match.h"
#include "odp-util.h"
#include "ofp-group-slots.h"
#include "ofproto-dpif.h"
#include "ofproto-dpif-group-slots.h"
#include "ofproto-dpif-group-slots-history.h"
#include "ofproto-dpif-group-slots-reply.h"
#include "ofproto-dpif-group-slots-shares.h"
#include "ofproto-dpif-portable-ports.h"
#include "openvswitch/hmap.h"
#include "openvswitch/json.h"
#include "portable-hash.h"
#include "sha1.h"
#include "slot-bound.h"
#include "slot-table.h"
#include "timeval.h"
#include "unaligned.h"
#include "unixctl.h"
#include "util.h"

/* Returns the name of the hash that 'group' uses, or if 'requested', of the
 * one that it asks for, as in its options, or null if it hashes fields as they
 * are. */
static const char *
hash_name(const struct group_dpif *group, bool requested)
{
    if (group->selection_method == SEL_METHOD_CONSISTENT_HASH) {
        return group->slots->symmetric ? "symmetric" : NULL;
    }

    uint32_t alg = (requested
                    ? group->hash_alg
                    : group_slots_hash_alg(group, ODPP_NONE));

    return (alg == OVS_HASH_ALG_L4 ? "l4"
            : alg == OVS_HASH_ALG_PORTABLE && !requested ? "portable"
            : "symmetric");
}

static const struct portable_ports *
get_ports(const struct group_dpif *group)
{
    const struct ofproto_dpif *ofproto
        = CONTAINER_OF(group->up.ofproto, struct ofproto_dpif, up);

    return ofproto->backer->portable_ports;
}

static bool
uses_portable_hash(const struct group_dpif *group)
{
    return (group->selection_method == SEL_METHOD_CONSISTENT_DP_HASH
            && group_slots_hash_alg(group, ODPP_NONE)
               == OVS_HASH_ALG_PORTABLE);
}

/* Appends the fields that 'group' hashes, and their masks, to 's'. */
static void
format_fields(const struct group_dpif *group, struct ds *s)
{
    if (group->selection_method == SEL_METHOD_CONSISTENT_HASH) {
        oxm_format_field_array(s, &group->up.props.fields);
    }
}

/* Returns the first four bytes of the SHA-1 of a line of text with all that
 * decides to which slot of 'group' a packet gets, followed by the id of the
 * owner of each slot.  The documentation says exactly what this is: it must
 * not change. */
static uint32_t
checksum(const struct group_dpif *group)
{
    const struct slot_table *table = group->slots->table;
    const char *hash = hash_name(group, false);
    uint8_t digest[SHA1_DIGEST_SIZE];
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "%s hash=%s basis=%"PRIu32" slots=%"PRIu32" fields=",
                  ofp_group_slots_name(group->up.props.selection_method),
                  hash ? hash : "", group->hash_basis,
                  slot_table_n_slots(table));
    format_fields(group, &s);
    ds_put_char(&s, '\n');
    for (uint32_t slot = 0; slot < slot_table_n_owned(table); slot++) {
        ovs_be32 id = htonl(slot_table_owner_id(table, slot));

        ds_put_buffer(&s, (const char *) &id, sizeof id);
    }
    sha1_bytes(s.string, s.length, digest);
    ds_destroy(&s);
    return ntohl(get_unaligned_be32(ALIGNED_CAST(ovs_be32 *, digest)));
}

/* Appends what 'group' hashes, and how, to 's'. */
static void
format_hash(const struct group_dpif *group, struct ds *s)
{
    const char *hash = hash_name(group, false);

    if (group->selection_method == SEL_METHOD_CONSISTENT_HASH) {
        ds_put_cstr(s, "  fields:      ");
        format_fields(group, s);
        ds_put_char(s, '\n');
    }
    ds_put_format(s, "  hash:        %s", hash ? hash : "as they are");
    if (group->selection_method == SEL_METHOD_CONSISTENT_DP_HASH
        && group->hash_alg != group_slots_hash_alg(group, ODPP_NONE)) {
        ds_put_format(s, " (not portable: %s)",
                      portable_ports_reason(get_ports(group)));
    }
    ds_put_format(s, "\n  basis:       %"PRIu32"\n", group->hash_basis);
    if (uses_portable_hash(group)) {
        portable_ports_format(get_ports(group), s);
    }
}

static void
format_history(const struct group_slots_history *history, struct ds *s)
{
    ds_put_format(s, "  since start: changes %"PRIu64", slots moved %"PRIu64
                  ", redirected %"PRIu64", collateral %"PRIu64"\n",
                  history->n_changes, history->n_moved, history->n_redirected,
                  history->n_collateral);
    for (size_t i = 0; i < history->n; i++) {
        const struct group_slots_change *change = &history->changes[i];
        long long int age = time_msec() - change->when_mono;

        ds_put_cstr(s, i ? "  before that: " : "  last change: ");
        ds_put_strftime_msec(s, "%Y-%m-%d %H:%M:%S.### UTC", change->when,
                             true);
        ds_put_format(s, ", %lld.%03lld s ago, ", age / 1000, age % 1000);
        group_slots_change_format(change, s);
        ds_put_format(s, ", by %s\n", change->who);
    }
}

/* Appends a line for each bucket of 'group', which must have a slot table, to
 * 's'. */
void
group_slots_format_buckets(const struct group_dpif *group, struct ds *s)
{
    double n_slots = slot_table_n_slots(group->slots->table);
    size_t n = group->up.n_buckets;

    if (!n) {
        ds_put_cstr(s, "  no buckets: drops packets\n");
        return;
    }

    struct group_slots_share *shares = group_slots_shares_get(group);

    ds_put_format(s, "  %10s %5s %6s %6s %6s %7s %7s %12s  %s\n", "bucket",
                  "place", "weight", "slots", "now", "share", "ideal",
                  "packets", "state");
    for (size_t i = 0; i < n; i++) {
        const struct group_slots_share *share = &shares[i];

        ds_put_format(s, "  %10"PRIu32" %5"PRIuSIZE" %6"PRIu16" %6"PRIu32
                      " %6"PRIu32" %6.2f%% %6.2f%% %12"PRIu64"  ",
                      share->bucket->bucket_id, share->place,
                      share->bucket->weight, share->n_owned, share->n_used,
                      100 * share->n_used / n_slots, 100 * share->ideal,
                      share->stats.packet_count);
        if (share->dead) {
            ds_put_format(s, "dead: %s\n", share->dead);
        } else {
            ds_put_cstr(s, "live\n");
        }
    }
    group_slots_shares_free(shares, n);
}

/* Appends a description of 'group', which must have a slot table, to 's'. */
static void
format_group(const struct group_dpif *group, struct ds *s)
{
    const struct slot_table *table = group->slots->table;

    ds_put_format(s, "%s: group %"PRIu32": %s\n",
                  group->up.ofproto->name, group->up.group_id,
                  ofp_group_slots_name(group->up.props.selection_method));
    ds_put_format(s, "  version:     %d\n", OFP_GROUP_SLOTS_VERSION);
    ds_put_format(s, "  slots:       %"PRIu32"\n", slot_table_n_slots(table));
    ds_put_cstr(s, "  load bound:  ");
    if (table->params.load_bound == SLOT_BOUND_NONE) {
        ds_put_cstr(s, "none\n");
    } else {
        ds_put_format(s, "%u %%\n",
                      slot_bound_percent(table->params.load_bound));
    }
    format_hash(group, s);
    ds_put_format(s, "  checksum:    %08"PRIx32"\n", checksum(group));
    format_history(group_slots_history_get(group), s);
    group_slots_format_buckets(group, s);
}

static void
put_integer(struct json *json, const char *name, long long int value)
{
    json_object_put(json, name, json_integer_create(value));
}

static void
put_string(struct json *json, const char *name, const char *value)
{
    json_object_put(json, name, (value
                                 ? json_string_create(value)
                                 : json_null_create()));
}

/* Returns 'change' as JSON, which the caller owns. */
struct json *
group_slots_change_to_json(const struct group_slots_change *change)
{
    static const char *kinds[] = {
        [GROUP_SLOTS_CHANGE_FIRST] = "first",
        [GROUP_SLOTS_CHANGE_BUCKETS] = "buckets",
        [GROUP_SLOTS_CHANGE_HASH] = "hash",
        [GROUP_SLOTS_CHANGE_SLOTS] = "slots",
    };
    struct json *json = json_object_create();

    put_string(json, "kind", kinds[change->kind]);
    put_integer(json, "time_ms", change->when);
    put_string(json, "who", change->who);
    put_integer(json, "slots", change->n_slots);
    put_integer(json, "moved", change->diff.n_moved);
    put_integer(json, "redirected", change->diff.n_redirected);
    put_integer(json, "collateral", change->diff.n_collateral);
    put_integer(json, "buckets_stayed", change->n_stayed);
    put_integer(json, "buckets_other_actions", change->n_other_actions);
    put_integer(json, "buckets_other_watch", change->n_other_watch);
    json_object_put(json, "ids_in_order",
                    json_boolean_create(change->ids_in_order));
    return json;
}

/* Returns what group_slots_format_buckets() appends as JSON, which the caller
 * owns. */
struct json *
group_slots_buckets_to_json(const struct group_dpif *group)
{
    double n_slots = slot_table_n_slots(group->slots->table);
    size_t n = group->up.n_buckets;
    struct group_slots_share *shares = group_slots_shares_get(group);
    struct json *array = json_array_create_empty();

    for (size_t i = 0; i < n; i++) {
        const struct group_slots_share *share = &shares[i];
        struct json *json = json_object_create();

        put_integer(json, "bucket_id", share->bucket->bucket_id);
        put_integer(json, "place", share->place);
        put_integer(json, "weight", share->bucket->weight);
        put_integer(json, "slots", share->n_owned);
        put_integer(json, "slots_now", share->n_used);
        json_object_put(json, "share", json_real_create(share->n_used
                                                        / n_slots));
        json_object_put(json, "ideal", json_real_create(share->ideal));
        put_integer(json, "packets", share->stats.packet_count);
        put_integer(json, "bytes", share->stats.byte_count);
        json_object_put(json, "live", json_boolean_create(!share->dead));
        put_string(json, "reason", share->dead);
        json_array_add(array, json);
    }
    group_slots_shares_free(shares, n);
    return array;
}

/* Returns what format_group() appends as JSON, which the caller owns.
 * Its keys are documented for users. */
static struct json *
group_to_json(const struct group_dpif *group)
{
    const struct slot_table *table = group->slots->table;
    const struct group_slots_history *history
        = group_slots_history_get(group);
    struct json *json = json_object_create();
    struct ds s = DS_EMPTY_INITIALIZER;

    put_string(json, "bridge", group->up.ofproto->name);
    put_integer(json, "group_id", group->up.group_id);
    put_string(json, "selection_method",
               ofp_group_slots_name(group->up.props.selection_method));
    put_integer(json, "version", OFP_GROUP_SLOTS_VERSION);
    put_integer(json, "slots", slot_table_n_slots(table));
    json_object_put(json, "load_bound",
                    (table->params.load_bound == SLOT_BOUND_NONE
                     ? json_null_create()
                     : json_integer_create(slot_bound_percent(
                                               table->params.load_bound))));
    put_string(json, "hash", hash_name(group, false));
    put_string(json, "requested_hash", hash_name(group, true));
    json_object_put(json, "ports", (uses_portable_hash(group)
                                    ? portable_ports_to_json(get_ports(group))
                                    : json_null_create()));
    format_fields(group, &s);
    put_string(json, "fields", s.length ? ds_cstr(&s) : NULL);
    ds_destroy(&s);
    put_integer(json, "basis", group->hash_basis);
    json_object_put_format(json, "checksum", "%08"PRIx32, checksum(group));

    struct json *total = json_object_create();
    put_integer(total, "changes", history->n_changes);
    put_integer(total, "moved", history->n_moved);
    put_integer(total, "redirected", history->n_redirected);
    put_integer(total, "collateral", history->n_collateral);
    json_object_put(json, "since_start", total);

    struct json *changes = json_array_create_empty();
    for (size_t i = 0; i < history->n; i++) {
        json_array_add(changes,
                       group_slots_change_to_json(&history->changes[i]));
    }
    json_object_put(json, "changes", changes);
    json_object_put(json, "buckets", group_slots_buckets_to_json(group));
    return json;
}

static int
compare_groups_by_id(const void *a_, const void *b_)
{
    uint32_t a = (*(const struct group_dpif *const *) a_)->up.group_id;
    uint32_t b = (*(const struct group_dpif *const *) b_)->up.group_id;

    return a < b ? -1 : a > b;
}

/* Returns the groups of 'ofproto' that have slots, by increasing id, and
 * stores their number in '*n'.  The caller must free the returned array, and
 * may use the groups until it quiesces. */
static const struct group_dpif **
find_groups(const struct ofproto_dpif *ofproto, size_t *n)
{
    ovs_version_t version = ofproto_dpif_get_tables_version(
        CONST_CAST(struct ofproto_dpif *, ofproto));
    const struct group_dpif **groups
        = xmalloc(cmap_count(&ofproto->up.groups) * sizeof *groups);
    const struct group_dpif *group;

    *n = 0;
    CMAP_FOR_EACH (group, up.cmap_node, &ofproto->up.groups) {
        if (group->slots
            && versions_visible_in_version(&group->up.versions, version)) {
            groups[(*n)++] = group;
        }
    }
    qsort(groups, *n, sizeof *groups, compare_groups_by_id);
    return groups;
}

/* Adds the groups of 'ofproto' that have slots to 'reply', or just 'group', if
 * it is nonnull. */
static void
show_groups(struct group_slots_reply *reply,
            const struct ofproto_dpif *ofproto, const struct group_dpif *group)
{
    struct json *array = reply->use_json ? json_array_create_empty() : NULL;
    size_t n = 1;
    const struct group_dpif **groups
        = group ? xmemdup(&group, sizeof group) : find_groups(ofproto, &n);

    for (size_t i = 0; i < n; i++) {
        if (array) {
            json_array_add(array, group_to_json(groups[i]));
        } else {
            if (reply->text.length) {
                ds_put_char(&reply->text, '\n');
            }
            format_group(groups[i], &reply->text);
        }
    }
    if (array) {
        json_object_put(reply->json, ofproto->up.name, array);
    }
    free(groups);
}

/* "slot-table/show [BRIDGE [GROUP]]". */
static void
slot_table_show(struct unixctl_conn *conn, int argc, const char *argv[],
                void *ofprotos_)
{
    const struct hmap *ofprotos = ofprotos_;
    const struct ofproto_dpif *ofproto;
    const struct group_dpif *group = NULL;
    struct group_slots_reply reply;

    group_slots_reply_init(&reply, conn);
    reply.json = reply.use_json ? json_object_create() : NULL;
    if (argc > 1) {
        ofproto = group_slots_reply_find_bridge(&reply, argv[1]);
        if (ofproto && argc > 2) {
            group = group_slots_reply_find_group(&reply, argv[1], argv[2]);
        }
        if (!reply.error) {
            show_groups(&reply, ofproto, group);
        }
    } else {
        HMAP_FOR_EACH (ofproto, all_ofproto_dpifs_by_name_node, ofprotos) {
            show_groups(&reply, ofproto, NULL);
        }
    }
    group_slots_reply_send(&reply, conn);
}

/* Registers the command.  'ofprotos' are all struct ofproto_dpifs, by their
 * 'all_ofproto_dpifs_by_name_node'; the command uses it in the main thread, as
 * long as the program runs. */
void
group_slots_show_init(const struct hmap *ofprotos)
{
    unixctl_command_register("slot-table/show", "[bridge [group]]", 0, 2,
                             slot_table_show,
                             CONST_CAST(struct hmap *, ofprotos));
}
