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

#ifndef GROUP_KEY_H
#define GROUP_KEY_H 1

/* What identifies the groups of logical flows that have a key, and their
 * buckets. */

#include <stdint.h>

struct ovnact_ct_lb;
struct ovnact_encode_params;

uint32_t *ct_lb_bucket_ids(const struct ovnact_ct_lb *);
uint32_t group_key_assign_id(const struct ovnact_encode_params *,
                             const char *field, uint8_t table,
                             const char *name);

#endif /* lib/group-key.h */
