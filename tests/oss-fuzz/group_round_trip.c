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
#include "group_round_trip.h"
#undef NDEBUG
#include <stdlib.h>
#include <string.h>
#include "flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-group.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

static void
check_equal_buckets(const struct ovs_list *a, const struct ovs_list *b)
{
    const struct ofputil_bucket *i, *j;

    ovs_assert(ovs_list_size(a) == ovs_list_size(b));
    j = CONTAINER_OF(b, struct ofputil_bucket, list_node);
    LIST_FOR_EACH (i, list_node, a) {
        j = CONTAINER_OF(j->list_node.next, struct ofputil_bucket, list_node);
        ovs_assert(i->bucket_id == j->bucket_id);
        ovs_assert(i->weight == j->weight);
        ovs_assert(i->watch_port == j->watch_port);
        ovs_assert(i->watch_group == j->watch_group);
        ovs_assert(ofpacts_equal(i->ofpacts, i->ofpacts_len,
                                 j->ofpacts, j->ofpacts_len));
    }
}

static void
check_equal_props(const struct ofputil_group_props *a,
                  const struct ofputil_group_props *b)
{
    ovs_assert(!strcmp(a->selection_method, b->selection_method));
    ovs_assert(a->selection_method_param == b->selection_method_param);
    ovs_assert(!memcmp(&a->fields.used, &b->fields.used,
                       sizeof a->fields.used));
    ovs_assert(a->fields.values_size == b->fields.values_size);
    ovs_assert(!a->fields.values_size
               || !memcmp(a->fields.values, b->fields.values,
                          a->fields.values_size));
}

/* Returns true if 'a' and 'b' are the same but for the transaction id. */
static bool
is_equal_message(const struct ofpbuf *a, const struct ofpbuf *b)
{
    size_t ofs = sizeof(struct ofp_header);

    return a->size == b->size && !memcmp((char *) a->data + ofs,
                                         (char *) b->data + ofs,
                                         a->size - ofs);
}

/* Removes all actions of 'buckets' from the first on that is no output, or is
 * one with a length, which is for controllers only and not always printed.
 * Others need not come back the same: some are encoded as what replaced them
 * in later versions of OpenFlow, and not all text parses back. */
static void
remove_actions(struct ovs_list *buckets)
{
    struct ofputil_bucket *bucket;

    LIST_FOR_EACH (bucket, list_node, buckets) {
        const struct ofpact *a;

        OFPACT_FOR_EACH (a, bucket->ofpacts, bucket->ofpacts_len) {
            if (a->type != OFPACT_OUTPUT || ofpact_get_OUTPUT(a)->max_len) {
                bucket->ofpacts_len = (char *) a - (char *) bucket->ofpacts;
                break;
            }
        }
    }
}

/* Encodes 'gm' for 'version' and returns the message, which the caller must
 * free, or null if 'version' does not have the command of 'gm'.  Encoding
 * would end the program then. */
struct ofpbuf *
encode_group_mod(const struct ofputil_group_mod *gm, enum ofp_version version)
{
    if (version != OFP10_VERSION && version < OFP15_VERSION
        && (gm->command == OFPGC15_INSERT_BUCKET
            || gm->command == OFPGC15_REMOVE_BUCKET)) {
        return NULL;
    }
    return ofputil_encode_group_mod(version, gm, NULL, -1);
}

/* Returns true if 'group_id' is one that text may have. */
static bool
is_textual_group(uint32_t group_id)
{
    return group_id <= OFPG_MAX || group_id == OFPG_ALL;
}

/* Returns true if everything in 'gm' can be said in text.  On the wire the
 * numbers of ports and groups, and masks of hashed fields, have other limits.
 * The type of a group is not printed if just some of its buckets change, nor
 * can it be given then, and it decides what the default of a weight is. */
static bool
is_textual(const struct ofputil_group_mod *gm)
{
    const struct ofputil_bucket *bucket;

    if ((gm->command != OFPGC11_ADD && gm->command != OFPGC11_MODIFY
         && gm->command != OFPGC11_ADD_OR_MOD)
        || !is_textual_group(gm->group_id)
        || gm->props.fields.values_size) {
        return false;
    }
    LIST_FOR_EACH (bucket, list_node, &gm->buckets) {
        if ((!is_textual_group(bucket->watch_group)
             && bucket->watch_group != OFPG_ANY)
            || bucket->watch_group == OFPG_ALL
            || (ofp_to_u16(bucket->watch_port) >= ofp_to_u16(OFPP_MAX)
                && bucket->watch_port != OFPP_ANY
                && bucket->watch_port != OFPP_CONTROLLER)) {
            return false;
        }
    }
    return true;
}

/* Checks that 'gm' parses back from text to the same message. */
static void
round_trip_text(const struct ofputil_group_mod *gm, enum ofp_version version)
{
    enum ofputil_protocol usable_protocols;
    struct ds s = DS_EMPTY_INITIALIZER;
    struct ofputil_group_mod parsed;

    ofputil_group_format(&s, gm->group_id, gm->type, NULL, &gm->buckets,
                         &gm->props, version, false, NULL, NULL);

    char *error = parse_ofp_group_mod_str(&parsed, gm->command, ds_cstr(&s),
                                          NULL, NULL, &usable_protocols);
    if (error) {
        ovs_fatal(0, "%s: %s", ds_cstr(&s), error);
    }

    struct ofpbuf *a = encode_group_mod(gm, version);
    struct ofpbuf *b = encode_group_mod(&parsed, version);
    if (!is_equal_message(a, b)) {
        ovs_fatal(0, "%s: parses to another group", ds_cstr(&s));
    }
    ofpbuf_delete(a);
    ofpbuf_delete(b);
    ofputil_uninit_group_mod(&parsed);
    ds_destroy(&s);
}

/* Checks the round trips of 'gm', which came from a message of the given
 * 'version'.  Removes actions. */
void
round_trip_group_mod(struct ofputil_group_mod *gm, enum ofp_version version)
{
    remove_actions(&gm->buckets);

    struct ofpbuf *a = encode_group_mod(gm, version);
    if (!a) {
        return;
    }

    struct ofputil_group_mod decoded;
    enum ofperr error = ofputil_decode_group_mod(a->data, &decoded);
    ovs_assert(!error);
    ovs_assert(gm->command == decoded.command);
    ovs_assert(gm->type == decoded.type);
    ovs_assert(gm->group_id == decoded.group_id);
    ovs_assert(gm->command_bucket_id == decoded.command_bucket_id);
    check_equal_buckets(&gm->buckets, &decoded.buckets);
    check_equal_props(&gm->props, &decoded.props);

    struct ofpbuf *b = encode_group_mod(&decoded, version);
    ovs_assert(is_equal_message(a, b));
    ofpbuf_delete(a);
    ofpbuf_delete(b);

    if (is_textual(&decoded)) {
        round_trip_text(&decoded, version);
    }
    ofputil_uninit_group_mod(&decoded);
}

/* The same for 'gd', which came from a reply of the given 'version'. */
void
round_trip_group_desc(struct ofputil_group_desc *gd, enum ofp_version version)
{
    struct ofpbuf *request = ofputil_encode_group_desc_request(version,
                                                               OFPG_ALL);
    struct ofputil_group_desc decoded;
    struct ovs_list replies;

    remove_actions(&gd->buckets);
    ofpmp_init(&replies, request->data);
    ofputil_append_group_desc_reply(gd, &gd->buckets, &replies);
    ofpbuf_delete(request);

    struct ofpbuf *reply = ofpbuf_from_list(ovs_list_pop_front(&replies));
    ovs_assert(ovs_list_is_empty(&replies));

    struct ofpbuf b = ofpbuf_const_initializer(reply->data, reply->size);
    int retval = ofputil_decode_group_desc_reply(&decoded, &b, version);
    ovs_assert(!retval);
    ovs_assert(gd->type == decoded.type);
    ovs_assert(gd->group_id == decoded.group_id);
    check_equal_buckets(&gd->buckets, &decoded.buckets);
    check_equal_props(&gd->props, &decoded.props);
    ofputil_uninit_group_desc(&decoded);
    ofpbuf_delete(reply);

    /* To add this group again must give the same one, if it is one that can be
     * added: replies are not checked so strictly. */
    struct ofputil_group_mod gm = {
        .command = OFPGC11_ADD,
        .type = gd->type,
        .group_id = gd->group_id,
        .command_bucket_id = OFPG15_BUCKET_ALL,
        .props = gd->props,
    };
    struct ofputil_group_mod added;

    ovs_list_init(&gm.buckets);
    ovs_list_splice(&gm.buckets, gd->buckets.next, &gd->buckets);
    struct ofpbuf *add = encode_group_mod(&gm, version);
    if (!ofputil_decode_group_mod(add->data, &added)) {
        round_trip_group_mod(&added, version);
        ofputil_uninit_group_mod(&added);
    }
    ofpbuf_delete(add);
    ovs_list_splice(&gd->buckets, gm.buckets.next, &gm.buckets);
}

/* The same for 'features', which came from a reply of the given 'version'. */
void
round_trip_group_features(const struct ofputil_group_features *features,
                          enum ofp_version version)
{
    struct ofpbuf *request = ofputil_encode_group_features_request(version);
    struct ofputil_group_features decoded;
    struct ofpbuf *reply;

    reply = ofputil_encode_group_features_reply(features, request->data);
    ofputil_decode_group_features_reply(reply->data, &decoded);
    ovs_assert(!memcmp(features, &decoded, sizeof decoded));
    ofpbuf_delete(request);
    ofpbuf_delete(reply);
}
