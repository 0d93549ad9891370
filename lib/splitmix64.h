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

#ifndef SPLITMIX64_H
#define SPLITMIX64_H 1

#include <stdint.h>

/* Returns output number 'i', from 0 on, of SplitMix64 seeded with 'seed'
 * (Steele, Lea and Flood, "Fast splittable pseudorandom number generators",
 * OOPSLA 2014).  For each 'i' that is a bijection of 64-bit numbers.
 *
 * Unlike most functions of hash.h, it is the same on every machine and in
 * every build.  Pure, and takes a few instructions. */
static inline uint64_t
splitmix64(uint64_t seed, uint32_t i)
{
    uint64_t z = seed + (i + UINT64_C(1)) * UINT64_C(0x9e3779b97f4a7c15);

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

#endif /* splitmix64.h */
