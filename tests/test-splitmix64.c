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
#undef NDEBUG
#include "splitmix64.h"
#include "ovstest.h"
#include "util.h"

/* Compares outputs with those that others publish for the same seeds. */
static void
test_splitmix64_main(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    static const uint64_t outputs[] = {
        UINT64_C(6457827717110365317),
        UINT64_C(3203168211198807973),
        UINT64_C(9817491932198370423),
        UINT64_C(4593380528125082431),
        UINT64_C(16408922859458223821),
    };

    ovs_assert(splitmix64(0, 0) == UINT64_C(0xe220a8397b1dcdaf));
    for (size_t i = 0; i < ARRAY_SIZE(outputs); i++) {
        ovs_assert(splitmix64(1234567, i) == outputs[i]);
    }
}

OVSTEST_REGISTER("test-splitmix64", test_splitmix64_main);
