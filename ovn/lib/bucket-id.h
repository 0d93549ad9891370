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

#ifndef BUCKET_ID_H
#define BUCKET_ID_H 1

/* Ids of groups and of their buckets, from what they stand for. */

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

/* What a bucket stands for: a backend of a load balancer, the next hop of a
 * route. */
struct bucket_identity {
    struct in6_addr ip;         /* An IPv4 address is IPv4-mapped. */
    uint16_t port;              /* In host byte order, 0 if there is none. */
    const char *lport;          /* Logical port that leads there, or NULL. */
};

uint32_t *bucket_ids(const struct bucket_identity *, size_t n);
uint32_t name_id(const char *name);

#endif /* lib/bucket-id.h */
