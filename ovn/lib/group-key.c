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
#include "group-key.h"

#include "bucket-id.h"
#include "lib/extend-table.h"
#include "ovn/actions.h"
#include "packets.h"
#include "util.h"

/* Returns an array with a bucket id for each destination of 'cl'.  The caller
 * must free it. */
uint32_t *
ct_lb_bucket_ids(const struct ovnact_ct_lb *cl)
{
    struct bucket_identity *identities
        = xcalloc(cl->n_dsts, sizeof *identities);

    for (size_t i = 0; i < cl->n_dsts; i++) {
        const struct ovnact_ct_lb_dst *dst = &cl->dsts[i];

        identities[i].ip = (dst->family == AF_INET
                            ? in6_addr_mapped_ipv4(dst->ipv4)
                            : dst->ipv6);
        identities[i].port = dst->port;
    }

    uint32_t *ids = bucket_ids(identities, cl->n_dsts);

    free(identities);
    return ids;
}

/* Returns the id of the group 'name', whose buckets write to 'field' and go on
 * with 'table'.  If the logical flow has a key, that says which group it is,
 * together with where it is used, because a key may have several. */
uint32_t
group_key_assign_id(const struct ovnact_encode_params *ep, const char *field,
                    uint8_t table, const char *name)
{
    char *key = (ep->group_key
                 ? xasprintf("%s %s %s %"PRIu8, ep->group_key,
                             ep->is_switch ? "switch" : "router", field, table)
                 : NULL);
    uint32_t id = ovn_extend_table_assign_keyed_id(ep->group_table, key, name,
                                                   ep->lflow_uuid);

    free(key);
    return id;
}
