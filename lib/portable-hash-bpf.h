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
#ifndef PORTABLE_HASH_BPF_H
#define PORTABLE_HASH_BPF_H 1

/* Portable hash in the Linux kernel
 * =================================
 *
 * The kernel computes its hashes with a seed of its own.  A BPF program on a
 * port gives each packet that comes by it the portable hash instead, before
 * the datapath has the packet: its action hash(l4) takes the layer 4 hash that
 * a packet has, and mixes the basis in as portable_dp_hash() does.
 *
 * A packet comes from outside by the ingress of a device, and from this host
 * by the egress of an internal port: each needs the program there.
 *
 * The program stays on a device until it is detached or the device is gone,
 * whether this process runs or not.  Other programs, filters and policing on
 * the device go on to work: where the kernel has tcx, which it has since Linux
 * 6.6, the program comes before them.  Earlier kernels run it as a filter,
 * behind those with priority 1, among them policing.  A filter that passes a
 * packet on without asking the next one, at that priority, leaves such packets
 * without the hash.
 *
 * Devices are those of this process's network namespace.  Only the main
 * thread may call these functions.
 *
 * Without libbpf or clang when Open vSwitch was built, or on another system
 * than Linux, nothing can be attached, and nothing ever is. */

#include <stdbool.h>

bool portable_hash_bpf_load(char **errorp);
int portable_hash_bpf_attach(int ifindex, bool egress, char **errorp);
int portable_hash_bpf_detach(int ifindex, bool egress);
bool portable_hash_bpf_is_attached(int ifindex, bool egress);
bool portable_hash_bpf_was_attached(int ifindex, bool egress);

#endif /* portable-hash-bpf.h */
