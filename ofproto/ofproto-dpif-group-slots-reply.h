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

#ifndef OFPROTO_DPIF_GROUP_SLOTS_REPLY_H
#define OFPROTO_DPIF_GROUP_SLOTS_REPLY_H 1

/* What commands of ovs-appctl that are about slot tables have in common: they
 * name a bridge or a group, and reply with text, JSON or an error.
 *
 * For the main thread. */

#include <stdbool.h>
#include "openvswitch/dynamic-string.h"

struct group_dpif;
struct json;
struct ofproto_dpif;
struct unixctl_conn;

/* The reply to a command of ovs-appctl. */
struct group_slots_reply {
    bool use_json;              /* Does the user want JSON? */

    char *error;                /* If nonnull, this is the reply, */
    struct json *json;          /* otherwise this if 'use_json', */
    struct ds text;             /* otherwise this. */
};

void group_slots_reply_init(struct group_slots_reply *, struct unixctl_conn *);
void group_slots_reply_send(struct group_slots_reply *, struct unixctl_conn *);
struct ofproto_dpif *group_slots_reply_find_bridge(struct group_slots_reply *,
                                                   const char *name);
const struct group_dpif *group_slots_reply_find_group(
    struct group_slots_reply *, const char *name, const char *id);

#endif /* ofproto-dpif-group-slots-reply.h */
