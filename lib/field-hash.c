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

/* Each field that a packet has is hashed alone, with its number in OpenFlow
 * first, and the hash of all is mixed from the sum of these: so the order does
 * not matter, and a field that is not there adds nothing.
 *
 * In a symmetric hash, both ends of a connection count as the source, and are
 * summed up apart:
 *
 *     ip_src=A, tcp_src=1   sum of hash(ip_src, A), hash(tcp_src, 1) -+
 *     ip_dst=B, tcp_dst=2   sum of hash(ip_src, B), hash(tcp_src, 2) -+- sum
 *     ip_proto=6            hash(ip_proto, 6) ------------------------'
 *
 * The sum of each end is hashed once more, so that A:1 to B:2 is not the same
 * as A:2 to B:1.  An answer has the lines swapped, and the same sum. */

#include <config.h>
#include "field-hash.h"
#include <string.h>
#include "bitmap.h"
#include "flow.h"
#include "nx-match.h"
#include "ofp-group-slots.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-group.h"
#include "splitmix64.h"
#include "util.h"

/* The two ends of something.  An answer has them swapped. */
static const struct ends {
    enum mf_field_id src, dst;
} ends[] = {
    { MFF_ETH_SRC, MFF_ETH_DST },
    { MFF_IPV4_SRC, MFF_IPV4_DST },
    { MFF_IPV6_SRC, MFF_IPV6_DST },
    { MFF_TCP_SRC, MFF_TCP_DST },
    { MFF_UDP_SRC, MFF_UDP_DST },
    { MFF_SCTP_SRC, MFF_SCTP_DST },
    { MFF_ARP_SPA, MFF_ARP_TPA },
    { MFF_ARP_SHA, MFF_ARP_THA },
};

static const struct ends *
find_ends(enum mf_field_id id)
{
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
        if (id == ends[i].src || id == ends[i].dst) {
            return &ends[i];
        }
    }
    return NULL;
}

/* Returns true if fragments of the same packet may have different values of
 * 'mf', or only some may have it at all. */
static bool
depends_on_fragment(const struct mf_field *mf)
{
    switch (mf->prereqs) {
    case MFP_TCP:
    case MFP_UDP:
    case MFP_SCTP:
    case MFP_ICMPV4:
    case MFP_ICMPV6:
    case MFP_ND:
    case MFP_ND_SOLICIT:
    case MFP_ND_ADVERT:
        return true;

    case MFP_NONE:
    case MFP_ETHERNET:
    case MFP_ARP:
    case MFP_VLAN_VID:
    case MFP_IPV4:
    case MFP_IPV6:
    case MFP_IP_ANY:
    case MFP_NSH:
    case MFP_MPLS:
    case MFP_CT_VALID:
        /* Behind an extension header of IPv6 the protocol is not always the
         * same. */
        return mf->id == MFF_IP_PROTO || mf->id == MFF_IP_FRAG;
    }

    OVS_NOT_REACHED();
}

/* Returns the hash of words of which the last is 'word', and those before it
 * have the hash 'hash'.  The hash of no words is 0. */
static uint64_t
add_word(uint64_t hash, uint64_t word)
{
    return splitmix64(hash ^ word, 0);
}

/* Returns the hash of words of which the first have the hash 'hash', and the
 * others are the number whose 'n' bytes are at 'p', the most significant byte
 * and the most significant word first. */
static uint64_t
add_number(uint64_t hash, const void *p, size_t n)
{
    const uint8_t *bytes = p;
    uint64_t word = 0;

    for (size_t i = 0; i < n; i++) {
        word = (word << 8) | bytes[i];
        if (!((n - 1 - i) % sizeof word)) {
            hash = add_word(hash, word);
            word = 0;
        }
    }
    return hash;
}

/* Returns the hash with the given 'basis' of those 'fields', whose values are
 * masks, that a packet with the given 'flow' has.  If 'symmetric' is true,
 * field_hash_check() must have accepted 'fields' for that.
 *
 * Sets the bits in 'wc' that the hash depends on: any flow with the same bits
 * and the same bits of what every datapath flow matches, that is, the Ethernet
 * type and whether the packet is an IP fragment, has the same hash. */
uint32_t
field_hash(const struct field_array *fields, bool symmetric, uint32_t basis,
           const struct flow *flow, struct flow_wildcards *wc)
{
    bool is_fragment = is_ip_any(flow) && flow->nw_frag & FLOW_NW_FRAG_ANY;
    uint64_t sum = 0, src = 0, dst = 0;
    const uint8_t *masks = fields->values;
    size_t i;

    BITMAP_FOR_EACH_1 (i, MFF_N_IDS, fields->used.bm) {
        const struct mf_field *mf = mf_from_id(i);
        const struct ends *e = symmetric ? find_ends(i) : NULL;
        union mf_value value, mask;

        memcpy(&mask, masks, mf->n_bytes);
        masks += mf->n_bytes;
        if ((is_fragment && depends_on_fragment(mf))
            || !mf_are_prereqs_ok(mf, flow, wc)) {
            continue;
        }
        mf_mask_field_masked(mf, &mask, wc);
        if (mf_is_tun_metadata(mf) && !mf_is_set(mf, flow)) {
            continue;
        }

        mf_get_value(mf, flow, &value);
        for (size_t j = 0; j < mf->n_bytes; j++) {
            value.b[j] &= mask.b[j];
        }

        uint64_t hash = add_word(0, mf_oxm_id(e ? e->src : mf->id));
        hash = add_number(hash, &value, mf->n_bytes);
        *(!e ? &sum : i == e->src ? &src : &dst) += hash;
    }
    if (symmetric) {
        sum += add_word(0, src) + add_word(0, dst);
    }
    return splitmix64(sum, basis) >> 32;
}

/* Returns NULL if 'fields', whose values are masks, can be hashed, and if
 * 'symmetric' is true, symmetrically, otherwise a malloc()'d string that says
 * what is wrong. */
static char * OVS_WARN_UNUSED_RESULT
check_fields(const struct field_array *fields, bool symmetric)
{
    const uint8_t *masks[MFF_N_IDS];
    const uint8_t *next = fields->values;
    size_t i;

    if (bitmap_is_all_zeros(fields->used.bm, MFF_N_IDS)) {
        return xstrdup("needs fields to hash, such as "
                       "fields(ip_src,tcp_src)");
    }

    memset(masks, 0, sizeof masks);
    BITMAP_FOR_EACH_1 (i, MFF_N_IDS, fields->used.bm) {
        const struct mf_field *mf = mf_from_id(i);

        /* A tunnel option may count just for being there. */
        if (!mf_is_tun_metadata(mf) && is_all_zeros(next, mf->n_bytes)) {
            return xasprintf("field %s has a mask of all zeros", mf->name);
        }
        masks[i] = next;
        next += mf->n_bytes;
    }

    for (i = 0; symmetric && i < ARRAY_SIZE(ends); i++) {
        const struct mf_field *src = mf_from_id(ends[i].src);
        const struct mf_field *dst = mf_from_id(ends[i].dst);
        const uint8_t *src_mask = masks[ends[i].src];
        const uint8_t *dst_mask = masks[ends[i].dst];

        if (!src_mask != !dst_mask) {
            return xasprintf("hash=symmetric with field %s needs field %s",
                             src_mask ? src->name : dst->name,
                             src_mask ? dst->name : src->name);
        }
        if (src_mask && memcmp(src_mask, dst_mask, src->n_bytes)) {
            return xasprintf("hash=symmetric needs the same mask for fields "
                             "%s and %s", src->name, dst->name);
        }
    }
    return NULL;
}

/* Checks whether the fields of 'props' can be hashed, and in the way that its
 * options, which must be valid, ask for, if its selection method is
 * "consistent-hash".
 *
 * Returns NULL if so, otherwise a malloc()'d string that names the method and
 * says what is wrong.  The caller is responsible for freeing the returned
 * string. */
char * OVS_WARN_UNUSED_RESULT
field_hash_check(const struct ofputil_group_props *props)
{
    if (!ofp_group_slots_takes_fields(props->selection_method)) {
        return NULL;
    }

    struct ofp_group_slots slots = ofp_group_slots_get(props);
    return ofp_group_slots_prefix_error(
        OFP_CONSISTENT_HASH,
        check_fields(&props->fields,
                     slots.hash == OFP_GROUP_SLOTS_HASH_SYMMETRIC));
}
