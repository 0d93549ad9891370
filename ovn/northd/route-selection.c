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
#include "route-selection.h"

#include "en-group-ecmp-route.h"
#include "lib/ovn-util.h"
#include "northd.h"
#include "selection.h"
#include "simap.h"
#include "util.h"
#include "vec.h"

/* Returns the routes of 'eg' as members of "select", or NULL if their ids are,
 * and initializes '*selection' with what those of them that say it agree
 * on. */
struct selection_member *
route_selection_members(const struct ecmp_groups_node *eg,
                        struct selection *selection)
{
    const struct ecmp_route_list_node *er;
    bool has_weights = false;
    bool differ = false;
    size_t n = 0;

    *selection = (struct selection) { .in_place = false };
    if (eg->source != ROUTE_SOURCE_STATIC) {
        return NULL;
    }

    struct selection_member *members
        = xcalloc(vector_len(&eg->route_list), sizeof *members);

    VECTOR_FOR_EACH_PTR (&eg->route_list, er) {
        const struct nbrec_logical_router_static_route *nb_route
            = CONTAINER_OF(er->route->source_hint,
                           struct nbrec_logical_router_static_route, header_);
        const struct selection_row row = {
            .what = "static route",
            .name = nb_route->ip_prefix,
            .uuid = &nb_route->header_.uuid,
            .options = &nb_route->options,
        };
        struct selection route_selection;

        selection_init(&route_selection, &row,
                       !sset_is_empty(&eg->selection_fields));
        if (!selection->in_place) {
            *selection = route_selection;
        } else {
            if (route_selection.in_place
                && !selection_equal(selection, &route_selection)) {
                selection_warn(&row, "selection_method and its options are "
                               "not those of other routes to the same "
                               "prefix, using the default");
                differ = true;
            }
            selection_destroy(&route_selection);
        }

        members[n++] = (struct selection_member) {
            .ip = er->route->nexthop ? *er->route->nexthop : in6addr_any,
            .lport = er->route->out_port ? er->route->out_port->key : NULL,
            .weight = selection_weight(&row),
        };
        has_weights |= members[n - 1].weight;
    }

    if (differ) {
        selection_destroy(selection);
        *selection = (struct selection) { .in_place = false };
    }
    selection->in_place |= has_weights;
    if (!selection_supported(selection)->in_place) {
        free(members);
        return NULL;
    }
    selection_members_number(members, n);
    return members;
}

/* Returns the next hops of 'rp' as members of "select", or NULL if their
 * positions are, and initializes '*selection'. */
struct selection_member *
policy_selection_members(const struct route_policy *rp,
                         struct selection *selection)
{
    const struct selection_row row = {
        .what = "routing policy",
        .name = rp->rule->match,
        .uuid = &rp->rule->header_.uuid,
        .options = &rp->rule->options,
    };
    struct selection_member *members = NULL;
    struct simap weights;

    selection_init(selection, &row, false);
    selection_weights_init(&weights, &row, false);
    selection->in_place |= !simap_is_empty(&weights);
    if (selection_supported(selection)->in_place) {
        members = xcalloc(rp->n_valid_nexthops, sizeof *members);
        for (size_t i = 0; i < rp->n_valid_nexthops; i++) {
            ip46_parse(rp->valid_nexthops[i], &members[i].ip);
            selection_weights_find(&weights, &members[i].ip, 0,
                                   &members[i].weight);
        }
        selection_members_number(members, rp->n_valid_nexthops);
    }
    simap_destroy(&weights);
    return members;
}
