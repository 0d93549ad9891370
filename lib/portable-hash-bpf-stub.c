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
#include <config.h>
#include "portable-hash-bpf.h"
#include <errno.h>
#include "openvswitch/compiler.h"
#include "util.h"

bool
portable_hash_bpf_load(char **errorp)
{
    *errorp = xstrdup("Open vSwitch was built without libbpf or clang");
    return false;
}

int
portable_hash_bpf_attach(int ifindex OVS_UNUSED, bool egress OVS_UNUSED,
                         char **errorp)
{
    portable_hash_bpf_load(errorp);
    return EOPNOTSUPP;
}

int
portable_hash_bpf_detach(int ifindex OVS_UNUSED, bool egress OVS_UNUSED)
{
    return 0;
}

bool
portable_hash_bpf_is_attached(int ifindex OVS_UNUSED, bool egress OVS_UNUSED)
{
    return false;
}

bool
portable_hash_bpf_was_attached(int ifindex OVS_UNUSED, bool egress OVS_UNUSED)
{
    return false;
}
