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
#include "dpif-netlink-hash.h"
#include "dp-packet.h"
#include "dpif.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "openvswitch/ofpbuf.h"
#include "portable-hash.h"

/* What the kernel adds to OVS_PACKET_ATTR_HASH (in its own
 * net/openvswitch/datapath.h) for a hash that software has computed, and for
 * one that takes in the ports. */
#define PACKET_HASH_SW_BIT (UINT64_C(1) << 32)
#define PACKET_HASH_L4_BIT (UINT64_C(1) << 33)

/* Returns true if argument 'arg' of a datapath action of 'type', whose
 * arguments are attributes, has actions. */
static bool
has_actions(enum ovs_action_attr type, const struct nlattr *arg)
{
    switch ((int) type) {
    case OVS_ACTION_ATTR_SAMPLE:
        return nl_attr_type(arg) == OVS_SAMPLE_ATTR_ACTIONS;
    case OVS_ACTION_ATTR_CHECK_PKT_LEN:
        return nl_attr_type(arg) != OVS_CHECK_PKT_LEN_ATTR_PKT_LEN;
    case OVS_ACTION_ATTR_DEC_TTL:
        return nl_attr_type(arg) == OVS_DEC_TTL_ATTR_ACTION;
    default:
        return false;
    }
}

/* Replaces the portable hash in the 'len' bytes of datapath actions at
 * 'actions', and in those within them, by the kernel's.  Returns true if it
 * was there. */
static bool
replace_alg(void *actions, size_t len)
{
    bool found = false;
    struct nlattr *a;
    size_t left;

    NL_ATTR_FOR_EACH (a, left, actions, len) {
        enum ovs_action_attr type = nl_attr_type(a);
        size_t size = nl_attr_get_size(a);
        void *payload = a + 1;

        if (type == OVS_ACTION_ATTR_HASH) {
            struct ovs_action_hash *hash = payload;

            if (hash->hash_alg == OVS_HASH_ALG_PORTABLE) {
                hash->hash_alg = OVS_HASH_ALG_L4;
                found = true;
            }
        } else if (type == OVS_ACTION_ATTR_CLONE) {
            found |= replace_alg(payload, size);
        } else if (type == OVS_ACTION_ATTR_SAMPLE
                   || type == OVS_ACTION_ATTR_CHECK_PKT_LEN
                   || type == OVS_ACTION_ATTR_DEC_TTL) {
            struct nlattr *arg;
            size_t args_left;

            NL_ATTR_FOR_EACH (arg, args_left, payload, size) {
                if (has_actions(type, arg)) {
                    found |= replace_alg(arg + 1, nl_attr_get_size(arg));
                }
            }
        }
    }
    return found;
}

/* Replaces the portable hash in the 'actions_len' bytes of datapath actions at
 * the end of 'buf', which is for the kernel.  Returns true if it was there. */
static bool
replace_last_alg(struct ofpbuf *buf, size_t actions_len)
{
    size_t len = NLA_ALIGN(actions_len);

    return replace_alg(ofpbuf_at_assert(buf, buf->size - len, len),
                       actions_len);
}

/* Makes the 'actions_len' bytes of datapath actions at the end of 'buf', which
 * are those of a flow, the kernel's own.  Takes time in proportion to their
 * number. */
void
dpif_netlink_adapt_flow_hash(struct ofpbuf *buf, size_t actions_len)
{
    replace_last_alg(buf, actions_len);
}

/* Makes the actions of 'execute' at the end of 'buf' the kernel's own.
 * Returns what OVS_PACKET_ATTR_HASH of the packet must be, 0 for none.
 *
 * A packet that ovs-vswitchd has made, or that arrived before its port had the
 * program, does not bring its portable hash along.  One that has been
 * recirculated brings what the kernel goes on with: the hash of the packet as
 * it arrived, or none if its addresses or ports were set. */
uint64_t
dpif_netlink_adapt_execute_hash(struct ofpbuf *buf,
                                const struct dpif_execute *execute)
{
    if (replace_last_alg(buf, execute->actions_len)
        && !execute->packet->md.recirc_id) {
        return (portable_hash(execute->packet)
                | PACKET_HASH_SW_BIT | PACKET_HASH_L4_BIT);
    }
    return execute->hash;
}
