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

#ifndef EXTEND_TABLE_ID_H
#define EXTEND_TABLE_ID_H 1

/* Ids of entities in an extend table, which follow from their keys. */

#include <stdbool.h>
#include <stdint.h>

struct ovn_extend_table;

uint32_t ovn_extend_table_key_to_id(const struct ovn_extend_table *,
                                    const char *key);
bool ovn_extend_table_reserve_id(struct ovn_extend_table *, const char *key,
                                 uint32_t hash, uint32_t *id);

#endif /* lib/extend-table-id.h */
