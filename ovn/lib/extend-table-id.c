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
#include "extend-table-id.h"

#include "bucket-id.h"
#include "id-pool.h"
#include "lib/extend-table.h"
#include "openvswitch/hmap.h"

/* Returns the id that 'key' has in 'table', which has ids, unless it is in
 * use: one in the upper half of the range. */
uint32_t
ovn_extend_table_key_to_id(const struct ovn_extend_table *table,
                           const char *key)
{
    uint32_t first = 1 + table->n_ids / 2;

    return first + name_id(key) % (table->n_ids - table->n_ids / 2);
}

/* Reserves an id for a new entity in 'table', and stores it in '*id': that of
 * its 'key', which is 'hash', or any if 'key' is NULL.  As long as no other
 * ids are in the upper half of the range, which 'crowded' tells, only an
 * entity with the same hash can have it.  Returns false if all ids are in
 * use. */
bool
ovn_extend_table_reserve_id(struct ovn_extend_table *table, const char *key,
                            uint32_t hash, uint32_t *id)
{
    if (key && !table->crowded) {
        struct ovn_extend_table_info *e;
        bool in_use = false;

        *id = hash;
        HMAP_FOR_EACH_WITH_HASH (e, hmap_node, hash, &table->desired) {
            in_use |= e->table_id == *id;
        }
        HMAP_FOR_EACH_WITH_HASH (e, hmap_node, hash, &table->existing) {
            in_use |= e->table_id == *id;
        }
        if (!in_use) {
            id_pool_add(table->table_ids, *id);
            return true;
        }
    }
    if (!id_pool_alloc_id(table->table_ids, id)) {
        return false;
    }
    table->crowded |= *id > table->n_ids / 2;
    return true;
}
