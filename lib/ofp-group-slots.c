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

/* Each option is a row of a table: where its bits are, what values they have,
 * and what they are called.  Bits, text and struct ofp_group_slots are
 * converted to each other by that table alone, and what does not fit into it
 * is refused.  To add an option, take bits from the reserved ones, and add a
 * member to struct ofp_group_slots and a row to options[]. */

#include <config.h>
#include "ofp-group-slots.h"
#include <stddef.h>
#include <string.h>
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-group.h"
#include "openvswitch/ofp-parse.h"
#include "openvswitch/ofp-prop.h"
#include "openvswitch/vlog.h"
#include "rendezvous.h"
#include "slot-bound.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ofp_group_slots);

static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);

/* The methods, and sets of them. */
enum {
    DP_HASH = 1 << 0,
    HASH = 1 << 1,
    BOTH = DP_HASH | HASH,
};

/* The methods' names. */
static const struct method {
    int id;
    const char *wire;
    const char *text;
} methods[] = {
    { DP_HASH, OFP_CONSISTENT_DP_HASH, OFP_CONSISTENT_DP_HASH_TEXT },
    { HASH, OFP_CONSISTENT_HASH, OFP_CONSISTENT_HASH },
};

/* An option of some 'methods', or, if it has no 'name', bits that are
 * reserved. */
struct option {
    const char *name;
    int methods;

    /* Its bits in 'selection_method_param': 0 stands for the default, and
     * otherwise they must be 'min' to 'max'.  Messages say so by 'must_be',
     * null if no value is wrong. */
    int shift, n_bits;
    uint32_t min, max;
    const char *must_be;

    /* In text, 1, 2 and so on have 'names', if there are any.  Otherwise, text
     * has a number, and the bits are that or, if 'is_log2', its binary
     * logarithm.  The number 0 has the bits 'zero', if that is not 0. */
    const char *names[3];       /* The first null one ends them. */
    bool is_log2;
    uint32_t zero;

    const char *note;           /* Ends messages about wrong values. */

    /* Its member in struct ofp_group_slots, a uint32_t. */
    size_t offset;
    uint32_t default_value;
};

/* In the order in which they are printed. */
static const struct option options[] = {
#define MEMBER(NAME) .offset = offsetof(struct ofp_group_slots, NAME)
    { "slots", BOTH, 40, 8, RENDEZVOUS_MIN_BITS, RENDEZVOUS_MAX_BITS,
      ", the binary logarithm of the number of slots, must be 0 or 4 to 16",
      MEMBER(slot_bits), .default_value = OFP_GROUP_SLOTS_DEFAULT_BITS,
      .is_log2 = true },
    { "load_bound", BOTH, 48, 8, 0, SLOT_BOUND_ZERO - 1, NULL,
      MEMBER(load_bound), .default_value = SLOT_BOUND_NONE,
      .zero = SLOT_BOUND_ZERO },
    { "hash", DP_HASH, 32, 8, 0, OFP_GROUP_SLOTS_HASH_L4,
      ", the datapath hash, must be 0 to 2",
      MEMBER(hash), .names = { "symmetric", "l4" } },
    { "hash", HASH, 32, 8, 0, OFP_GROUP_SLOTS_HASH_SYMMETRIC,
      " must be 0 or 1 for a symmetric hash of the fields",
      MEMBER(hash), .names = { "symmetric" },
      .note = ": the datapath's hash is not used" },
    { "basis", BOTH, 0, 32, 0, UINT32_MAX, NULL, MEMBER(basis) },
    { .methods = BOTH, .shift = 56, .n_bits = 4,
      .must_be = " are reserved and must be 0" },
    { .methods = BOTH, .shift = 60, .n_bits = 4,
      .max = OFP_GROUP_SLOTS_VERSION,
      .must_be = ", the version of the definition, must be 0" },
#undef MEMBER
};

/* Returns the option of 'method' after 'o', or the first one if 'o' is null.
 * Returns null if there is none. */
static const struct option *
next_option(const struct method *method, const struct option *o)
{
    for (o = o ? o + 1 : options; o < &options[ARRAY_SIZE(options)]; o++) {
        if (o->methods & method->id) {
            return o;
        }
    }
    return NULL;
}

#define FOR_EACH_OPTION(OPTION, METHOD)                             \
    for (OPTION = next_option(METHOD, NULL); OPTION;                \
         OPTION = next_option(METHOD, OPTION))

/* Returns the method with the given 'name' on the wire or in text, or NULL.
 * There is no room on the wire for a name that only text has. */
static const struct method *
find_method(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
        const struct method *m = &methods[i];

        if (!strcmp(name, m->wire) || !strcmp(name, m->text)) {
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
    return find_method(selection_method) != NULL;
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
    return find_method(selection_method)->text;
}

/* Returns a malloc()'d string with 'prefix', a colon and 'error', which it
 * frees, or null if 'error' is null. */
char * OVS_WARN_UNUSED_RESULT
ofp_group_slots_prefix_error(const char *prefix, char *error)
{
    char *s = error ? xasprintf("%s: %s", prefix, error) : NULL;

    free(error);
    return s;
}

/* Returns the bits of 'o' in 'param'. */
static uint32_t
get_bits(const struct option *o, uint64_t param)
{
    return param >> o->shift & (UINT64_MAX >> (64 - o->n_bits));
}

/* Checks 'param', a selection_method_param for 'selection_method', which must
 * be one of the methods, and stores the options in it in '*slots', which may
 * be null, with defaults filled in.
 *
 * Returns NULL if successful, otherwise a malloc()'d string that says which
 * bits are wrong.  The caller is responsible for freeing the returned
 * string. */
char * OVS_WARN_UNUSED_RESULT
ofp_group_slots_decode(const char *selection_method, uint64_t param,
                       struct ofp_group_slots *slots)
{
    const struct method *method = find_method(selection_method);
    const struct option *o;

    FOR_EACH_OPTION (o, method) {
        uint32_t bits = get_bits(o, param);

        if (bits && bits != o->zero && (bits < o->min || bits > o->max)) {
            return xasprintf("bits %d...%d of selection_method_param%s, not "
                             "%"PRIu32"%s", o->shift + o->n_bits - 1, o->shift,
                             o->must_be, bits, o->note ? o->note : "");
        }
        if (slots && o->name) {
            uint32_t *member = ALIGNED_CAST(uint32_t *,
                                            (char *) slots + o->offset);

            *member = bits ? bits : o->default_value;
        }
    }
    return NULL;
}

/* Checks the options of 'props', if their selection method is one of the
 * methods.
 *
 * Returns NULL if successful, otherwise a malloc()'d string that names the
 * method and says what is wrong.  The caller is responsible for freeing the
 * returned string.
 *
 * Descriptions of groups need no check: a switch that knows more options than
 * we do may describe them. */
char * OVS_WARN_UNUSED_RESULT
ofp_group_slots_check(const struct ofputil_group_props *props)
{
    if (!ofp_group_slots_is_method(props->selection_method)) {
        return NULL;
    }

    return ofp_group_slots_prefix_error(
        ofp_group_slots_name(props->selection_method),
        ofp_group_slots_decode(props->selection_method,
                               props->selection_method_param, NULL));
}

/* Returns the options of 'props', whose selection method must be one of the
 * methods, and which ofp_group_slots_check() must have accepted. */
struct ofp_group_slots
ofp_group_slots_get(const struct ofputil_group_props *props)
{
    struct ofp_group_slots slots;
    char *error = ofp_group_slots_decode(props->selection_method,
                                         props->selection_method_param,
                                         &slots);

    ovs_assert(!error);
    return slots;
}

/* Logs and frees 'error', what is wrong with the selection method of 'gm', or
 * null if nothing is.
 *
 * Returns 0 if nothing is wrong, otherwise an OpenFlow error. */
enum ofperr
ofp_group_slots_refuse(const struct ofputil_group_mod *gm, char *error)
{
    if (!error) {
        return 0;
    }
    OFPPROP_LOG(&rl, false, "group %"PRIu32": selection method %s",
                gm->group_id, error);
    free(error);
    return OFPERR_OFPBPC_BAD_VALUE;
}

/* Appends the 'n' 'names' to 's', as choices. */
static void
format_choices(const char *const names[], size_t n, struct ds *s)
{
    for (size_t i = 0; i < n; i++) {
        ds_put_format(s, "%s%s",
                      !i ? "" : i < n - 1 ? ", " : " or ", names[i]);
    }
}

/* Parses 'value', one of the names of 'o', into '*bits'. */
static char * OVS_WARN_UNUSED_RESULT
parse_name(const struct option *o, const char *value, uint64_t *bits)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    size_t n = 0;

    while (o->names[n]) {
        if (!strcmp(value, o->names[n++])) {
            *bits = n;
            return NULL;
        }
    }

    ds_put_format(&s, "%s must be ", o->name);
    format_choices(o->names, n, &s);
    ds_put_format(&s, ", not \"%s\"%s", value, o->note ? o->note : "");
    return ds_steal_cstr(&s);
}

/* Parses 'value', a number, into '*bits' of 'o'. */
static char * OVS_WARN_UNUSED_RESULT
parse_number(const struct option *o, const char *value, uint64_t *bits)
{
    uint64_t min = o->is_log2 ? UINT64_C(1) << o->min : o->min;
    uint64_t max = o->is_log2 ? UINT64_C(1) << o->max : o->max;
    char *error = str_to_u64(value, bits);

    if (error) {
        return ofp_group_slots_prefix_error(o->name, error);
    }
    if (*value == '-' || *bits < min || *bits > max) {
        return xasprintf("%s must be %"PRIu64" to %"PRIu64", not %s",
                         o->name, min, max, value);
    }
    if (o->is_log2) {
        if (!is_pow2(*bits)) {
            return xasprintf("%s must be a power of 2, not %s",
                             o->name, value);
        }
        *bits = log_2_floor(*bits);
    } else if (!*bits) {
        *bits = o->zero;
    }
    return NULL;
}

/* Parses 'value', the value of the option named 'name' of 'method', and adds
 * it to '*param'.  '*seen' has a bit for each option parsed before. */
static char * OVS_WARN_UNUSED_RESULT
parse_option(const struct method *method, const char *name, const char *value,
             uint64_t *param, unsigned int *seen)
{
    const char *names[ARRAY_SIZE(options)];
    struct ds s = DS_EMPTY_INITIALIZER;
    const struct option *o;
    size_t n = 0;

    FOR_EACH_OPTION (o, method) {
        if (o->name && !strcmp(name, o->name)) {
            uint64_t bits;
            char *error = (o->names[0]
                           ? parse_name(o, value, &bits)
                           : parse_number(o, value, &bits));

            if (!error && *seen & 1u << (o - options)) {
                error = xasprintf("%s is given twice", name);
            }
            if (!error) {
                *seen |= 1u << (o - options);
                *param |= bits << o->shift;
            }
            return error;
        } else if (o->name) {
            names[n++] = o->name;
        }
    }

    ds_put_format(&s, "unknown option \"%s\": must be ", name);
    format_choices(names, n, &s);
    return ds_steal_cstr(&s);
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
    char *name, *value;
    unsigned int seen = 0;

    *param = 0;
    *has_options = false;
    if (open) {
        *open = '\0';
    }

    const struct method *method = find_method(*text);
    if (!method) {
        if (strcmp(*text, "hash") && strcmp(*text, "dp_hash")) {
            return xasprintf("unknown selection method \"%s\": must be "
                             "hash, dp_hash, "OFP_CONSISTENT_DP_HASH_TEXT
                             " or "OFP_CONSISTENT_HASH, *text);
        }
        return (open
                ? xasprintf("selection method \"%s\" takes no options in "
                            "parentheses", *text)
                : NULL);
    }
    *text = CONST_CAST(char *, method->wire);
    if (!open) {
        return NULL;
    }

    char *list = open + 1;
    size_t len = strlen(list);
    if (!len || list[len - 1] != ')') {
        return xstrdup("options of the selection method must end with \")\"");
    }
    list[len - 1] = '\0';

    while (ofputil_parse_key_value(&list, &name, &value)) {
        char *error = parse_option(method, name, value, param, &seen);

        if (error) {
            return ofp_group_slots_prefix_error(method->text, error);
        }
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
    const struct method *method = find_method(selection_method);
    const struct option *o;

    ds_put_cstr(s, method->text);
    char *error = ofp_group_slots_decode(selection_method, param, NULL);
    if (error) {
        ds_put_format(s, ",selection_method_param=%#"PRIx64, param);
        free(error);
        return;
    } else if (!param) {
        return;
    }

    ds_put_char(s, '(');
    FOR_EACH_OPTION (o, method) {
        uint32_t bits = get_bits(o, param);

        if (bits && o->names[0]) {
            ds_put_format(s, "%s=%s,", o->name, o->names[bits - 1]);
        } else if (bits) {
            ds_put_format(s, "%s=%"PRIu32",", o->name,
                          o->is_log2 ? UINT32_C(1) << bits
                          : bits != o->zero ? bits : 0);
        }
    }
    ds_chomp(s, ',');
    ds_put_char(s, ')');
}
