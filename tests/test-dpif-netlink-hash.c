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
#undef NDEBUG
#include "dpif-netlink-hash.h"
#include <stdio.h>
#include "dp-packet.h"
#include "dpif.h"
#include "odp-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "ovstest.h"
#include "util.h"

/* What precedes actions in a message, and must not change. */
static const char before[8] = "before.";

/* Puts the datapath actions 's' at the end of 'buf' and returns how long they
 * are. */
static size_t
put_actions(struct ofpbuf *buf, const char *s)
{
    ofpbuf_init(buf, 0);
    ofpbuf_put(buf, before, sizeof before);
    ovs_assert(!odp_actions_from_string(s, NULL, buf));
    return buf->size - sizeof before;
}

static void
print_and_free(struct ofpbuf *buf, uint64_t hash)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ovs_assert(!memcmp(buf->data, before, sizeof before));
    ofpbuf_pull(buf, sizeof before);
    format_odp_actions(&s, buf->data, buf->size, NULL);
    printf("%s %#"PRIx64"\n", ds_cstr(&s), hash);
    ds_destroy(&s);
    ofpbuf_uninit(buf);
}

/* Prints the actions 's' as the kernel gets them, in a flow, and in the
 * execution of a packet with 'hash' and 'recirc_id', and what hash the kernel
 * is told that the packet has. */
static void
adapt(const char *s, uint64_t hash, uint32_t recirc_id)
{
    struct dp_packet packet;
    struct ofpbuf buf;

    size_t len = put_actions(&buf, s);

    dpif_netlink_adapt_flow_hash(&buf, len);
    print_and_free(&buf, 0);

    dp_packet_init(&packet, 0);
    packet.md.recirc_id = recirc_id;

    struct dpif_execute execute = {
        .actions_len = put_actions(&buf, s),
        .hash = hash,
        .packet = &packet,
    };

    print_and_free(&buf, dpif_netlink_adapt_execute_hash(&buf, &execute));
    dp_packet_uninit(&packet);
}

static void
test_dpif_netlink_hash(int argc, char *argv[])
{
    set_program_name(argv[0]);
    if (argc != 4) {
        ovs_fatal(0, "usage: %s ACTIONS HASH RECIRC_ID", program_name);
    }
    adapt(argv[1], strtoull(argv[2], NULL, 0), strtoul(argv[3], NULL, 0));
}

OVSTEST_REGISTER("test-dpif-netlink-hash", test_dpif_netlink_hash);
