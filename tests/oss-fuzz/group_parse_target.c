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
#include "byte-order.h"
#include "group_round_trip.h"
#include "ofp-group-slots.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-group.h"
#include "openvswitch/ofp-protocol.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "util.h"

/* Parses groups from text, encodes them for each version of OpenFlow that can
 * carry them, and checks the round trips of what a switch would decode.
 *
 * The input is what would be a line of the file of "ovs-ofctl add-groups".  It
 * is also parsed as the options of a selection method, and its first bytes are
 * taken as these options on the wire. */

/* Checks that the options 'param' of 'method' are the same after printing and
 * parsing. */
static void
round_trip_options(const char *method, uint64_t param)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    bool has_options;
    uint64_t parsed;

    ofp_group_slots_format(method, param, &s);

    char *text = ds_cstr(&s);
    char *error = ofp_group_slots_parse(&text, &parsed, &has_options);
    ovs_assert(!error);
    ovs_assert(!strcmp(text, method));
    ovs_assert(parsed == param);
    ovs_assert(has_options == (param != 0));
    ds_destroy(&s);
}

static void
parse_options(const char *method, const char *input)
{
    char *value = xasprintf("%s(%s)", ofp_group_slots_name(method), input);
    struct ofp_group_slots options;
    char *text = value;
    bool has_options;
    uint64_t param;
    char *error;

    error = ofp_group_slots_parse(&text, &param, &has_options);
    if (!error) {
        ovs_assert(!strcmp(text, method));
        error = ofp_group_slots_decode(method, param, &options);
        ovs_assert(!error);
        round_trip_options(method, param);
    }
    free(error);
    free(value);

    uint64_t bits = 0;
    memcpy(&bits, input, MIN(strlen(input), sizeof bits));
    bits = ntohll((OVS_FORCE ovs_be64) bits);
    error = ofp_group_slots_decode(method, bits, &options);
    if (!error) {
        round_trip_options(method, bits);
    }
    free(error);
}

static void
parse_group_mod(const char *input)
{
    enum ofputil_protocol usable_protocols;
    struct ofputil_group_mod gm;
    char *error;

    error = parse_ofp_group_mod_str(&gm, -2, input, NULL, NULL,
                                    &usable_protocols);
    if (error) {
        free(error);
        return;
    }

    for (enum ofp_version version = OFP10_VERSION; version <= OFP15_VERSION;
         version++) {
        if (usable_protocols & ofputil_protocols_from_ofp_version(version)) {
            struct ofpbuf *msg = encode_group_mod(&gm, version);
            struct ofputil_group_mod decoded;

            if (msg && !ofputil_decode_group_mod(msg->data, &decoded)) {
                round_trip_group_mod(&decoded, version);
                ofputil_uninit_group_mod(&decoded);
            }
            ofpbuf_delete(msg);
        }
    }
    ofputil_uninit_group_mod(&gm);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool isInit = false;
    if (!isInit) {
        vlog_set_verbosity("off");
        isInit = true;
    }

    char *input = xmemdup0((const char *) data, size);

    parse_options(OFP_CONSISTENT_DP_HASH, input);
    parse_options(OFP_CONSISTENT_HASH, input);
    parse_group_mod(input);
    free(input);
    return 0;
}
