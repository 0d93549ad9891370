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
#include "selection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bitmap.h"
#include "lib/bucket-id.h"
#include "lib/ovn-util.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "ovs-thread.h"
#include "packets.h"
#include "simap.h"
#include "smap.h"
#include "socket-util.h"
#include "sset.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(selection);

/* What Open vSwitch takes. */
enum {
    MIN_SLOTS = 16,
    MAX_SLOTS = 65536,
    MAX_LOAD_BOUND = 254,       /* Percent. */
};

enum {
    MIN_HASH_BITS = 8,          /* One for each of all fields. */
    DEFAULT_HASH_BITS = 12,     /* 4096 datapath flows at most. */
    MAX_HASH_BITS = 32,
};

enum {
    MAX_LOGGED = 1000,          /* Messages that are logged just once. */
};

/* Whether all chassis know bucket ids, weights and selection methods in the
 * arguments of actions. */
static bool is_supported;

/* Not for threads that build flows, but before. */
void
selection_set_supported(bool supported)
{
    is_supported = supported;
}

/* Returns 'selection', or what is left of it if not all chassis know it. */
const struct selection *
selection_supported(const struct selection *selection)
{
    static const struct selection unknown;

    return is_supported ? selection : &unknown;
}

/* Logs, once until the daemon is started anew, what is wrong with 'row'.  If
 * there is very much, it does not remember the rest, and limits its rate. */
void
selection_warn(const struct selection_row *row, const char *format, ...)
{
    static struct ovs_mutex mutex = OVS_MUTEX_INITIALIZER;
    static struct sset logged = SSET_INITIALIZER(&logged);
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);
    struct ds s = DS_EMPTY_INITIALIZER;
    va_list args;

    ds_put_format(&s, "%s %s ("UUID_FMT"): ", row->what, row->name,
                  UUID_ARGS(row->uuid));
    va_start(args, format);
    ds_put_format_valist(&s, format, args);
    va_end(args);

    ovs_mutex_lock(&mutex);
    if (sset_count(&logged) < MAX_LOGGED) {
        if (sset_add(&logged, ds_cstr(&s))) {
            VLOG_WARN("%s", ds_cstr(&s));
        }
    } else if (!sset_contains(&logged, ds_cstr(&s))) {
        VLOG_WARN_RL(&rl, "%s", ds_cstr(&s));
    }
    ovs_mutex_unlock(&mutex);
    ds_destroy(&s);
}

/* Stores option 'name' of 'row' in '*value'.  Returns false if it has none, or
 * one that is not in the range from 'min' to 'max'. */
static bool
get_number(const struct selection_row *row, const char *name,
           unsigned int min, unsigned int max, unsigned int *value)
{
    const char *s = smap_get(row->options, name);

    if (!s) {
        return false;
    }
    if (!str_to_uint(s, 10, value) || *value < min || *value > max) {
        selection_warn(row, "%s \"%s\" is not in the range from %u to %u",
                       name, s, min, max);
        return false;
    }
    return true;
}

/* Initializes 'selection' from the options of 'row', which has selection
 * fields if 'has_fields'.  Logs those that are wrong, which count as not
 * given. */
void
selection_init(struct selection *selection, const struct selection_row *row,
               bool has_fields)
{
    const char *method = smap_get(row->options, "selection_method");
    bool is_hash = method && !strcmp(method, "consistent-hash");
    unsigned int value;

    *selection = (struct selection) { .in_place = false };
    if (method && strcmp(method, "dp_hash")
        && strcmp(method, "consistent-dp-hash") && !is_hash) {
        selection_warn(row, "selection_method \"%s\" is unknown, using the "
                       "default", method);
        method = NULL;
    } else if (is_hash && !has_fields) {
        selection_warn(row, "selection_method \"%s\" needs selection fields, "
                       "using the default", method);
        method = NULL;
    } else if (method && !is_hash && has_fields && strcmp(method, "dp_hash")) {
        selection_warn(row, "selection_method \"%s\" excludes selection "
                       "fields, using the default", method);
        method = NULL;
    }

    if (!method || !strncmp(method, "dp_", 3)) {
        static const char *const options[] = {
            "slots", "load_bound", "hash_bits"
        };

        for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
            const char *s = smap_get(row->options, options[i]);

            if (s) {
                selection_warn(row, "%s \"%s\" needs a consistent "
                               "selection_method", options[i], s);
            }
        }
        selection->in_place = method != NULL;
        return;
    }

    struct ds s = DS_EMPTY_INITIALIZER;

    if (get_number(row, "slots", MIN_SLOTS, MAX_SLOTS, &value)) {
        if (is_pow2(value)) {
            ds_put_format(&s, "slots=%u,", value);
        } else {
            selection_warn(row, "slots \"%u\" is no power of 2", value);
        }
    }
    if (get_number(row, "load_bound", 0, MAX_LOAD_BOUND, &value)) {
        ds_put_format(&s, "load_bound=%u,", value);
    }
    ds_chomp(&s, ',');

    selection->in_place = true;
    selection->method = (s.length ? xasprintf("%s(%s)", method, ds_cstr(&s))
                                  : xstrdup(method));
    ds_destroy(&s);

    if (is_hash) {
        selection->hash_bits = (get_number(row, "hash_bits", MIN_HASH_BITS,
                                           MAX_HASH_BITS, &value)
                                ? value : DEFAULT_HASH_BITS);
    } else if (smap_get(row->options, "hash_bits")) {
        selection_warn(row, "hash_bits \"%s\" needs selection_method "
                       "\"consistent-hash\"",
                       smap_get(row->options, "hash_bits"));
    }
}

void
selection_destroy(struct selection *selection)
{
    free(selection->method);
}

bool
selection_equal(const struct selection *a, const struct selection *b)
{
    return (a->in_place == b->in_place && a->hash_bits == b->hash_bits
            && nullable_string_is_equal(a->method, b->method));
}

/* Returns the option "weight" of 'row', or 0 if it has none. */
uint16_t
selection_weight(const struct selection_row *row)
{
    unsigned int weight;

    return get_number(row, "weight", 1, UINT16_MAX, &weight) ? weight : 0;
}

static char *
member_key(const struct in6_addr *ip, uint16_t port)
{
    struct ds key = DS_EMPTY_INITIALIZER;

    ipv6_format_mapped(ip, &key);
    ds_put_format(&key, " %"PRIu16, port);
    return ds_steal_cstr(&key);
}

/* Parses 's', which it changes, an address with or without a port.  Does not
 * log what is wrong. */
static bool
parse_address(char *s, struct in6_addr *ip, uint16_t *port)
{
    char *ip_s, *port_s;
    unsigned int value = 0;

    inet_parse_host_port_tokens(s, &ip_s, &port_s);
    if (!ip_s || !ip46_parse(ip_s, ip)
        || (port_s && !str_to_uint(port_s, 10, &value))
        || value > UINT16_MAX) {
        return false;
    }
    *port = value;
    return true;
}

/* Initializes 'numbers' from the option 'name' of 'row': ADDRESS=NUMBER or
 * ADDRESS:PORT=NUMBER, separated by commas or spaces, where an IPv6 address
 * with a port is in square brackets, and NUMBER is 'what' and in the range
 * from 'min' to 'max'. */
void
selection_numbers_init(struct simap *numbers, const struct selection_row *row,
                       const char *name, const char *what,
                       unsigned int min, unsigned int max)
{
    char *s = xstrdup(smap_get_def(row->options, name, ""));
    char *item, *save_ptr = NULL;

    simap_init(numbers);
    for (item = strtok_r(s, ", ", &save_ptr); item;
         item = strtok_r(NULL, ", ", &save_ptr)) {
        char *equals = strchr(item, '=');
        unsigned int number;
        struct in6_addr ip;
        uint16_t port;

        if (!equals || !str_to_uint(equals + 1, 10, &number)
            || number < min || number > max) {
            selection_warn(row, "%s: \"%s\" has no %s in the range from %u to "
                           "%u", name, item, what, min, max);
            continue;
        }

        char *member = xmemdup0(item, equals - item);

        if (parse_address(member, &ip, &port)) {
            char *key = member_key(&ip, port);

            simap_put(numbers, key, number);
            free(key);
        } else {
            selection_warn(row, "%s: \"%.*s\" is no address", name,
                           (int) (equals - item), item);
        }
        free(member);
    }
    free(s);
}

/* Returns the number of the member with 'ip' and 'port', or NULL if it has
 * none. */
const unsigned int *
selection_numbers_find(const struct simap *numbers,
                       const struct in6_addr *ip, uint16_t port)
{
    if (simap_is_empty(numbers)) {
        return NULL;
    }

    char *key = member_key(ip, port);
    const struct simap_node *node = simap_find(numbers, key);

    free(key);
    return (node ? &node->data
            : port ? selection_numbers_find(numbers, ip, 0)
            : NULL);
}

/* Initializes 'weights' from the option "weights" of 'row'. */
void
selection_weights_init(struct simap *weights, const struct selection_row *row,
                       bool may_be_0)
{
    selection_numbers_init(weights, row, "weights", "weight", !may_be_0,
                           UINT16_MAX);
}

/* Stores the weight of the member with 'ip' and 'port' in '*weight'.  Returns
 * false, and stores 0, if it has none. */
bool
selection_weights_find(const struct simap *weights, const struct in6_addr *ip,
                       uint16_t port, uint16_t *weight)
{
    const unsigned int *number = selection_numbers_find(weights, ip, port);

    *weight = number ? *number : 0;
    return number != NULL;
}

static int
compare_by_id(const void *a_, const void *b_)
{
    const struct selection_member *const *a = a_, *const *b = b_;

    return (*a)->id < (*b)->id ? -1 : (*a)->id > (*b)->id;
}

/* Gives ids and values to the 'n' 'members', less than 65536.  No two are the
 * same.  The value is a folded id, and so changes seldom when other members
 * come or go: then flows change, but not what is selected. */
void
selection_members_number(struct selection_member *members, size_t n)
{
    struct bucket_identity *identities = xcalloc(n, sizeof *identities);
    struct selection_member **sorted = xmalloc(n * sizeof *sorted);
    unsigned long *used = bitmap_allocate(UINT16_MAX + 1);

    for (size_t i = 0; i < n; i++) {
        identities[i] = (struct bucket_identity) {
            .ip = members[i].ip,
            .port = members[i].port,
            .lport = members[i].lport,
        };
        sorted[i] = &members[i];
    }

    uint32_t *ids = bucket_ids(identities, n);

    for (size_t i = 0; i < n; i++) {
        members[i].id = ids[i];
    }
    qsort(sorted, n, sizeof *sorted, compare_by_id);
    bitmap_set1(used, 0);       /* Flows take 0 for "none". */
    for (size_t i = 0; i < n; i++) {
        uint16_t value = sorted[i]->id ^ (sorted[i]->id >> 16);

        while (bitmap_is_set(used, value)) {
            value++;
        }
        bitmap_set1(used, value);
        sorted[i]->value = value;
    }
    bitmap_free(used);
    free(ids);
    free(sorted);
    free(identities);
}

/* Appends what to match of 'field': its 'n_bits' low bits.  Port numbers of
 * clients are often even, so of these not the lowest. */
static void
put_masked_field(const char *field, unsigned int n_bits, struct ds *s)
{
    ds_put_format(s, "%s=", field);
    if (!strncmp(field, "ipv6_", 5)) {
        struct in6_addr mask = in6addr_any;

        for (unsigned int i = 0; i < n_bits; i++) {
            mask.s6_addr[15 - i / 8] |= 1u << (i % 8);
        }
        ipv6_format_addr(&mask, s);
    } else if (!strncmp(field, "ip_", 3)) {
        ds_put_format(s, IP_FMT, IP_ARGS(htonl(UINT64_MAX >> (64 - n_bits))));
    } else if (!strncmp(field, "eth_", 4)) {
        struct eth_addr mask;

        eth_addr_from_uint64(UINT64_MAX >> (64 - n_bits), &mask);
        ds_put_format(s, ETH_ADDR_FMT, ETH_ADDR_ARGS(mask));
    } else {
        ds_put_format(s, "0x%"PRIx16,
                      (uint16_t) ((UINT32_MAX >> (32 - n_bits)) << 1));
    }
}

/* Returns the names in 'fields' with masks that share 'n_bits' bits between
 * them, but for "ip_proto".  The caller must free it. */
static char *
mask_fields(const char *fields, unsigned int n_bits)
{
    struct sset names;
    const char *name;
    size_t n, i = 0;

    sset_from_delimited_string(&names, fields, ",");
    n = sset_count(&names) - sset_contains(&names, "ip_proto");

    struct ds s = DS_EMPTY_INITIALIZER;
    const char **sorted = sset_sort(&names);

    for (size_t j = 0; j < sset_count(&names); j++) {
        name = sorted[j];
        if (strcmp(name, "ip_proto")) {
            put_masked_field(name, n_bits / n + (i++ < n_bits % n), &s);
        } else {
            ds_put_cstr(&s, name);
        }
        ds_put_char(&s, ',');
    }
    ds_chomp(&s, ',');
    free(sorted);
    sset_destroy(&names);
    return ds_steal_cstr(&s);
}

/* Appends the arguments of "ct_lb*" and "select" that say how it selects:
 * those of 'selection' and the comma separated names in 'fields', if it is
 * neither empty nor NULL. */
void
selection_put_arguments(const struct selection *selection, const char *fields,
                        struct ds *actions)
{
    if (fields && fields[0]) {
        char *masked = (selection->hash_bits
                        ? mask_fields(fields, selection->hash_bits)
                        : NULL);

        ds_put_format(actions, "; hash_fields=\"%s\"",
                      masked ? masked : fields);
        free(masked);
    }
    if (selection->method) {
        ds_put_format(actions, "; selection_method=\"%s\"",
                      selection->method);
    }
}

static int
compare_members(const void *a_, const void *b_)
{
    const struct selection_member *a = a_, *b = b_;

    return a->id < b->id ? -1 : a->id > b->id;
}

/* Appends the selection of one of the 'n' 'members', at least 1, which have
 * numbers, and what goes on with it in the next table.  What it is assigned to
 * comes before.  The order of members makes no difference.  If not all chassis
 * know more than this, it selects one of the values. */
void
selection_put_select(const struct selection *selection,
                     const struct selection_member *members, size_t n,
                     const char *fields, struct ds *actions)
{
    if (n == 1) {
        ds_put_format(actions, "%"PRIu16"; next;", members[0].value);
        return;
    }

    struct selection_member *sorted = xmemdup(members, n * sizeof *members);
    const struct selection *supported = selection_supported(selection);
    bool has_ids = supported->in_place;
    bool has_arguments = has_ids || (fields && fields[0]);

    qsort(sorted, n, sizeof *sorted, compare_members);
    ds_put_cstr(actions, has_arguments ? "select(values=(" : "select(");
    for (size_t i = 0; i < n; i++) {
        ds_put_format(actions, "%s%"PRIu16, i ? ", " : "", sorted[i].value);
        if (has_ids && sorted[i].weight) {
            ds_put_format(actions, "=%"PRIu16, sorted[i].weight);
        }
    }
    if (has_ids) {
        ds_put_cstr(actions, "); ids=(");
        for (size_t i = 0; i < n; i++) {
            ds_put_format(actions, "%s%"PRIu32, i ? ", " : "", sorted[i].id);
        }
    }
    if (has_arguments) {
        ds_put_char(actions, ')');
        selection_put_arguments(supported, fields, actions);
    }
    ds_put_cstr(actions, ");");
    free(sorted);
}
