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

#ifndef WEBSTER_H
#define WEBSTER_H 1

#include <stdint.h>
#include <stdlib.h>
#include "util.h"

/* Stock dp_hash's way to fill a table: Webster's method (also known as
 * Sainte-Lague) gives each entry in turn to the bucket with the greatest
 * weight / (2 * entries so far + 1). */

struct webster {
    void *bucket;
    uint32_t divisor;
    double value;
    int hits;
};

static inline void
webster_fill(const uint16_t weights[], size_t n, uint16_t owners[],
             size_t n_slots)
{
    struct webster *webster = xcalloc(n, sizeof *webster);

    for (size_t i = 0; i < n; i++) {
        webster[i].divisor = 1;
        webster[i].value = weights[i];
    }
    for (size_t slot = 0; slot < n_slots; slot++) {
        struct webster *winner = webster;

        for (size_t i = 1; i < n; i++) {
            if (webster[i].value > winner->value) {
                winner = &webster[i];
            }
        }
        owners[slot] = winner - webster;
        winner->divisor += 2;
        winner->value = (double) weights[owners[slot]] / winner->divisor;
    }
    free(webster);
}

#endif /* webster.h */
