# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at:
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
"""Changes a site of OVN at random, and checks what becomes of connections.

    rounds.py SECONDS SEED

In each round something happens to the site, see events.py, and while it does,
the load balancers change, see balancers.py.  All follows random numbers that
SEED determines.  Then connections feel it, and open again if they broke.

In the end, all daemons start anew, and everything is compared."""

import random
import subprocess
import sys
import time

from balancers import Balancer
from checks import Snapshot, check_gateways, check_logs, check_owners
from checks import save, start_anew
from events import random_event
from sites import BACKENDS, GATEWAYS, Gateways, site
from switch import Failure


class Summary:
    def __init__(self, seed):
        self.seed = seed
        self.start = time.time()
        self.n_rounds = 0
        self.doing = ""         # What, in this round.
        self.rows = {}          # By name: times, broke, silent, might break.

    def seconds(self):
        return time.time() - self.start

    def add(self, name, *values):
        row = self.rows.setdefault(name, [0, 0, 0, 0])
        for i, value in enumerate((1,) + values):
            row[i] += value

    def print(self):
        print("\n%-30s %6s %6s %6s %6s"
              % ("", "times", "broke", "silent", "bound"))
        for name, row in sorted(self.rows.items()):
            print("%-30s %6d %6d %6d %6d" % (name, *row))
        print("\n%d s, %d rounds, seed %d"
              % (self.seconds(), self.n_rounds, self.seed))


def feel(balancers, allowed, names, summary):
    """Lets all feel a round, and checks it."""
    texts = []
    for balancer in balancers:
        n, n_silent, bound = balancer.feel(allowed[balancer])
        summary.add(names[balancer], n, n_silent, bound)
        texts.append("%s %s %d of %d%s" % (
            balancer.name, names[balancer], n, bound,
            ", %d silent" % n_silent if n_silent else ""))
    return "; ".join(texts)


def do_round(rng, gateways, balancers, summary):
    event = random_event(rng, gateways)
    begin = time.time()
    summary.doing = event.name
    event.begin()
    allowed, names = {}, {}
    for balancer in rng.sample(balancers, len(balancers)):
        names[balancer], allowed[balancer] = balancer.change(rng, event.waits)
        summary.doing += ", %s of %s" % (names[balancer], balancer.name)
    event.end()
    for balancer in balancers:
        allowed[balancer].add(event.moves())
        if event.moves().minus:
            balancer.healthy()
    summary.add(event.name, 0, 0, 0)
    text = feel(balancers, allowed, names, summary)
    check_gateways(gateways.alive)
    print("%5d s: %s; broke: %s (%.1f s)" % (
        summary.seconds(), event.name, text, time.time() - begin), flush=True)


def finish(rng, gateways, balancers, summary):
    """Ends what is under way, and compares the site with a fresh one."""
    summary.doing = "the end"
    for gateway in set(GATEWAYS) - set(gateways.alive):
        gateways.revive(gateway)
    gateways.use(*GATEWAYS)
    for change in (Balancer.leave, Balancer.joined, Balancer.start):
        allowed = {balancer: change(balancer, rng, True)
                   or balancer.nothing(rng, True) for balancer in balancers}
        feel(balancers, allowed,
             dict.fromkeys(balancers, "(at the end)"), summary)
    check_gateways(gateways.alive)

    used = Snapshot("used")
    start_anew(gateways)
    for balancer in balancers:
        for b in BACKENDS:
            balancer.stop_server(b)
            balancer.serve(b)
        balancer.healthy()
        check_owners(balancer)
        balancer.client.owners()
    fresh = Snapshot("fresh")
    used.print(fresh)
    used.check(fresh)
    check_logs()


def churn(seconds, seed, gateways, summary):
    site("site_begin")
    rng = random.Random(seed)
    balancers = [Balancer("web", 80, 8080), Balancer("other", 81, 8443)]
    for balancer in balancers:
        balancer.write(True)
        balancer.open()

    print("changing load balancers for %d s ..." % seconds, flush=True)
    summary.start = time.time()
    while summary.seconds() < seconds:
        summary.n_rounds += 1
        do_round(rng, gateways, balancers, summary)
    finish(rng, gateways, balancers, summary)


def main(argv):
    if len(argv) != 3:
        sys.exit(__doc__)
    seconds, seed = int(argv[1]), int(argv[2])
    summary = Summary(seed)
    gateways = Gateways()
    error = None
    try:
        churn(seconds, seed, gateways, summary)
    except (Failure, OSError, subprocess.SubprocessError) as e:
        error = e
        try:
            save(gateways.chassis())
        except (Failure, OSError):
            pass                # A daemon that has ended, perhaps for that.
    summary.print()
    if error:
        print("FAILED in round %d (%s): %s"
              % (summary.n_rounds, summary.doing, error))
    else:
        print("PASSED: only connections broke that might, and nothing is left")
    sys.exit(bool(error))


if __name__ == "__main__":
    main(sys.argv)
