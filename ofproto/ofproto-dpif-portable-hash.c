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
#include "ofproto-dpif-portable-hash.h"
#include <string.h>
#include "dpif-netdev.h"
#include "dpif.h"
#include "flow.h"
#include "netlink.h"
#include "odp-netlink.h"
#include "odp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "portable-hash-bpf.h"
#include "portable-hash.h"

VLOG_DEFINE_THIS_MODULE(ofproto_dpif_portable_hash);

/* Returns true if packets in 'dpif' can have the portable hash, and logs
 * whether they can.  Puts a flow into the userspace datapath and takes it out
 * again, or a program into the kernel.  For the main thread. */
bool
portable_hash_probe(struct dpif *dpif)
{
    struct ovs_action_hash hash = { .hash_alg = OVS_HASH_ALG_PORTABLE };
    uint64_t stub[64 / sizeof(uint64_t)];
    struct ofpbuf actions = OFPBUF_STUB_INITIALIZER(stub);
    struct odputil_keybuf keybuf;
    struct ofpbuf key;
    struct flow flow;
    struct odp_flow_key_parms odp_parms = {
        .flow = &flow,
        .probe = true,
    };

    if (!dpif_is_netdev(dpif)) {
        char *error;

        if (!portable_hash_bpf_load(&error)) {
            VLOG_INFO("%s: packets cannot get the portable hash: %s",
                      dpif_name(dpif), error);
            free(error);
            return false;
        }
        VLOG_INFO("%s: packets can get the portable hash", dpif_name(dpif));
        return true;
    }

    memset(&flow, 0, sizeof flow);
    ofpbuf_use_stack(&key, &keybuf, sizeof keybuf);
    odp_flow_key_from_flow(&odp_parms, &key);
    nl_msg_put_unspec(&actions, OVS_ACTION_ATTR_HASH, &hash, sizeof hash);

    bool supported = dpif_probe_feature(dpif, "portable hash", &key, &actions,
                                        NULL);
    ofpbuf_uninit(&actions);
    VLOG_INFO("%s: Datapath %s the portable hash", dpif_name(dpif),
              supported ? "supports" : "does not support");
    return supported;
}
