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

#ifndef GROUP_UPDATE_H
#define GROUP_UPDATE_H 1

#include <stdint.h>

struct ofputil_group_mod;

typedef void group_mod_func(struct ofputil_group_mod *, void *aux);

void group_update(uint32_t group_id, const char *old, const char *new,
                  group_mod_func *, void *aux);

#endif /* controller/group-update.h */
