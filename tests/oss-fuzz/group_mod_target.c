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
#include "fuzzer.h"
#undef NDEBUG
#include <string.h>
#include "group_round_trip.h"
#include "openvswitch/ofp-bundle.h"
#include "openvswitch/ofp-group.h"
#include "openvswitch/ofp-monitor.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-print.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "util.h"

/* Decodes messages that carry groups, and checks their round trips.
 *
 * The input is an OpenFlow message.  Its length is set right, and its version
 * to one that there is.  If that does not make it a message that carries
 * groups, the headers are replaced by those of one, so that almost any input
 * gets to the code under test. */

static const enum ofpraw raws[][3] = {
    /* OpenFlow 1.0, 1.1 to 1.4, 1.5. */
    { OFPRAW_NXT_GROUP_MOD, OFPRAW_OFPT11_GROUP_MOD,
      OFPRAW_OFPT15_GROUP_MOD },
    { OFPRAW_NXST_GROUP_DESC_REPLY, OFPRAW_OFPST11_GROUP_DESC_REPLY,
      OFPRAW_OFPST11_GROUP_DESC_REPLY },
};

static bool
carries_group(const struct ofp_header *oh)
{
    enum ofptype type;

    return (!ofptype_decode(&type, oh)
            && (type == OFPTYPE_GROUP_MOD
                || type == OFPTYPE_GROUP_DESC_STATS_REPLY
                || type == OFPTYPE_GROUP_FEATURES_STATS_REPLY
                || type == OFPTYPE_REQUESTFORWARD
                || type == OFPTYPE_BUNDLE_ADD_MESSAGE));
}

static void
decode(const struct ofp_header *oh)
{
    struct ofpbuf msg = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofputil_group_features features;
    struct ofputil_bundle_add_msg add;
    struct ofputil_requestforward rf;
    struct ofputil_group_desc gd;
    struct ofputil_group_mod gm;
    enum ofptype type;

    if (ofptype_decode(&type, oh)) {
        return;
    }
    if (type == OFPTYPE_GROUP_MOD) {
        if (!ofputil_decode_group_mod(oh, &gm)) {
            round_trip_group_mod(&gm, oh->version);
            ofputil_uninit_group_mod(&gm);
        }
    } else if (type == OFPTYPE_GROUP_DESC_STATS_REPLY) {
        while (!ofputil_decode_group_desc_reply(&gd, &msg, oh->version)) {
            round_trip_group_desc(&gd, oh->version);
            ofputil_uninit_group_desc(&gd);
        }
    } else if (type == OFPTYPE_GROUP_FEATURES_STATS_REPLY) {
        memset(&features, 0, sizeof features);
        ofputil_decode_group_features_reply(oh, &features);
        round_trip_group_features(&features, oh->version);
    } else if (type == OFPTYPE_REQUESTFORWARD) {
        if (!ofputil_decode_requestforward(oh, &rf)) {
            if (rf.reason == OFPRFR_GROUP_MOD) {
                round_trip_group_mod(rf.group_mod, oh->version);
            }
            ofputil_destroy_requestforward(&rf);
        }
    } else if (type == OFPTYPE_BUNDLE_ADD_MESSAGE) {
        if (!ofputil_decode_bundle_add(oh, &add, &type)
            && type == OFPTYPE_GROUP_MOD) {
            decode(add.msg);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool isInit = false;
    if (!isInit) {
        vlog_set_verbosity("off");
        isInit = true;
    }

    if (size < sizeof(struct ofp_header) || size > UINT16_MAX) {
        return 0;
    }

    struct ofpbuf *msg = ofpbuf_clone_data(data, size);
    struct ofp_header *oh = msg->data;
    enum ofp_version version = OFP10_VERSION + (oh->version - 1u) % 6;

    oh->version = version;
    oh->length = htons(size);
    if (!carries_group(oh)) {
        const enum ofpraw *raw = raws[oh->type % ARRAY_SIZE(raws)];

        ofpbuf_delete(msg);
        msg = ofpraw_alloc(raw[(version > OFP10_VERSION)
                               + (version == OFP15_VERSION)], version, 0);
        ofpbuf_put(msg, data + sizeof *oh, size - sizeof *oh);
        ofpmsg_update_length(msg);
    }

    decode(msg->data);
    free(ofp_to_string(msg->data, msg->size, NULL, NULL, 2));
    ofpbuf_delete(msg);
    return 0;
}
