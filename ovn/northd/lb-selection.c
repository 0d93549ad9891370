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
#include "lb-selection.h"

#include "lb.h"
#include "lib/lb.h"
#include "selection.h"
#include "svec.h"
#include "util.h"
#include "vec.h"

/* Returns the backends of 'lb_vip' as members of "select".  The caller must
 * free them. */
struct selection_member *
lb_all_members(const struct ovn_northd_lb *lb,
               const struct ovn_lb_vip *lb_vip)
{
    size_t n = vector_len(&lb_vip->backends);
    struct selection_member *members = xcalloc(n, sizeof *members);
    struct svec names = SVEC_EMPTY_INITIALIZER;
    const struct ovn_lb_backend *backend;
    size_t i = 0;

    VECTOR_FOR_EACH_PTR (&lb_vip->backends, backend) {
        members[i] = (struct selection_member) {
            .ip = backend->ip,
            .port = backend->port,
        };
        if (lb->template) {
            svec_add_nocopy(&names, backend->port_str
                            ? xasprintf("%s:%s", backend->ip_str,
                                        backend->port_str)
                            : xstrdup(backend->ip_str));
            members[i].lport = svec_back(&names);
        }
        i++;
    }
    selection_members_number(members, n);
    for (i = 0; i < n; i++) {
        members[i].lport = NULL;
    }
    svec_destroy(&names);
    return members;
}

/* The same, or NULL if the members are positions. */
struct selection_member *
lb_selection_members(const struct ovn_northd_lb *lb,
                     const struct ovn_lb_vip *lb_vip)
{
    return (selection_supported(&lb->selection)->in_place
            ? lb_all_members(lb, lb_vip)
            : NULL);
}

/* Gives weights to 'members', which are the backends of 'lb_vip', and moves
 * those to the front whose weight is not 0.  Returns how many these are. */
size_t
lb_selection_drop_drained(const struct ovn_northd_lb *lb,
                          const struct ovn_lb_vip *lb_vip,
                          struct selection_member *members)
{
    const struct ovn_lb_backend *backend;
    size_t i = 0, n = 0;

    VECTOR_FOR_EACH_PTR (&lb_vip->backends, backend) {
        uint16_t weight;

        if (!selection_weights_find(&lb->weights, &backend->ip,
                                    backend->port, &weight)
            || weight) {
            members[n] = members[i];
            members[n++].weight = weight;
        }
        i++;
    }
    return n;
}
