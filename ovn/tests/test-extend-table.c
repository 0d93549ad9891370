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
    N_KEYED = 5,                /* The first have keys. */
    N_ENTITIES = 10,            /* Names say what the others are. */
    N_LFLOWS = 3 * N_ENTITIES,  /* Lflow I uses entity I % N_ENTITIES. */
    N_NAMES = 4,
    MAX_IDS = 1000,
};

/* Just enough, so that keys compete for ids, and plenty. */
static const int n_ids[] = { N_ENTITIES + 6, 2 * N_ENTITIES, MAX_IDS };

static struct ovn_extend_table table;
static bool used[N_LFLOWS];             /* By lflow. */
static int names[N_ENTITIES];           /* By entity. */
static uint32_t ids[N_ENTITIES];        /* In the switch, 0 if not there. */
static int installed[MAX_IDS + 1];       /* Name by id, -1 if not there. */

/* Returns the key of 'entity', or NULL.  The caller must free it. */
static char *
entity_key(int entity)
{
    return entity < N_KEYED ? xasprintf("key%d", entity) : NULL;
}

/* Returns the name of 'entity'.  Those with keys may share it, and it may be a
 * key.  The caller must free it. */
static char *
entity_name(int entity)
{
    return (entity < N_KEYED
            ? xasprintf("key%d", names[entity])
            : xasprintf("key%d of %d", names[entity], entity));
}

static int
name_from_string(const char *s)
{
    return s[strlen("key")] - '0';
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
    char *name = entity_name(lflow % N_ENTITIES);
    char *key = entity_key(lflow % N_ENTITIES);

    lflow_remove(lflow);
    uint32_t id = ovn_extend_table_assign_keyed_id(&table, key, name,
                                                   lflow_uuid(lflow));
    ovs_assert(id && id <= table.n_ids);
    free(name);
    free(key);
}

static bool
entity_is_used(int entity)
{
    for (int i = entity; i < N_LFLOWS; i += N_ENTITIES) {
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
    for (int i = 0; i < N_ENTITIES; i++) {
        char *name = entity_name(i);
        char *key = entity_key(i);
        uint32_t id = 0;

        HMAP_FOR_EACH (desired, hmap_node, &table.desired) {
            if (key ? desired->key && !strcmp(desired->key, key)
                    : !strcmp(desired->name, name)) {
                ovs_assert(!id);
                id = desired->table_id;
            }
        }
        free(name);
        free(key);
        ovs_assert(!id == !entity_is_used(i));
        if (id) {
            ovs_assert(installed[id] == names[i]);
            ovs_assert(!ids[i] || i >= N_KEYED || ids[i] == id);
            n++;
        }
        ids[i] = id;
    }
    for (int id = 1; id <= MAX_IDS; id++) {
        n -= installed[id] != -1;
    }
    ovs_assert(!n);
}

static void
switch_lost(void)
{
    for (int id = 1; id <= MAX_IDS; id++) {
        installed[id] = -1;
    }
    memset(ids, 0, sizeof ids);
}

static void
test_random(void)
{
    for (int step = 0; step < 100000; step++) {
        int lflow = random_range(N_LFLOWS);
        int entity = lflow % N_ENTITIES;

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
            for (int i = entity; i < N_LFLOWS; i += N_ENTITIES) {
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
}

static void
test_extend_table_main(int argc OVS_UNUSED, char *argv[] OVS_UNUSED)
{
    random_set_seed(1);
    for (size_t i = 0; i < ARRAY_SIZE(n_ids); i++) {
        ovn_extend_table_init(&table, "test-table", n_ids[i]);
        memset(used, 0, sizeof used);
        switch_lost();
        test_random();
        ovn_extend_table_destroy(&table);
    }
}

OVSTEST_REGISTER("test-extend-table", test_extend_table_main);
