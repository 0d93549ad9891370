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

#ifndef SELECTION_METHOD_H
#define SELECTION_METHOD_H 1

/* The selection method of a group, in the actions "ct_lb*" and "select": what
 * "ovs-ofctl" takes as its selection_method, "consistent-dp-hash" or
 * "consistent-hash", with options in parentheses if there are any. */

#include <stdbool.h>

#include "openvswitch/types.h"

struct ds;
struct lexer;
struct rconn;

bool selection_method_is_valid(const char *method);
char *selection_method_parse(struct lexer *, const char *hash_fields);
bool selection_method_encode(const char *method, const char *hash_fields,
                             struct ds *group);
ovs_be32 selection_method_send_probe(struct rconn *);

#endif /* lib/selection-method.h */
