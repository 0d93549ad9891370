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
#undef NDEBUG
#include "lib/bucket-id.h"

#include <stdio.h>
#include <stdlib.h>

#include "ovstest.h"
#include "packets.h"
#include "util.h"

/* Usage: ovstest test-bucket-id NAME
 *        ovstest test-bucket-id [ADDRESS PORT LPORT]...
 *
 * Prints the id of NAME, or the bucket ids of what the arguments describe, in
 * this order, where "-" as LPORT is none, as tests/bucket_id.py does.  Needs
 * nothing of OVN but lib/bucket-id.c, so that it is easily built for other
 * machines. */
static void
test_bucket_id_main(int argc, char *argv[])
{
    if (argc == 2) {
        printf("%"PRIu32"\n", name_id(argv[1]));
        return;
    }

    size_t n = argc / 3;
    struct bucket_identity *identities = xcalloc(n, sizeof *identities);

    for (size_t i = 0; i < n; i++) {
        char **arg = &argv[1 + 3 * i];
        ovs_be32 ip4;

        if (ip_parse(arg[0], &ip4)) {
            in6_addr_set_mapped_ipv4(&identities[i].ip, ip4);
        } else if (!ipv6_parse(arg[0], &identities[i].ip)) {
            ovs_fatal(0, "%s: bad address", arg[0]);
        }
        identities[i].port = atoi(arg[1]);
        identities[i].lport = strcmp(arg[2], "-") ? arg[2] : NULL;
    }

    uint32_t *ids = bucket_ids(identities, n);

    for (size_t i = 0; i < n; i++) {
        printf("%"PRIu32"\n", ids[i]);
    }
    free(ids);
    free(identities);
}

OVSTEST_REGISTER("test-bucket-id", test_bucket_id_main);
