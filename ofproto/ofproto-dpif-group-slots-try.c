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

/* What a group modification would do is found out by doing it: ofproto makes
 * the new group, with its table, in a version that never becomes visible,
 * shows it to a callback, and reverts it.  So whatever the switch would refuse
 * is refused here, too. */

#include <config.h>
#include "ofproto-dpif-group-slots-try.h"
#include <stdlib.h>
#include <string.h>
#include "ofproto-dpif.h"
#include "ofproto-dpif-group-slots.h"
#include "ofproto-dpif-group-slots-history.h"
#include "ofproto-dpif-group-slots-reply.h"
#include "ofproto-dpif-group-slots-show.h"
#include "openvswitch/json.h"
#include "openvswitch/ofp-group.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/ofpbuf.h"
#include "slot-table.h"
#include "unixctl.h"
#include "util.h"

/* Slots that move from one bucket to another. */
struct move {
    uint32_t from, to;          /* Bucket ids. */
    uint32_t n_slots;
};

static int
compare_moves(const void *a_, const void *b_)
{
    const struct move *a = a_;
    const struct move *b = b_;

    return (a->from != b->from ? (a->from < b->from ? -1 : 1)
            : a->to != b->to ? (a->to < b->to ? -1 : 1) : 0);
}

/* Returns the moves from 'old' to 'new', which must have the same slots, and
 * stores their number in '*n'.  The caller must free them. */
static struct move *
find_moves(const struct slot_table *old, const struct slot_table *new,
           size_t *n)
{
    uint32_t n_slots = slot_table_is_empty(old) ? 0 : slot_table_n_owned(new);
    struct move *moves = xmalloc(n_slots * sizeof *moves);
    size_t n_moved = 0;

    *n = 0;
    for (uint32_t slot = 0; slot < n_slots; slot++) {
        uint32_t from = slot_table_owner_id(old, slot);
        uint32_t to = slot_table_owner_id(new, slot);

        if (from != to) {
            moves[n_moved++] = (struct move) { from, to, 1 };
        }
    }
    qsort(moves, n_moved, sizeof *moves, compare_moves);
    for (size_t i = 0; i < n_moved; i++) {
        if (*n && !compare_moves(&moves[*n - 1], &moves[i])) {
            moves[*n - 1].n_slots++;
        } else {
            moves[(*n)++] = moves[i];
        }
    }
    return moves;
}

/* Tells in 'reply' what happens to connections when 'new' comes instead of
 * 'old', which may be null. */
static void
tell(const struct ofgroup *old_, const struct ofgroup *new_, void *reply_)
{
    const struct group_dpif *old
        = old_ ? CONTAINER_OF(old_, struct group_dpif, up) : NULL;
    const struct group_dpif *new = CONTAINER_OF(new_, struct group_dpif, up);
    struct group_slots_reply *reply = reply_;
    struct group_slots_change change;
    struct move *moves = NULL;
    size_t n_moves = 0;

    if (!new->slots) {
        reply->error = xasprintf("%s: group %"PRIu32" would have no slot "
                                 "table, because of its selection method",
                                 new_->ofproto->name, new_->group_id);
        return;
    }
    group_slots_change_init(&change, old, new);
    if (change.kind == GROUP_SLOTS_CHANGE_BUCKETS) {
        moves = find_moves(old->slots->table, new->slots->table, &n_moves);
    }

    if (reply->use_json) {
        struct json *array = json_array_create_empty();

        for (size_t i = 0; i < n_moves; i++) {
            struct json *move = json_object_create();

            json_object_put(move, "from", json_integer_create(moves[i].from));
            json_object_put(move, "to", json_integer_create(moves[i].to));
            json_object_put(move, "slots",
                            json_integer_create(moves[i].n_slots));
            json_array_add(array, move);
        }
        reply->json = json_object_create();
        json_object_put(reply->json, "change",
                        group_slots_change_to_json(&change));
        json_object_put(reply->json, "moves", array);
        json_object_put(reply->json, "buckets",
                        group_slots_buckets_to_json(new));
    } else {
        struct ds *s = &reply->text;

        ds_put_format(s, "%s: group %"PRIu32": ", new_->ofproto->name,
                      new_->group_id);
        if (change.kind == GROUP_SLOTS_CHANGE_FIRST) {
            ds_put_cstr(s, "has no slots to move now");
        } else {
            group_slots_change_format(&change, s);
        }
        ds_put_char(s, '\n');
        if (n_moves) {
            ds_put_format(s, "  %10s %10s %6s\n", "from", "to", "slots");
        }
        for (size_t i = 0; i < n_moves; i++) {
            ds_put_format(s, "  %10"PRIu32" %10"PRIu32" %6"PRIu32"\n",
                          moves[i].from, moves[i].to, moves[i].n_slots);
        }
        group_slots_format_buckets(new, s);
    }
    free(moves);
}

/* Parses 'text', the group that 'command' of ovs-ofctl takes, into '*gm', as
 * the switch would get it.
 *
 * Returns NULL if successful, and then the caller must destroy '*gm'.
 * Otherwise, returns a malloc()'d string describing the error, which the
 * caller must free. */
static char * OVS_WARN_UNUSED_RESULT
parse_group_mod(const struct ofproto *ofproto, const char *command,
                const char *text, struct ofputil_group_mod *gm)
{
    int gm_command = (!strcmp(command, "add-group") ? OFPGC11_ADD
                      : !strcmp(command, "mod-group") ? OFPGC11_MODIFY
                      : !strcmp(command, "insert-buckets")
                      ? OFPGC15_INSERT_BUCKET
                      : !strcmp(command, "remove-buckets")
                      ? OFPGC15_REMOVE_BUCKET
                      : -1);
    enum ofputil_protocol usable;
    struct ofputil_group_mod parsed;
    struct ofputil_port_map ports;
    struct ofport *port;

    if (gm_command < 0) {
        return xasprintf("%s: not add-group, mod-group, insert-buckets or "
                         "remove-buckets", command);
    }

    ofputil_port_map_init(&ports);
    HMAP_FOR_EACH (port, hmap_node, &ofproto->ports) {
        ofputil_port_map_put(&ports, port->ofp_port,
                             netdev_get_name(port->netdev));
    }
    char *error = parse_ofp_group_mod_str(&parsed, gm_command, text,
                                          &ports, NULL, &usable);
    ofputil_port_map_destroy(&ports);
    if (error) {
        return error;
    }

    /* The way over the wire finds the rest of what the switch would refuse. */
    struct ofpbuf *msg = ofputil_encode_group_mod(OFP15_VERSION, &parsed,
                                                  NULL, -1);
    ofputil_uninit_group_mod(&parsed);
    if (msg->size > UINT16_MAX) {
        error = xstrdup("does not fit in a message");
    } else {
        enum ofperr ofperr = ofputil_decode_group_mod(msg->data, gm);

        if (ofperr) {
            error = xstrdup(ofperr_to_string(ofperr));
        }
    }
    ofpbuf_delete(msg);
    return error;
}

/* "slot-table/try BRIDGE COMMAND GROUP". */
static void
slot_table_try(struct unixctl_conn *conn, int argc OVS_UNUSED,
               const char *argv[], void *aux OVS_UNUSED)
{
    struct group_slots_reply reply;
    struct ofputil_group_mod gm;

    group_slots_reply_init(&reply, conn);

    struct ofproto_dpif *ofproto = group_slots_reply_find_bridge(&reply,
                                                                 argv[1]);
    if (ofproto) {
        reply.error = parse_group_mod(&ofproto->up, argv[2], argv[3], &gm);
    }
    if (!reply.error) {
        enum ofperr error = ofproto_group_mod_try(&ofproto->up, &gm, tell,
                                                  &reply);

        if (error) {
            reply.error = xstrdup(ofperr_to_string(error));
        }
        ofputil_uninit_group_mod(&gm);
    }
    group_slots_reply_send(&reply, conn);
}

/* Registers the command. */
void
group_slots_try_init(void)
{
    unixctl_command_register("slot-table/try", "bridge command group", 3, 3,
                             slot_table_try, NULL);
}
