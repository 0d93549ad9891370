/*
 * Licensed under the Apache License, Version 2.0 (the "License");
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
#ifndef PORTABLE_HASH_TC_H
#define PORTABLE_HASH_TC_H 1

/* Filters that run a BPF program for the portable hash, on kernels that have
 * no tcx, for portable-hash-bpf.c.  Only the main thread may call these
 * functions, unless they say otherwise. */

#include <stdbool.h>
#include <stdint.h>

enum { PORTABLE_HASH_TAG_SIZE = 8 };    /* BPF_TAG_SIZE. */

int portable_hash_tc_attach(int ifindex, bool egress, int prog_fd,
                            const uint8_t tag[PORTABLE_HASH_TAG_SIZE],
                            char **errorp);
int portable_hash_tc_detach(int ifindex, bool egress);
bool portable_hash_tc_find(int ifindex, bool egress,
                           uint8_t tag[PORTABLE_HASH_TAG_SIZE]);
bool portable_hash_tc_shares_qdisc(int ifindex);

#endif /* portable-hash-tc.h */
