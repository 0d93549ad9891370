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
#include "lb-transition.h"

#include "lib/inc-proc-eng.h"
#include "lib/lb.h"
#include "openvswitch/poll-loop.h"
#include "selection.h"
#include "timeval.h"
#include "util.h"

/* What is now, in seconds since 1970, in all of an engine run. */
static unsigned int now;

/* When the next state of a backend ends, or 0. */
static unsigned int next_end;

/* Initializes 'transition' from the options of 'row'. */
void
lb_transition_init(struct lb_transition *transition,
                   const struct selection_row *row)
{
    selection_numbers_init(&transition->draining, row, "draining", "time",
                           0, UINT32_MAX);
    selection_numbers_init(&transition->joining, row, "joining", "time",
                           0, UINT32_MAX);
}

void
lb_transition_destroy(struct lb_transition *transition)
{
    simap_destroy(&transition->draining);
    simap_destroy(&transition->joining);
}

static void
wait_for_next_end(void)
{
    if (next_end > now) {
        poll_timer_wait_until(time_msec() + (next_end - now) * 1000LL);
    }
}

static void
schedule(const struct simap *times)
{
    const struct simap_node *node;

    SIMAP_FOR_EACH (node, times) {
        if (node->data > now && (!next_end || node->data < next_end)) {
            next_end = node->data;
        }
    }
}

/* Has logical flows made anew when a state of 'transition' ends. */
void
lb_transition_schedule(const struct lb_transition *transition)
{
    schedule(&transition->draining);
    schedule(&transition->joining);
    wait_for_next_end();
}

static bool
is_before_end(const struct simap *times, const struct ovn_lb_backend *backend)
{
    const unsigned int *end = selection_numbers_find(times, &backend->ip,
                                                     backend->port);

    return end && *end > now;
}

/* Does 'backend' take part in the first choice, which is that of new
 * connections? */
bool
lb_transition_is_first(const struct lb_transition *transition,
                       const struct ovn_lb_backend *backend)
{
    return !selection_numbers_find(&transition->draining, &backend->ip,
                                   backend->port);
}

/* Does it take part in the second choice? */
bool
lb_transition_is_second(const struct lb_transition *transition,
                        const struct ovn_lb_backend *backend)
{
    return (!is_before_end(&transition->joining, backend)
            && (lb_transition_is_first(transition, backend)
                || is_before_end(&transition->draining, backend)));
}

void *
en_lb_transition_waker_init(struct engine_node *node OVS_UNUSED,
                            struct engine_arg *arg OVS_UNUSED)
{
    return NULL;
}

enum engine_node_state
en_lb_transition_waker_run(struct engine_node *node OVS_UNUSED,
                           void *data OVS_UNUSED)
{
    now = time_wall_msec() / 1000;
    if (next_end && next_end <= now) {
        next_end = 0;
        return EN_UPDATED;
    }
    wait_for_next_end();
    return EN_UNCHANGED;
}

void
en_lb_transition_waker_cleanup(void *data OVS_UNUSED)
{
}
