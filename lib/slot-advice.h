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

#ifndef SLOT_ADVICE_H
#define SLOT_ADVICE_H 1

/* Balance of a slot table: how evenly it spreads its slots, for users who have
 * chosen too few of them. */

struct slot_table;

char *slot_advice_get(const struct slot_table *);

#endif /* slot-advice.h */
