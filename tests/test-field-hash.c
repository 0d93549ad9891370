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

/* Hashes fields of packets as tests/field_hash.py, a model of the hash, does,
 * so that they can be compared, prints what stands for each field in the hash,
 * and measures the balance of few masked bits. */

#include <config.h>
#undef NDEBUG
#include "field-hash.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "flow.h"
#include "nx-match.h"
#include "ofp-group-slots.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-group.h"
#include "ovstest.h"
#include "random.h"
#include "slot-table.h"
#include "util.h"

/* Parses the text form of 'fields' into '*gm', whose 'props.fields' they
 * become.  The caller must free it with ofputil_uninit_group_mod(). */
static void
parse_fields(const char *fields, bool symmetric, struct ofputil_group_mod *gm)
{
    enum ofputil_protocol usable_protocols;
    char *s = xasprintf("group_id=1,type=select,selection_method=hash,"
                        "fields(%s)", fields);
    char *error = parse_ofp_group_mod_str(gm, OFPGC15_ADD, s, NULL, NULL,
                                          &usable_protocols);

    if (!error) {
        enum ofp_group_slots_hash hash = (symmetric
                                          ? OFP_GROUP_SLOTS_HASH_SYMMETRIC
                                          : OFP_GROUP_SLOTS_HASH_DEFAULT);

        ovs_strlcpy(gm->props.selection_method, OFP_CONSISTENT_HASH,
                    sizeof gm->props.selection_method);
        gm->props.selection_method_param = (uint64_t) hash << 32;
        error = field_hash_check(&gm->props);
    }
    if (error) {
        ovs_fatal(0, "%s: %s", s, error);
    }
    free(s);
}

/* Sets the bits in 'wc' that every datapath flow matches. */
static void
init_wildcards(const struct flow *flow, struct flow_wildcards *wc)
{
    flow_wildcards_init_catchall(wc);
    WC_MASK_FIELD(wc, packet_type);
    WC_MASK_FIELD(wc, dl_type);
    if (is_ip_any(flow)) {
        WC_MASK_FIELD_MASK(wc, nw_frag, FLOW_NW_FRAG_MASK);
    }
}

/* Returns the number of bits that are set in 'wc', but for VLAN TPIDs, which
 * come along with a bit of a VLAN tag. */
static unsigned int
count_bits(const struct flow_wildcards *wc)
{
    struct flow masks = wc->masks;
    const uint8_t *bytes = (const uint8_t *) &masks;
    unsigned int n = 0;

    masks.vlans[0].tpid = 0;
    for (size_t i = 0; i < sizeof masks; i++) {
        n += count_1bits(bytes[i]);
    }
    return n;
}

/* Checks that flows which differ from 'flow' in bits that 'wc' does not have
 * get the same 'hash'.  Only changes what is behind the tunnel, since that has
 * pointers in it. */
static void
check_wildcards(const struct ofputil_group_mod *gm, bool symmetric,
                uint32_t basis, const struct flow *flow,
                const struct flow_wildcards *wc, uint32_t hash)
{
    const uint8_t *masks = (const uint8_t *) &wc->masks;

    for (int i = 0; i < 20; i++) {
        struct flow_wildcards other_wc;
        struct flow other = *flow;
        uint8_t *bytes = (uint8_t *) &other;

        for (size_t j = offsetof(struct flow, metadata); j < sizeof other;
             j++) {
            bytes[j] ^= random_uint32() & ~masks[j];
        }
        other.nw_frag &= FLOW_NW_FRAG_MASK;
        flow_wildcards_init_catchall(&other_wc);
        ovs_assert(field_hash(&gm->props.fields, symmetric, basis, &other,
                              &other_wc) == hash);
    }
}

static void
print_hash(bool symmetric, uint32_t basis, const char *fields,
           const char *flow_text)
{
    struct ofputil_group_mod gm;
    struct flow_wildcards wc;
    struct flow flow;
    uint32_t hash;

    parse_fields(fields, symmetric, &gm);
    char *error = parse_ofp_exact_flow(&flow, NULL, NULL, flow_text, NULL);
    if (error) {
        ovs_fatal(0, "%s: %s", flow_text, error);
    }

    init_wildcards(&flow, &wc);
    unsigned int n_always = count_bits(&wc);
    hash = field_hash(&gm.props.fields, symmetric, basis, &flow, &wc);
    printf("%#010"PRIx32" %u\n", hash, count_bits(&wc) - n_always);
    check_wildcards(&gm, symmetric, basis, &flow, &wc, hash);
    ofputil_uninit_group_mod(&gm);
}

/* Prints how unevenly 2**'n_values' values of masked fields load 10 buckets
 * with 2**'n_bits' slots: the values of the fullest bucket, divided by its
 * share, on average over some bases. */
static void
print_balance(unsigned int n_values, unsigned int n_bits)
{
    enum { N_BUCKETS = 10, N_BASES = 20 };
    struct slot_bucket buckets[N_BUCKETS];
    struct ofputil_group_mod gm;
    double sum = 0;

    char *fields = xasprintf("reg0=%#x", (1 << n_values) - 1);
    parse_fields(fields, false, &gm);
    for (uint32_t basis = 0; basis < N_BASES; basis++) {
        struct slot_table_params params = {
            .basis = basis,
            .n_bits = n_bits,
        };
        unsigned int n[N_BUCKETS] = { 0 };
        unsigned int fullest = 0;

        for (int i = 0; i < N_BUCKETS; i++) {
            buckets[i] = (struct slot_bucket) {
                .id = i + 1, .weight = 1, .aux = &n[i]
            };
        }

        struct slot_table *table = slot_table_create(&params, buckets,
                                                     N_BUCKETS, NULL);
        for (uint32_t value = 0; value < 1u << n_values; value++) {
            struct flow flow = { .regs = { [0] = value } };
            struct flow_wildcards wc;

            flow_wildcards_init_catchall(&wc);
            uint32_t hash = field_hash(&gm.props.fields, false, basis, &flow,
                                       &wc);
            unsigned int *count = slot_table_owner(
                table, slot_table_slot(table, hash));

            *count += 1;
            fullest = MAX(fullest, *count);
        }
        slot_table_destroy(table);
        sum += fullest * (double) N_BUCKETS / (1 << n_values);
    }
    ofputil_uninit_group_mod(&gm);
    free(fields);
    printf(" %8.2f", sum / N_BASES);
}

static void
print_balances(void)
{
    static const unsigned int slot_bits[] = { 8, 10, 12, 14, 16 };

    printf("%4s %6s", "bits", "flows");
    for (size_t i = 0; i < ARRAY_SIZE(slot_bits); i++) {
        printf(" %8u", 1u << slot_bits[i]);
    }
    putchar('\n');
    for (unsigned int n_values = 4; n_values <= 16; n_values += 2) {
        printf("%4u %6u", n_values, 1u << n_values);
        for (size_t i = 0; i < ARRAY_SIZE(slot_bits); i++) {
            print_balance(n_values, slot_bits[i]);
        }
        putchar('\n');
    }
}

/* Prints class, number and experimenter of what stands for each field that can
 * be hashed. */
static void
print_keys(void)
{
    for (int i = 0; i < MFF_N_IDS; i++) {
        uint64_t id = mf_oxm_id(i);

        if (id || i == MFF_IN_PORT) {
            printf("%s 0x%04"PRIx64" %"PRIu64" 0x%08"PRIx32"\n",
                   mf_from_id(i)->name, id >> 48, id >> 41 & 0x7f,
                   (uint32_t) id);
        }
    }
}

/* Without arguments, reads lines of the form
 *
 *     hash|symmetric BASIS FIELDS FLOW
 *
 * without what follows a "=" between blanks, and prints them with a "=", the
 * hash and the number of bits that a datapath flow matches for it.  With the
 * argument "balance", prints the balance of some numbers of masked bits, with
 * "keys", what stands for each field in the hash. */
static void
test_field_hash_main(int argc, char *argv[])
{
    struct ds ds = DS_EMPTY_INITIALIZER;

    set_program_name(argv[0]);
    if (argc > 1) {
        if (!strcmp(argv[1], "keys")) {
            print_keys();
        } else {
            ovs_assert(!strcmp(argv[1], "balance"));
            print_balances();
        }
        return;
    }

    while (!ds_get_line(&ds, stdin)) {
        char *save_ptr = NULL;
        const char *kind = strtok_r(ds_cstr(&ds), " ", &save_ptr);
        const char *basis = strtok_r(NULL, " ", &save_ptr);
        const char *fields = strtok_r(NULL, " ", &save_ptr);
        const char *flow = strtok_r(NULL, " ", &save_ptr);
        bool symmetric = !strcmp(kind, "symmetric");

        ovs_assert(flow && (symmetric || !strcmp(kind, "hash")));
        printf("%s %s %s %s = ", kind, basis, fields, flow);
        print_hash(symmetric, strtoul(basis, NULL, 10), fields, flow);
    }
    ds_destroy(&ds);
}

OVSTEST_REGISTER("test-field-hash", test_field_hash_main);
