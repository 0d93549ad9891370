/* Licensed under the Apache License, Version 2.0 (the "License");
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
#include "selection-method.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-bundle.h"
#include "openvswitch/ofp-group.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/rconn.h"
#include "openvswitch/util.h"
#include "openvswitch/vlog.h"
#include "ovn/features.h"
#include "ovn/lex.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(selection_method);

static const char *const dp_hash_name = "consistent-dp-hash";
static const char *const hash_name = "consistent-hash";

/* Returns the length of 'name' if 'method' is that, or 0. */
static size_t
match_name(const char *method, const char *name)
{
    size_t length = strlen(name);

    return (!strncmp(method, name, length)
            && (!method[length] || method[length] == '(') ? length : 0);
}

/* Returns true if 'method' has the name of a selection method, and what may be
 * its options.  Open vSwitch checks these. */
bool
selection_method_is_valid(const char *method)
{
    size_t length = (match_name(method, dp_hash_name)
                     + match_name(method, hash_name));

    if (!length || !method[length]) {
        return length > 0;
    }

    const char *options = method + length + 1;
    size_t n = strspn(options, "abcdefghijklmnopqrstuvwxyz0123456789_=,");

    return !strcmp(options + n, ")");
}

/* Parses what comes behind "selection_method" in an action that has
 * 'hash_fields', or NULL.  Returns the method, which the caller must free, or
 * NULL after it reported a syntax error. */
char *
selection_method_parse(struct lexer *lexer, const char *hash_fields)
{
    if (!lexer_force_match(lexer, LEX_T_EQUALS)) {
        return NULL;
    }
    if (lexer->token.type != LEX_T_STRING
        || !selection_method_is_valid(lexer->token.s)) {
        lexer_syntax_error(lexer, "expecting selection method");
        return NULL;
    }
    if (hash_fields && match_name(lexer->token.s, dp_hash_name)) {
        lexer_error(lexer, "Selection method \"%s\" takes no hash_fields.",
                    lexer->token.s);
        return NULL;
    }

    char *method = xstrdup(lexer->token.s);

    lexer_get(lexer);
    return method;
}

/* Appends to 'group' what says that it is a group with selection method
 * 'method', unless that is NULL or the switch does not know it.  Then it is
 * "hash" if there are 'hash_fields', and "dp_hash" otherwise.  Returns true if
 * it is "dp_hash", whose parameter the caller may add.
 *
 * For ovn-controller's main thread. */
bool
selection_method_encode(const char *method, const char *hash_fields,
                        struct ds *group)
{
    static bool warned;
    const char *known = hash_fields ? "hash" : "dp_hash";

    if (method && ovs_feature_is_supported(OVS_CONSISTENT_SELECT_SUPPORT)) {
        known = method;
        warned = false;
    } else if (method && !warned) {
        VLOG_WARN("Open vSwitch does not support selection method \"%s\", "
                  "using \"%s\" until it does", method, known);
        warned = true;
    }

    ds_put_format(group, "type=select,selection_method=%s", known);
    if (hash_fields) {
        ds_put_format(group, ",fields(%s)", hash_fields);
    }
    return !strcmp(known, "dp_hash");
}

/* Asks the switch at 'swconn' for a group with such a method, in a bundle that
 * is discarded.  If the switch does not know it, it answers with an error.
 * Returns the xid of that. */
ovs_be32
selection_method_send_probe(struct rconn *swconn)
{
    struct ofputil_bundle_ctrl_msg ctrl = {
        .bundle_id = 1,
        .flags     = OFPBF_ORDERED | OFPBF_ATOMIC,
        .type      = OFPBCT_OPEN_REQUEST,
    };
    rconn_send(swconn,
               ofputil_encode_bundle_ctrl_request(OFP15_VERSION, &ctrl), NULL);

    struct ofputil_group_mod gm = {
        .command = OFPGC15_ADD,
        .type = OFPGT11_SELECT,
        .group_id = 1,
        .command_bucket_id = OFPG15_BUCKET_ALL,
        .props.selection_method = "consist-dp-hash",
    };
    ovs_list_init(&gm.buckets);

    struct ofpbuf *gm_msg = ofputil_encode_group_mod(OFP15_VERSION, &gm,
                                                     NULL, -1);
    struct ofputil_bundle_add_msg bam = {
        .bundle_id = ctrl.bundle_id,
        .flags = ctrl.flags,
        .msg = gm_msg->data,
    };
    struct ofpbuf *msg = ofputil_encode_bundle_add(OFP15_VERSION, &bam);

    ovs_be32 xid = ((struct ofp_header *) msg->data)->xid;

    rconn_send(swconn, msg, NULL);

    ctrl.type = OFPBCT_DISCARD_REQUEST;
    rconn_send(swconn,
               ofputil_encode_bundle_ctrl_request(OFP15_VERSION, &ctrl), NULL);

    ofpbuf_delete(gm_msg);
    return xid;
}
