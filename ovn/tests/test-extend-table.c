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
#include "lib/extend-table.h"

#include <string.h>

#include "openvswitch/hmap.h"
#include "openvswitch/uuid.h"
#include "ovstest.h"
#include "random.h"
#include "util.h"

/* Random changes of entities with keys and without, against a switch that
 * does what ofctrl_put() would send: it must end up with just the entities
 * that logical flows use, under their names, and an entity with a key must
 * have kept its id. */

enum {
    N_KEYS = 6,                 /* The last has none: its name says it. */
    N_LFLOWS = 3 * N_KEYS,      /* Lflow I uses entity I % N_KEYS. */
    N_NAMES = 4,
    MAX_ID = 2 * N_KEYS,
};

static struct ovn_extend_table table;
static bool used[N_LFLOWS];             /* By lflow. */
static int names[N_KEYS];               /* By entity. */
static uint32_t ids[N_KEYS];            /* In the switch, 0 if not there. */
static int installed[MAX_ID + 1];       /* Name by id, -1 if not there. */

static bool
has_key(int entity)
{
    return entity != N_KEYS - 1;
}

static const char *
name_string(int name)
{
    static const char *const strings[N_NAMES] = { "a", "b", "key0", "key1" };

    return strings[name];
}

static int
name_from_string(const char *s)
{
    for (int i = 0; i < N_NAMES; i++) {
        if (!strcmp(s, name_string(i))) {
            return i;
        }
    }
    OVS_NOT_REACHED();
}

static struct uuid
lflow_uuid(int lflow)
{
    return (struct uuid) { .parts[0] = lflow + 1 };
}

static void
lflow_remove(int lflow)
{
    struct uuid uuid = lflow_uuid(lflow);

    ovn_extend_table_remove_desired(&table, &uuid);
}

/* Processes an lflow, anew if it was before. */
static void
lflow_process(int lflow)
{
    int entity = lflow % N_KEYS;
    char *key = has_key(entity) ? xasprintf("key%d", entity) : NULL;

    lflow_remove(lflow);
    uint32_t id = ovn_extend_table_assign_keyed_id(
        &table, key, name_string(names[entity]), lflow_uuid(lflow));
    ovs_assert(id && id <= MAX_ID);
    free(key);
}

static bool
entity_is_used(int entity)
{
    for (int i = entity; i < N_LFLOWS; i += N_KEYS) {
        if (used[i]) {
            return true;
        }
    }
    return false;
}

static void
put(void)
{
    struct ovn_extend_table_info *desired, *existing;

    EXTEND_TABLE_FOR_EACH_UNINSTALLED (desired, &table) {
        ovs_assert(installed[desired->table_id] == -1);
        installed[desired->table_id] = name_from_string(desired->name);
    }
    HMAP_FOR_EACH (desired, hmap_node, &table.desired) {
        if (ovn_extend_table_is_renamed(desired)) {
            existing = desired->peer;
            ovs_assert(desired->table_id == existing->table_id);
            ovs_assert(installed[desired->table_id]
                       == name_from_string(existing->name));
            installed[desired->table_id] = name_from_string(desired->name);
        }
    }
    EXTEND_TABLE_FOR_EACH_INSTALLED (existing, &table) {
        ovs_assert(installed[existing->table_id] != -1);
        installed[existing->table_id] = -1;
        ovn_extend_table_remove_existing(&table, existing);
    }
    ovn_extend_table_sync(&table);

    int n = 0;
    for (int i = 0; i < N_KEYS; i++) {
        char *key = has_key(i) ? xasprintf("key%d", i) : NULL;
        uint32_t id = 0;

        HMAP_FOR_EACH (desired, hmap_node, &table.desired) {
            if (key ? desired->key && !strcmp(desired->key, key)
                    : !desired->key) {
                ovs_assert(!id);
                id = desired->table_id;
            }
        }
        free(key);
        ovs_assert(!id == !entity_is_used(i));
        if (id) {
            ovs_assert(installed[id] == names[i]);
            ovs_assert(!ids[i] || !has_key(i) || ids[i] == id);
            n++;
        }
        ids[i] = id;
    }
    for (int id = 1; id <= MAX_ID; id++) {
        n -= installed[id] != -1;
    }
    ovs_assert(!n);
}

static void
switch_lost(void)
{
    for (int id = 1; id <= MAX_ID; id++) {
        installed[id] = -1;
    }
    memset(ids, 0, sizeof ids);
}

static void
test_extend_table_main(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    random_set_seed(1);
    ovn_extend_table_init(&table, "test-table", MAX_ID);
    switch_lost();
    for (int step = 0; step < 100000; step++) {
        int lflow = random_range(N_LFLOWS);
        int entity = lflow % N_KEYS;

        switch (random_range(20)) {
        case 0:                 /* Connected anew. */
            ovn_extend_table_clear(&table, true);
            switch_lost();
            break;
        case 1:                 /* Computed anew. */
            ovn_extend_table_clear(&table, false);
            for (int i = 0; i < N_LFLOWS; i++) {
                if (used[i]) {
                    lflow_process(i);
                }
            }
            break;
        case 2 ... 7:           /* An entity changes. */
            names[entity] = random_range(N_NAMES);
            for (int i = entity; i < N_LFLOWS; i += N_KEYS) {
                if (used[i]) {
                    lflow_process(i);
                }
            }
            break;
        case 8 ... 13:
            used[lflow] = true;
            lflow_process(lflow);
            break;
        case 14 ... 16:
            used[lflow] = false;
            lflow_remove(lflow);
            break;
        default:
            put();
            break;
        }
    }
    ovn_extend_table_destroy(&table);
}

OVSTEST_REGISTER("test-extend-table", test_extend_table_main);
