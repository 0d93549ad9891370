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

/* ofproto says which groups become visible instead of which others, see
 * group_slots_history_publish(), so that what a bundle did to a group counts
 * once.  Both groups have tables then, and comparing these tells what moved.
 *
 * An entry of 'entries' belongs to a group id.  It stays when the group is
 * deleted, with a reference to the group, so that the next group of that id
 * has something to be compared with; a list of these, the last one first, says
 * what to forget when they keep too much. */

#include <config.h>
#include "ofproto-dpif-group-slots-history.h"
#include <string.h>
#include "bitmap.h"
#include "hash.h"
#include "ofproto-dpif.h"
#include "ofproto-dpif-group-slots.h"
#include "ofproto-dpif-xlate.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "slot-advice.h"
#include "slot-map.h"
#include "slot-table.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(ofproto_dpif_group_slots_history);

/* A change may move connections of many users: an operator wants to see more
 * of them than of other messages. */
static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 60);
static struct vlog_rate_limit warn_rl = VLOG_RATE_LIMIT_INIT(5, 5);

/* The history of a group id. */
struct entry {
    struct hmap_node hmap_node; /* In 'entries'. */
    uint32_t group_id;
    struct group_slots_history history;

    /* The balance that has been warned about, or of a group that is
     * balanced. */
    bool warned;
    struct slot_table_params warned_params;
    bool warned_of_size;

    /* If the group has been deleted: what it was, to which this has a
     * reference, and its place in 'deleted'. */
    struct group_dpif *deleted;
    struct ovs_list list_node;
};

struct group_slots_histories {
    struct hmap entries;        /* Contains "struct entry"s. */
    struct ovs_list deleted;    /* Those of deleted groups, the last first. */
    size_t n_kept;              /* What these keep. */
};

/* Returns a new set of histories, without any.  The caller owns it and must
 * destroy it with group_slots_history_destroy(). */
struct group_slots_histories *
group_slots_history_create(void)
{
    struct group_slots_histories *histories = xzalloc(sizeof *histories);

    hmap_init(&histories->entries);
    ovs_list_init(&histories->deleted);
    return histories;
}

static struct entry *
find_entry(const struct group_slots_histories *histories, uint32_t group_id)
{
    struct entry *entry;

    HMAP_FOR_EACH_WITH_HASH (entry, hmap_node, hash_int(group_id, 0),
                             &histories->entries) {
        if (entry->group_id == group_id) {
            return entry;
        }
    }
    return NULL;
}

/* What keeping 'group' costs, in slots. */
static size_t
cost(const struct group_dpif *group)
{
    return (slot_table_n_slots(group->slots->table)
            + 32 * (size_t) group->up.n_buckets);
}

/* Forgets the deleted group of 'entry', if there is one. */
static void
forget_group(struct group_slots_histories *histories, struct entry *entry)
{
    if (entry->deleted) {
        histories->n_kept -= cost(entry->deleted);
        ovs_list_remove(&entry->list_node);
        ofproto_group_unref(&entry->deleted->up);
        entry->deleted = NULL;
    }
}

static void
destroy_entry(struct group_slots_histories *histories, struct entry *entry)
{
    forget_group(histories, entry);
    for (size_t i = 0; i < entry->history.n; i++) {
        free(entry->history.changes[i].who);
    }
    hmap_remove(&histories->entries, &entry->hmap_node);
    free(entry);
}

/* Frees 'histories', which may be null, and the groups that they keep. */
void
group_slots_history_destroy(struct group_slots_histories *histories)
{
    if (histories) {
        struct entry *entry;

        HMAP_FOR_EACH_SAFE (entry, hmap_node, &histories->entries) {
            destroy_entry(histories, entry);
        }
        hmap_destroy(&histories->entries);
        free(histories);
    }
}

/* Returns the history of 'group', which must be visible and have slots.  It is
 * good until the group changes. */
const struct group_slots_history *
group_slots_history_get(const struct group_dpif *group)
{
    const struct ofproto_dpif *ofproto
        = CONTAINER_OF(group->up.ofproto, struct ofproto_dpif, up);

    return &find_entry(ofproto->slot_histories, group->up.group_id)->history;
}

/* Keeps 'group', which is being deleted, and as many others as there is room
 * for. */
static void
keep_group(struct group_slots_histories *histories, struct entry *entry,
           struct group_dpif *group)
{
    ofproto_group_ref(&group->up);
    entry->deleted = group;
    ovs_list_push_front(&histories->deleted, &entry->list_node);
    histories->n_kept += cost(group);

    while (histories->n_kept > GROUP_SLOTS_HISTORY_KEPT) {
        destroy_entry(histories,
                      CONTAINER_OF(ovs_list_back(&histories->deleted),
                                   struct entry, list_node));
    }
}

/* Returns true if 'bucket', a struct ofputil_bucket, of 'group', a struct
 * group_dpif, is live.  A callback for slot_diff() and
 * slot_table_best_live(). */
bool
group_slots_is_live(void *bucket, void *group)
{
    return xlate_bucket_is_alive(group, bucket);
}

/* Returns true if the ids of the buckets of 'group' just count them. */
static bool
has_ids_in_order(const struct group_dpif *group)
{
    const struct ofputil_bucket *bucket;
    uint32_t next = 0;

    LIST_FOR_EACH (bucket, list_node, &group->up.buckets) {
        /* The first id is 0 or 1. */
        if (bucket->bucket_id != next && (next || bucket->bucket_id != 1)) {
            return false;
        }
        next = bucket->bucket_id + 1;
    }
    return group->up.n_buckets > 1;
}

/* Compares the buckets that the tables 'old' and 'new' have in common, for
 * 'change', and sets the bits in 'redirected' of those whose actions
 * differ. */
static void
compare_buckets(struct group_slots_change *change,
                const struct slot_table *old, const struct slot_table *new,
                unsigned long *redirected)
{
    const struct slot_winners *w = &old->winners;
    uint16_t *map = slot_map_members(w->members, w->n_members,
                                     new->winners.members,
                                     new->winners.n_members);

    for (size_t i = 0; i < w->n_members; i++) {
        if (map[i] != SLOT_MAP_NONE) {
            const struct ofputil_bucket *a = old->aux[i];
            const struct ofputil_bucket *b = new->aux[map[i]];

            change->n_stayed++;
            if (!ofpacts_equal(a->ofpacts, a->ofpacts_len,
                               b->ofpacts, b->ofpacts_len)) {
                change->n_other_actions++;
                bitmap_set1(redirected, i);
            }
            change->n_other_watch += (a->watch_port != b->watch_port
                                      || a->watch_group != b->watch_group);
        }
    }
    free(map);
}

/* Returns true if 'a' and 'b', which both must have slots and the same basis,
 * compute the same hash of each packet. */
static bool
has_same_hash(const struct group_dpif *a, const struct group_dpif *b)
{
    const struct field_array *a_fields = &a->up.props.fields;
    const struct field_array *b_fields = &b->up.props.fields;

    return (a->selection_method == b->selection_method
            && (a->selection_method == SEL_METHOD_CONSISTENT_DP_HASH
                ? (group_slots_hash_alg(a, ODPP_NONE)
                   == group_slots_hash_alg(b, ODPP_NONE))
                : (a->slots->symmetric == b->slots->symmetric
                   && bitmap_equal(a_fields->used.bm, b_fields->used.bm,
                                   MFF_N_IDS)
                   && !memcmp(a_fields->values, b_fields->values,
                              a_fields->values_size))));
}

/* Sets '*change' to what happens to connections when 'new' comes instead of
 * 'old', which may be null or have no slots.  A group with slots must have a
 * table.  Does not set 'who'.
 *
 * Takes time in proportion to the number of slots and of buckets. */
void
group_slots_change_init(struct group_slots_change *change,
                        const struct group_dpif *old_,
                        const struct group_dpif *new)
{
    struct group_dpif *old = CONST_CAST(struct group_dpif *, old_);
    const struct slot_table *table = new->slots->table;

    *change = (struct group_slots_change) {
        .kind = GROUP_SLOTS_CHANGE_FIRST,
        .when = time_wall_msec(),
        .when_mono = time_msec(),
        .n_slots = slot_table_n_slots(table),
    };
    if (!old || !old->slots) {
        return;
    }

    const struct slot_table *old_table = old->slots->table;
    unsigned long *redirected = bitmap_allocate(old_table->winners.n_members);

    compare_buckets(change, old_table, table, redirected);
    change->kind = (!slot_table_has_same_slots(old_table, table)
                    ? GROUP_SLOTS_CHANGE_SLOTS
                    : !has_same_hash(old, new) ? GROUP_SLOTS_CHANGE_HASH
                    : GROUP_SLOTS_CHANGE_BUCKETS);
    if (change->kind == GROUP_SLOTS_CHANGE_BUCKETS) {
        change->diff = slot_diff(old_table, table,
                                 change->n_other_actions ? redirected : NULL,
                                 group_slots_is_live, old);
        change->ids_in_order = (change->n_other_actions
                                && has_ids_in_order(old)
                                && has_ids_in_order(new));
    } else {
        uint64_t n_staying = slot_diff_staying(old_table, table,
                                               group_slots_is_live, old);

        change->diff.n_moved = change->n_slots;
        change->diff.n_collateral
            = n_staying * change->n_slots / slot_table_n_slots(old_table);
    }
    free(redirected);
}

/* Appends a description of what 'change' did to 's', but not who asked for
 * it. */
void
group_slots_change_format(const struct group_slots_change *change,
                          struct ds *s)
{
    if (change->kind == GROUP_SLOTS_CHANGE_FIRST) {
        ds_put_cstr(s, "first table since start");
        return;
    }
    ds_put_format(s, "%s%"PRIu32" of %"PRIu32" slots moved, %"PRIu32" "
                  "redirected, %"PRIu32" collateral",
                  (change->kind == GROUP_SLOTS_CHANGE_HASH ? "another hash, "
                   : change->kind == GROUP_SLOTS_CHANGE_SLOTS ? "other slots, "
                   : ""),
                  change->diff.n_moved, change->n_slots,
                  change->diff.n_redirected, change->diff.n_collateral);
    if (change->n_other_actions) {
        ds_put_format(s, "; %"PRIu32" of %"PRIu32" buckets that stayed have "
                      "other actions", change->n_other_actions,
                      change->n_stayed);
    }
    if (change->n_other_watch) {
        ds_put_format(s, "; %"PRIu32" of %"PRIu32" buckets that stayed watch "
                      "something else", change->n_other_watch,
                      change->n_stayed);
    }
    if (change->ids_in_order) {
        ds_put_cstr(s, "; give each backend a bucket id that it keeps: these "
                    "just count the buckets");
    }
}

static void
log_change(const struct group_dpif *group,
           const struct group_slots_change *change)
{
    if (!VLOG_DROP_INFO(&rl)) {
        struct ds s = DS_EMPTY_INITIALIZER;

        ds_reserve(&s, 256);    /* Each part is formatted just once. */
        group_slots_change_format(change, &s);
        VLOG_INFO("%s: group %"PRIu32": %s, by %s", group->up.ofproto->name,
                  group->up.group_id, ds_cstr(&s), change->who);
        ds_destroy(&s);
    }
}

/* Adds 'change', which is now the history's. */
static void
add_change(struct group_slots_history *history,
           const struct group_slots_change *change)
{
    if (change->kind != GROUP_SLOTS_CHANGE_FIRST) {
        history->n_changes++;
        history->n_moved += change->diff.n_moved;
        history->n_redirected += change->diff.n_redirected;
        history->n_collateral += change->diff.n_collateral;
    }
    if (history->n == GROUP_SLOTS_HISTORY_LEN) {
        free(history->changes[--history->n].who);
    }
    memmove(&history->changes[1], &history->changes[0],
            history->n * sizeof *history->changes);
    history->changes[0] = *change;
    history->n++;
}

/* A bucket's length in an OpenFlow 1.5 message, without actions: its header,
 * weight, watch_port and watch_group. */
#define MAX_BUCKET_LEN 32

/* Returns true if OpenFlow can describe 'group', of which the length must have
 * 16 bits. */
static bool
can_be_described(const struct group_dpif *group)
{
    const struct ofputil_group_desc desc = {
        .type = group->up.type,
        .group_id = group->up.group_id,
        .props = group->up.props,
    };
    const struct ofputil_bucket *bucket;
    size_t estimate = 0;

    /* Actions take at most twice as much room in a message. */
    LIST_FOR_EACH (bucket, list_node, &group->up.buckets) {
        estimate += MAX_BUCKET_LEN + 2 * bucket->ofpacts_len;
    }
    if (estimate <= UINT16_MAX) {
        return true;
    }

    struct ofpbuf *request = ofputil_encode_group_desc_request(OFP15_VERSION,
                                                               OFPG_ALL);
    struct ovs_list replies;
    ofpmp_init(&replies, request->data);
    ofputil_append_group_desc_reply(&desc, &group->up.buckets, &replies);
    bool fits = ofpbuf_from_list(ovs_list_back(&replies))->size <= UINT16_MAX;
    ofpbuf_list_delete(&replies);
    ofpbuf_delete(request);
    return fits;
}

/* Warns, once, if 'group' is too large for an OpenFlow message. */
static void
check_size(struct entry *entry, const struct group_dpif *group)
{
    if (!entry->warned_of_size && !can_be_described(group)) {
        entry->warned_of_size = true;
        VLOG_WARN_RL(&warn_rl, "%s: group %"PRIu32" has %"PRIu32" buckets, "
                     "too many for an OpenFlow message that describes it: "
                     "dump-groups fails, use slot-table/show",
                     group->up.ofproto->name, group->up.group_id,
                     group->up.n_buckets);
    }
}

/* Warns if the slots of 'group' are not balanced as well as they should be,
 * once for each number of slots and load bound. */
static void
check_balance(struct entry *entry, const struct group_dpif *group)
{
    const struct slot_table *table = group->slots->table;

    if (!entry->warned
        || entry->warned_params.n_bits != table->params.n_bits
        || entry->warned_params.load_bound != table->params.load_bound) {
        char *warning = slot_advice_get(table);

        entry->warned = warning != NULL;
        entry->warned_params = table->params;
        if (warning) {
            VLOG_WARN_RL(&warn_rl, "%s: group %"PRIu32": %s",
                         group->up.ofproto->name, group->up.group_id, warning);
            free(warning);
        }
    }
}

/* Tells 'histories' that packets meet 'new' from now on where they met 'old',
 * on request of 'who', the name of an OpenFlow connection.  'new' or 'old' may
 * be null, or have no slots; a table must have been made for those that have.
 * Both have the same id and bridge.  Logs what moved.
 *
 * Takes time in proportion to the number of slots and of buckets, and a
 * reference to 'old' if 'new' is null. */
void
group_slots_history_publish(struct group_slots_histories *histories,
                            struct group_dpif *old, struct group_dpif *new,
                            const char *who)
{
    if (!(old && old->slots) && !(new && new->slots)) {
        return;
    }

    struct entry *entry = find_entry(histories,
                                     (new ? new : old)->up.group_id);
    if (!new) {
        keep_group(histories, entry, old);
        return;
    } else if (!new->slots) {
        /* Nobody knows where the other method sends packets. */
        destroy_entry(histories, entry);
        return;
    } else if (!entry) {
        entry = xzalloc(sizeof *entry);
        entry->group_id = new->up.group_id;
        hmap_insert(&histories->entries, &entry->hmap_node,
                    hash_int(entry->group_id, 0));
    }

    struct group_slots_history *history = &entry->history;
    struct group_slots_change change;

    group_slots_change_init(&change,
                            old && old->slots ? old : entry->deleted, new);
    forget_group(histories, entry);
    if (change.kind == GROUP_SLOTS_CHANGE_FIRST
        || change.diff.n_moved || change.diff.n_redirected) {
        change.who = xstrdup(who);
        add_change(history, &change);
        if (change.kind != GROUP_SLOTS_CHANGE_FIRST) {
            log_change(new, &change);
        }
    }
    check_balance(entry, new);
    check_size(entry, new);
}
