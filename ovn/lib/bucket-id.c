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
#include "bucket-id.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/util.h"
#include "util.h"

/* Open vSwitch's selection methods that score buckets score their ids: the id
 * says which share of the hash values a bucket gets.  So it has to be the same
 * on all chassis, whatever they are built for and run on, and may depend on
 * nothing but what the bucket stands for.  lib/hash.h will not do: its
 * functions differ between processors.
 *
 * The id is a hash of the 16 bytes of the address, the 2 bytes of the port in
 * network byte order, and the bytes of the logical port's name: 64-bit FNV-1a
 * (RFC 9923), whose bits SplitMix64's output function mixes [Steele et al.,
 * "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014].  The upper
 * 32 bits of that are scaled to the range of ids.
 *
 * If two buckets had the same id, the larger identity gets the next one.  Only
 * then does an id depend on another bucket: with 1000 buckets, in 2 of 10,000
 * groups. */

/* Ids are less than this, so that they are positive as "int" and less than
 * OFPG15_BUCKET_MAX, too, and there is room behind it for collisions. */
#define ID_RANGE (INT32_MAX - UINT16_MAX)

#define FNV_1A_BASIS UINT64_C(0xcbf29ce484222325)

static uint64_t
fnv_1a(uint64_t hash, const void *data, size_t size)
{
    const uint8_t *p = data;

    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ p[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

static uint32_t
hash_to_id(uint64_t hash)
{
    hash = (hash ^ (hash >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    hash = (hash ^ (hash >> 27)) * UINT64_C(0x94d049bb133111eb);
    hash ^= hash >> 31;
    return ((hash >> 32) * ID_RANGE) >> 32;
}

static uint32_t
identity_hash(const struct bucket_identity *identity)
{
    uint8_t port[2] = { identity->port >> 8, identity->port & 0xff };
    uint64_t hash = FNV_1A_BASIS;

    hash = fnv_1a(hash, &identity->ip, sizeof identity->ip);
    hash = fnv_1a(hash, port, sizeof port);
    if (identity->lport) {
        hash = fnv_1a(hash, identity->lport, strlen(identity->lport));
    }
    return hash_to_id(hash);
}

struct entry {
    uint32_t hash;
    const struct bucket_identity *identity;
    size_t index;
};

static int
compare_entries(const void *a_, const void *b_)
{
    const struct entry *a = a_, *b = b_;
    const struct bucket_identity *x = a->identity, *y = b->identity;

    if (a->hash != b->hash) {
        return a->hash < b->hash ? -1 : 1;
    }

    int cmp = memcmp(&x->ip, &y->ip, sizeof x->ip);
    if (!cmp) {
        cmp = x->port < y->port ? -1 : x->port > y->port;
    }
    if (!cmp) {
        cmp = strcmp(x->lport ? x->lport : "", y->lport ? y->lport : "");
    }
    return cmp;
}

/* Returns an array with an id for each of the 'n' 'identities', at most 65536
 * of them, in the same order.  No two are the same.  The caller must free the
 * array.  Takes O(n log n) steps. */
uint32_t *
bucket_ids(const struct bucket_identity *identities, size_t n)
{
    struct entry *entries = xmalloc(n * sizeof *entries);
    uint32_t *ids = xmalloc(n * sizeof *ids);
    uint32_t next = 0;

    for (size_t i = 0; i < n; i++) {
        entries[i] = (struct entry) {
            .hash = identity_hash(&identities[i]),
            .identity = &identities[i],
            .index = i,
        };
    }
    qsort(entries, n, sizeof *entries, compare_entries);
    for (size_t i = 0; i < n; i++) {
        uint32_t id = MAX(entries[i].hash, next);

        ids[entries[i].index] = id;
        next = id + 1;
    }
    free(entries);
    return ids;
}

/* Returns a hash of 'name' that is the same on all chassis, too, and less than
 * 2**31 - 2**16: of its bytes alone, computed as above. */
uint32_t
name_id(const char *name)
{
    return hash_to_id(fnv_1a(FNV_1A_BASIS, name, strlen(name)));
}
