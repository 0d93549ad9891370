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
#include "ofp-group-slots.h"
#include <string.h>
#include "field-hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-group.h"
#include "openvswitch/ofp-parse.h"
#include "openvswitch/ofp-prop.h"
#include "openvswitch/vlog.h"
#include "rendezvous.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ofp_group_slots);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

/* Places of the options in 'selection_method_param'. */
enum {
    HASH_SHIFT = 32,
    SLOTS_SHIFT = 40,
    LOAD_BOUND_SHIFT = 48,
    RESERVED_SHIFT = 56,
};

/* The methods' names. */
static const struct method {
    const char *wire;
    const char *text;
} methods[] = {
    { OFP_CONSISTENT_DP_HASH, OFP_CONSISTENT_DP_HASH_TEXT },
    { OFP_CONSISTENT_HASH, OFP_CONSISTENT_HASH },
};

static uint8_t
get_byte(uint64_t param, int shift)
{
    return param >> shift;
}

static const struct method *
method_from_wire(const char *selection_method)
{
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        if (!strcmp(selection_method, methods[i].wire)) {
            return &methods[i];
        }
    }
    return NULL;
}

/* Returns the method whose name on the wire or in text are the first 'n' bytes
 * of 's', or NULL. */
static const struct method *
method_from_text(const char *s, size_t n)
{
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        const struct method *m = &methods[i];

        if (!strncmp(s, m->text, MAX(n, strlen(m->text)))
            || !strncmp(s, m->wire, MAX(n, strlen(m->wire)))) {
            return m;
        }
    }
    return NULL;
}

/* Returns true if 'selection_method' is the name on the wire of one of the
 * methods. */
bool
ofp_group_slots_is_method(const char *selection_method)
{
    return method_from_wire(selection_method) != NULL;
}

/* Returns true if 'selection_method' is the name on the wire of the method
 * that hashes fields. */
bool
ofp_group_slots_takes_fields(const char *selection_method)
{
    return !strcmp(selection_method, OFP_CONSISTENT_HASH);
}

/* Returns the name in text of the method with the name 'selection_method' on
 * the wire, which must be one of the methods. */
const char *
ofp_group_slots_name(const char *selection_method)
{
    return method_from_wire(selection_method)->text;
}

/* Returns 'error', which it frees, with the name in text of
 * 'selection_method', which must be one of the methods, in front. */
static char *
add_name(const char *selection_method, char *error)
{
    char *s = xasprintf("%s: %s", ofp_group_slots_name(selection_method),
                        error);

    free(error);
    return s;
}

/* Checks 'param', a selection_method_param for 'selection_method', which must
 * be one of the methods, and stores the options in it in '*options', which may
 * be null, with defaults filled in.
 *
 * Returns NULL if successful, otherwise a malloc()'d string that says which
 * bits are wrong.  The caller is responsible for freeing the returned
 * string. */
char * OVS_WARN_UNUSED_RESULT
ofp_group_slots_decode(const char *selection_method, uint64_t param,
                       struct ofp_group_slots *options)
{
    uint8_t hash = get_byte(param, HASH_SHIFT);
    uint8_t slot_bits = get_byte(param, SLOTS_SHIFT);
    uint8_t load_bound = get_byte(param, LOAD_BOUND_SHIFT);
    uint8_t reserved = get_byte(param, RESERVED_SHIFT);

    if (ofp_group_slots_takes_fields(selection_method)) {
        if (hash > OFP_GROUP_SLOTS_HASH_SYMMETRIC) {
            return xasprintf("bits 39...32 of selection_method_param must be "
                             "0 or %d for a symmetric hash of the fields, not "
                             "%"PRIu8": the datapath's hash is not used",
                             OFP_GROUP_SLOTS_HASH_SYMMETRIC, hash);
        }
    } else if (hash > OFP_GROUP_SLOTS_HASH_L4) {
        return xasprintf("bits 39...32 of selection_method_param, the "
                         "datapath hash, must be 0 to %d, not %"PRIu8,
                         OFP_GROUP_SLOTS_HASH_L4, hash);
    }
    if (slot_bits && (slot_bits < RENDEZVOUS_MIN_BITS
                      || slot_bits > RENDEZVOUS_MAX_BITS)) {
        return xasprintf("bits 47...40 of selection_method_param, the binary "
                         "logarithm of the number of slots, must be 0 or "
                         "%d to %d, not %"PRIu8, RENDEZVOUS_MIN_BITS,
                         RENDEZVOUS_MAX_BITS, slot_bits);
    }
    if (reserved) {
        return xasprintf("bits 63...56 of selection_method_param are "
                         "reserved and must be 0, not %"PRIu8, reserved);
    }

    if (options) {
        options->basis = param;
        options->hash = hash;
        options->slot_bits = (slot_bits
                              ? slot_bits
                              : OFP_GROUP_SLOTS_DEFAULT_BITS);
        options->load_bound = load_bound;
    }
    return NULL;
}

/* Checks the options and fields of 'props', if their selection method is one
 * of the methods.
 *
 * Returns NULL if successful, otherwise a malloc()'d string that names the
 * method and says what is wrong.  The caller is responsible for freeing the
 * returned string. */
char * OVS_WARN_UNUSED_RESULT
ofp_group_slots_check(const struct ofputil_group_props *props)
{
    struct ofp_group_slots options;

    if (!ofp_group_slots_is_method(props->selection_method)) {
        return NULL;
    }

    char *error = ofp_group_slots_decode(props->selection_method,
                                         props->selection_method_param,
                                         &options);
    if (!error && ofp_group_slots_takes_fields(props->selection_method)) {
        error = field_hash_check(
            &props->fields, options.hash == OFP_GROUP_SLOTS_HASH_SYMMETRIC);
    }
    return error ? add_name(props->selection_method, error) : NULL;
}

/* Does the same for 'gm', but logs what is wrong.
 *
 * Returns 0 if successful, otherwise an OpenFlow error.
 *
 * Descriptions of groups need no check: a switch that knows more options than
 * we do may describe them. */
enum ofperr
ofp_group_slots_check_group_mod(const struct ofputil_group_mod *gm)
{
    char *error = ofp_group_slots_check(&gm->props);

    if (error) {
        OFPPROP_LOG(&rl, false, "group %"PRIu32": selection method %s",
                    gm->group_id, error);
        free(error);
        return OFPERR_OFPBPC_BAD_VALUE;
    }
    return 0;
}

/* Parses 'value', the value of the option named 'name' of 'method', into
 * '*bits', which become the option's part of selection_method_param, 'shift'
 * bits from the right. */
static char * OVS_WARN_UNUSED_RESULT
parse_option(const struct method *method, const char *name, const char *value,
             uint64_t *bits, int *shift)
{
    uint64_t min, max;

    if (!strcmp(name, "hash")) {
        bool l4 = !ofp_group_slots_takes_fields(method->wire);

        *shift = HASH_SHIFT;
        if (!strcmp(value, "symmetric")) {
            *bits = OFP_GROUP_SLOTS_HASH_SYMMETRIC;
        } else if (l4 && !strcmp(value, "l4")) {
            *bits = OFP_GROUP_SLOTS_HASH_L4;
        } else {
            return xasprintf("hash must be symmetric%s, not \"%s\"%s",
                             l4 ? " or l4" : "", value,
                             l4 ? "" : ": the datapath's hash is not used");
        }
        return NULL;
    } else if (!strcmp(name, "basis")) {
        *shift = 0;
        min = 0;
        max = UINT32_MAX;
    } else if (!strcmp(name, "slots")) {
        *shift = SLOTS_SHIFT;
        min = UINT64_C(1) << RENDEZVOUS_MIN_BITS;
        max = UINT64_C(1) << RENDEZVOUS_MAX_BITS;
    } else if (!strcmp(name, "load_bound")) {
        *shift = LOAD_BOUND_SHIFT;
        min = 0;
        max = UINT8_MAX;
    } else {
        return xasprintf("unknown option \"%s\": must be slots, load_bound, "
                         "hash or basis", name);
    }

    char *error = str_to_u64(value, bits);
    if (error) {
        char *s = xasprintf("%s: %s", name, error);
        free(error);
        return s;
    }
    if (*value == '-' || *bits < min || *bits > max) {
        return xasprintf("%s must be %"PRIu64" to %"PRIu64", not %s",
                         name, min, max, value);
    }
    if (*shift == SLOTS_SHIFT) {
        if (!is_pow2(*bits)) {
            return xasprintf("slots must be a power of 2, not %s", value);
        }
        *bits = log_2_floor(*bits);
    }
    return NULL;
}

/* Parses '*text', the value of "selection_method" in the text form of a group.
 * If it names one of the methods, in the text or the wire form, sets '*text'
 * to the wire form, '*param' to the bits of the options that follow in
 * parentheses, and '*has_options' to true if there are any.  If it names
 * another method, leaves '*text' alone, and sets '*param' to 0 and
 * '*has_options' to false.  Modifies the string that '*text' points to.
 *
 * Returns NULL if successful, otherwise a malloc()'d string describing the
 * error.  The caller is responsible for freeing the returned string. */
char * OVS_WARN_UNUSED_RESULT
ofp_group_slots_parse(char **text, uint64_t *param, bool *has_options)
{
    char *open = strchr(*text, '(');
    size_t name_len = open ? open - *text : strlen(*text);
    const struct method *method = method_from_text(*text, name_len);
    char *name, *value;
    unsigned int seen = 0;

    *param = 0;
    *has_options = false;
    if (!method) {
        if (strncmp(*text, "hash", MAX(name_len, strlen("hash")))
            && strncmp(*text, "dp_hash", MAX(name_len, strlen("dp_hash")))) {
            return xasprintf("unknown selection method \"%.*s\": must be "
                             "hash, dp_hash, "OFP_CONSISTENT_DP_HASH_TEXT
                             " or "OFP_CONSISTENT_HASH,
                             (int) name_len, *text);
        }
        return (open
                ? xasprintf("selection method \"%.*s\" takes no options in "
                            "parentheses", (int) name_len, *text)
                : NULL);
    }
    *text = CONST_CAST(char *, method->wire);
    if (!open) {
        return NULL;
    }

    char *options = open + 1;
    size_t len = strlen(options);
    if (!len || options[len - 1] != ')') {
        return xstrdup("options of the selection method must end with \")\"");
    }
    options[len - 1] = '\0';

    while (ofputil_parse_key_value(&options, &name, &value)) {
        uint64_t bits;
        int shift;

        char *error = parse_option(method, name, value, &bits, &shift);
        if (!error && seen & (1u << (shift / 8))) {
            error = xasprintf("%s is given twice", name);
        }
        if (error) {
            return add_name(method->wire, error);
        }
        *param |= bits << shift;
        seen |= 1u << (shift / 8);
        *has_options = true;
    }
    return NULL;
}

/* Appends the text form of 'selection_method', which must be one of the
 * methods, to 's', followed in parentheses by the options in 'param' that are
 * not 0, if any: ofp_group_slots_parse() parses it back to the same bits.  If
 * ofp_group_slots_decode() does not accept 'param', appends that as a number
 * instead. */
void
ofp_group_slots_format(const char *selection_method, uint64_t param,
                       struct ds *s)
{
    static const char *hash_names[] = { NULL, "symmetric", "l4" };
    uint8_t hash = get_byte(param, HASH_SHIFT);
    uint8_t slot_bits = get_byte(param, SLOTS_SHIFT);
    uint8_t load_bound = get_byte(param, LOAD_BOUND_SHIFT);
    uint32_t basis = param;

    ds_put_cstr(s, ofp_group_slots_name(selection_method));
    char *error = ofp_group_slots_decode(selection_method, param, NULL);
    if (error) {
        ds_put_format(s, ",selection_method_param=%#"PRIx64, param);
        free(error);
        return;
    } else if (!param) {
        return;
    }

    ds_put_char(s, '(');
    if (slot_bits) {
        ds_put_format(s, "slots=%"PRIu32",", UINT32_C(1) << slot_bits);
    }
    if (load_bound) {
        ds_put_format(s, "load_bound=%"PRIu8",", load_bound);
    }
    if (hash) {
        ds_put_format(s, "hash=%s,", hash_names[hash]);
    }
    if (basis) {
        ds_put_format(s, "basis=%"PRIu32",", basis);
    }
    ds_chomp(s, ',');
    ds_put_char(s, ')');
}
