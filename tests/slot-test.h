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

#ifndef SLOT_TEST_H
#define SLOT_TEST_H 1

#include <stdint.h>
#include "command-line.h"
#include "random.h"
#include "util.h"

/* What unit tests of slots share. */

/* Returns a random number of 1 to 'max_bits' bits, so that small ones are as
 * likely as large ones. */
static inline uint32_t
slot_test_number(int max_bits)
{
    return random_uint32() >> (31 - random_range(max_bits));
}

/* Returns a random weight. */
static inline uint16_t
slot_test_weight(void)
{
    return 1 + slot_test_number(16) % UINT16_MAX;
}

/* Runs one of the 'commands' of a test program with the given arguments, with
 * the same random numbers each time. */
static inline void
slot_test_run(int argc, char *argv[], const struct ovs_cmdl_command commands[])
{
    struct ovs_cmdl_context ctx = {
        .argc = argc - 1,
        .argv = argv + 1,
    };

    set_program_name(argv[0]);
    random_set_seed(1);
    ovs_cmdl_run_command(&ctx, commands);
}

#endif /* slot-test.h */
