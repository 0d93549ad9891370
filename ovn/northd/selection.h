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

#ifndef NORTHD_SELECTION_H
#define NORTHD_SELECTION_H 1

/* How load balancers, static routes and routing policies select one of several
 * members, which are backends or next hops: the options "selection_method",
 * "slots", "load_bound", "hash_bits", "weight" and "weights" of their rows in
 * the northbound database, and the actions that these become. */

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/compiler.h"

struct ds;
struct simap;
struct smap;
struct uuid;

struct selection {
    bool in_place;              /* Whether flows and groups stay when members
                                 * change. */
    unsigned int hash_bits;     /* Of selection fields, together, or 0: all. */
    char *method;               /* See lib/selection-method.h, or NULL. */
};

/* A member of a "select" action. */
struct selection_member {
    struct in6_addr ip;
    uint16_t port;
    const char *lport;          /* Logical port that leads there, or NULL. */
    uint16_t weight;            /* 0 if it has none. */

    uint32_t id;                /* Bucket's. */
    uint16_t value;             /* What "select" stores for it. */
};

/* A row, with what messages say about it. */
struct selection_row {
    const char *what;           /* "load balancer" */
    const char *name;
    const struct uuid *uuid;
    const struct smap *options;
};

void selection_set_supported(bool);
const struct selection *selection_supported(const struct selection *);

void selection_init(struct selection *, const struct selection_row *,
                    bool has_fields);
void selection_destroy(struct selection *);
bool selection_equal(const struct selection *, const struct selection *);

void selection_warn(const struct selection_row *, const char *format, ...)
    OVS_PRINTF_FORMAT(2, 3);
uint16_t selection_weight(const struct selection_row *);
void selection_numbers_init(struct simap *numbers,
                            const struct selection_row *, const char *name,
                            const char *what, unsigned int min,
                            unsigned int max);
const unsigned int *selection_numbers_find(const struct simap *numbers,
                                           const struct in6_addr *ip,
                                           uint16_t port);
void selection_weights_init(struct simap *weights,
                            const struct selection_row *, bool may_be_0);
bool selection_weights_find(const struct simap *weights,
                            const struct in6_addr *ip, uint16_t port,
                            uint16_t *weight);

void selection_members_number(struct selection_member *, size_t n);
void selection_put_select(const struct selection *,
                          const struct selection_member *, size_t n,
                          const char *fields, struct ds *actions);
void selection_put_arguments(const struct selection *, const char *fields,
                             struct ds *actions);

#endif /* northd/selection.h */
