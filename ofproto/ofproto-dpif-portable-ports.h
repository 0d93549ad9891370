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

#ifndef OFPROTO_DPIF_PORTABLE_PORTS_H
#define OFPROTO_DPIF_PORTABLE_PORTS_H 1

/* Ports whose packets have the portable hash
 * ==========================================
 *
 * The userspace datapath computes the portable hash of any packet (see
 * portable-hash.h).  For the Linux kernel datapath, a program on the device of
 * a port gives it to each packet (see portable-hash-bpf.h), and this module
 * sees to it that the program is on the devices of all ports of a datapath:
 *
 *   - From the moment that the first group asks for the portable hash, or from
 *     the start if other_config:portable-hash in table Open_vSwitch is true,
 *     and never if it is false.
 *
 *   - On those of bridges without such a group, too: a patch port could join
 *     them at any time, and then packets that they have received get there.
 *
 *   - Until the port leaves its bridge or the setting becomes false.  It stays
 *     if the last group goes, or the daemon ends.
 *
 * A port that cannot have the program is one with another hash: translation
 * uses the next best one for its packets. */

#include <stdbool.h>
#include "openvswitch/types.h"

struct dpif;
struct ds;
struct json;
struct netdev;
struct portable_ports;
struct smap;

struct portable_ports *portable_ports_create(const struct dpif *);
void portable_ports_destroy(struct portable_ports *, bool del);

void portable_ports_configure(struct portable_ports *, const struct smap *);
void portable_ports_want(struct portable_ports *);
bool portable_ports_run(struct portable_ports *);
void portable_ports_wait(const struct portable_ports *);

void portable_ports_refresh_start(struct portable_ports *);
void portable_ports_refresh(struct portable_ports *, odp_port_t,
                            const struct netdev *);
void portable_ports_refresh_done(struct portable_ports *);

const char *portable_ports_reason(const struct portable_ports *);
bool portable_ports_have(const struct portable_ports *, odp_port_t);
void portable_ports_format(const struct portable_ports *, struct ds *);
struct json *portable_ports_to_json(const struct portable_ports *);

#endif /* ofproto-dpif-portable-ports.h */
