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
#include "ofproto-dpif-group-slots-reply.h"
#include <stdlib.h>
#include "ofp-group-slots.h"
#include "ofproto-dpif.h"
#include "openvswitch/json.h"
#include "unixctl.h"
#include "util.h"

/* Initializes 'reply' for the command that came on 'conn'. */
void
group_slots_reply_init(struct group_slots_reply *reply,
                       struct unixctl_conn *conn)
{
    *reply = (struct group_slots_reply) {
        .use_json = (unixctl_command_get_output_format(conn)
                     == UNIXCTL_OUTPUT_FMT_JSON),
        .text = DS_EMPTY_INITIALIZER,
    };
}

/* Sends 'reply' to 'conn' and frees what belongs to it. */
void
group_slots_reply_send(struct group_slots_reply *reply,
                       struct unixctl_conn *conn)
{
    if (reply->error) {
        unixctl_command_reply_error(conn, reply->error);
        json_destroy(reply->json);
    } else if (reply->use_json) {
        unixctl_command_reply_json(conn, reply->json);
    } else {
        unixctl_command_reply(conn, ds_cstr(&reply->text));
    }
    free(reply->error);
    ds_destroy(&reply->text);
}

/* Returns the bridge with the given 'name'.  If there is none, sets the error
 * of 'reply' and returns null. */
struct ofproto_dpif *
group_slots_reply_find_bridge(struct group_slots_reply *reply,
                              const char *name)
{
    struct ofproto_dpif *ofproto = ofproto_dpif_lookup_by_name(name);

    if (!ofproto) {
        reply->error = xasprintf("%s: no such bridge", name);
    }
    return ofproto;
}

/* Finds the bridge with the given 'name', and in it the group with the given
 * 'id', which must have slots.  If there is none, sets the error of 'reply'
 * and returns null. */
const struct group_dpif *
group_slots_reply_find_group(struct group_slots_reply *reply,
                             const char *name, const char *id)
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
