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
#include "group-update.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-group.h"
#include "openvswitch/vlog.h"
#include "svec.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(group_update);

/* Groups whose buckets change.
 *
 * The switch keeps what it knows about a bucket, its counters and whatever its
 * selection method remembers, as long as the bucket is neither removed nor
 * part of a modification of the whole group.
 *
 * What changed shows in the texts, so that only that has to be parsed, which
 * would cost more than all else. */

static const char separator[] = ",bucket=";

/* The text of a group, taken apart.  Buckets in the order of their texts,
 * which begin with their ids, are in one that does not depend on changes. */
struct group_text {
    char *properties;
    struct svec buckets;
};

static void
group_text_init(struct group_text *text, const char *group)
{
    const char *end = strstr(group, separator);

    text->properties = end ? xmemdup0(group, end - group) : xstrdup(group);
    svec_init(&text->buckets);
    while (end) {
        const char *bucket = end + strlen(separator);

        end = strstr(bucket, separator);
        svec_add_nocopy(&text->buckets, end ? xmemdup0(bucket, end - bucket)
                                            : xstrdup(bucket));
    }
    svec_sort(&text->buckets);
}

static void
group_text_destroy(struct group_text *text)
{
    free(text->properties);
    svec_destroy(&text->buckets);
}

static uint32_t
bucket_text_id(const char *bucket)
{
    uint32_t id = 0;

    ovs_ignore(ovs_scan(bucket, "bucket_id=%"SCNu32, &id));
    return id;
}

/* Sends the message whose text is 's', which it clears. */
static void
send_text(enum ofp15_group_mod_command command, struct ds *s,
          group_mod_func *send, void *aux)
{
    enum ofputil_protocol usable_protocols;
    struct ofputil_group_mod gm;
    char *error = parse_ofp_group_mod_str(&gm, command, ds_cstr(s), NULL,
                                          NULL, &usable_protocols);

    if (!error) {
        send(&gm, aux);
    } else {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 1);
        VLOG_ERR_RL(&rl, "%s group %s %s",
                    command == OFPGC15_ADD ? "new" : "changed", error,
                    ds_cstr(s));
        free(error);
    }
    ofputil_uninit_group_mod(&gm);
    ds_clear(s);
}

static void
update_buckets(uint32_t group_id, const struct group_text *new,
               const struct svec *gone, const struct svec *added,
               group_mod_func *send, void *aux)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    const char *bucket;
    size_t i, j = 0;

    SVEC_FOR_EACH (i, bucket, gone) {
        ds_put_format(&s, "group_id=%"PRIu32",command_bucket_id=%"PRIu32,
                      group_id, bucket_text_id(bucket));
        send_text(OFPGC15_REMOVE_BUCKET, &s, send, aux);
    }

    /* One message for those that are next to each other. */
    SVEC_FOR_EACH (i, bucket, &new->buckets) {
        bool is_added = j < added->n && !strcmp(bucket, added->names[j]);

        if (is_added && !s.length) {
            ds_put_format(&s, "group_id=%"PRIu32",command_bucket_id=",
                          group_id);
            if (i) {
                ds_put_format(&s, "%"PRIu32,
                              bucket_text_id(new->buckets.names[i - 1]));
            } else {
                ds_put_cstr(&s, "first");
            }
        }
        if (is_added) {
            ds_put_format(&s, "%s%s", separator, bucket);
            j++;
        } else if (s.length) {
            send_text(OFPGC15_INSERT_BUCKET, &s, send, aux);
        }
    }
    if (s.length) {
        send_text(OFPGC15_INSERT_BUCKET, &s, send, aux);
    }
    ds_destroy(&s);
}

/* Calls 'send' with each message, and 'aux', that it takes to change group
 * 'group_id' from 'old', or NULL if the switch does not have it, into 'new': a
 * removal for each bucket that is gone or differs, and then insertions of
 * those that are new or differ.  If less than half of the buckets would stay,
 * or something else differs, that is all of 'new'.
 *
 * Both are texts as ovs-ofctl has them, without the group's id, whose buckets
 * begin with their ids.  Whatever order these are in, and whatever they were
 * before, the switch has them in the same one, which dp_hash depends on. */
void
group_update(uint32_t group_id, const char *old, const char *new,
             group_mod_func *send, void *aux)
{
    struct group_text old_text, new_text;
    struct svec gone, kept, added;

    group_text_init(&old_text, old ? old : "");
    group_text_init(&new_text, new);
    svec_diff(&old_text.buckets, &new_text.buckets, &gone, &kept, &added);

    if (!old || strcmp(old_text.properties, new_text.properties)
        || 2 * kept.n < old_text.buckets.n) {
        struct ds s = DS_EMPTY_INITIALIZER;
        const char *bucket;
        size_t i;

        ds_put_format(&s, "group_id=%"PRIu32",%s", group_id,
                      new_text.properties);
        SVEC_FOR_EACH (i, bucket, &new_text.buckets) {
            ds_put_format(&s, "%s%s", separator, bucket);
        }
        send_text(old ? OFPGC11_ADD_OR_MOD : OFPGC15_ADD, &s, send, aux);
        ds_destroy(&s);
    } else {
        update_buckets(group_id, &new_text, &gone, &added, send, aux);
    }

    svec_destroy(&gone);
    svec_destroy(&kept);
    svec_destroy(&added);
    group_text_destroy(&old_text);
    group_text_destroy(&new_text);
}
