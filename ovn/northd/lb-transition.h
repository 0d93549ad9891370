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

#ifndef NORTHD_LB_TRANSITION_H
#define NORTHD_LB_TRANSITION_H 1

/* Backends of stateless load balancers that are about to leave, or have come
 * just now: the options "draining" and "joining", with the time when that
 * ends.
 *
 * New connections go to the first choice: what is selected without those that
 * drain.  Its chassis hands packets of connections that it does not know to
 * the second choice: what is selected without those that join, and with those
 * that drain, until that ends. */

#include <stdbool.h>
#include <stdint.h>

#include "simap.h"

struct engine_arg;
struct engine_node;
struct ovn_lb_backend;
struct selection_row;

struct lb_transition {
    struct simap draining, joining; /* Times, in seconds since 1970. */
};

void lb_transition_init(struct lb_transition *, const struct selection_row *);
void lb_transition_destroy(struct lb_transition *);
void lb_transition_schedule(const struct lb_transition *);

bool lb_transition_is_first(const struct lb_transition *,
                            const struct ovn_lb_backend *);
bool lb_transition_is_second(const struct lb_transition *,
                             const struct ovn_lb_backend *);

void *en_lb_transition_waker_init(struct engine_node *, struct engine_arg *);
enum engine_node_state en_lb_transition_waker_run(struct engine_node *,
                                                  void *data);
void en_lb_transition_waker_cleanup(void *data);

#endif /* northd/lb-transition.h */
