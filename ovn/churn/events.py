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
"""What happens to a site while its load balancers change.

Each event begins, then there may be changes, and then it ends."""

import time

from balancers import Moves
from sites import BACKENDS, NB, NODES, NORTHD, SB
from sites import controller, node, site, vswitchd

LONG_SECONDS = 8                # Too long, on a machine that is too busy.


class Event:
    """Nothing."""

    # Can all follow changes in between, and connections be opened?
    waits = True

    def __init__(self, rng, gateways):
        self.rng = rng
        self.gateways = gateways
        self.name = type(self).__name__.lower()

    @staticmethod
    def can_be(gateways):
        return True

    def begin(self):
        pass

    def end(self):
        pass

    def moves(self):
        return Moves()


class Quiet(Event):
    pass


class Routes(Event):
    """Routers use other gateways, in another order."""
    def end(self):
        alive = self.gateways.alive
        self.gateways.use(*self.rng.sample(alive,
                                           self.rng.randint(1, len(alive))))


class Death(Event):
    """A gateway dies, and then routers notice."""
    waits = False

    @staticmethod
    def can_be(gateways):
        return len(gateways.alive) == 2

    def begin(self):
        self.gateways.kill(self.rng.choice(self.gateways.alive))

    def end(self):
        self.gateways.use(*self.gateways.alive)


class Revival(Event):
    """It is back."""
    @staticmethod
    def can_be(gateways):
        return len(gateways.alive) == 1

    def begin(self):
        dead = {"gwa", "gwb"} - set(self.gateways.alive)
        self.gateways.revive(dead.pop())

    def end(self):
        alive = self.gateways.alive
        self.gateways.use(*self.rng.sample(alive, 2))


class Recompute(Event):
    """All daemons of OVN forget what they have computed."""
    def begin(self):
        for daemon in [NORTHD] + [controller(chassis) for chassis in
                                  self.gateways.chassis()]:
            daemon.control()("inc-engine/recompute")


class Restart(Event):
    """A daemon ends, or is killed, and starts again."""
    waits = False

    def __init__(self, rng, gateways):
        super().__init__(rng, gateways)
        self.daemon = self.choose()
        self.how = rng.choice(("exit", "kill"))
        self.name = "%s of %s" % (self.how, self.daemon)

    def begin(self):
        self.daemon.end(self.how)

    def end(self):
        self.daemon.run()
        site("nb_do", "sync")


class Northd(Restart):
    def choose(self):
        return NORTHD


class Southbound(Restart):
    def choose(self):
        return SB


class Northbound(Restart):
    """Its database has to be there for changes."""
    waits = True

    def choose(self):
        return NB

    def begin(self):
        super().begin()
        self.daemon.run()

    def end(self):
        site("nb_do", "sync")


class Controller(Restart):
    def choose(self):
        return controller(self.rng.choice(self.gateways.chassis()))


class Switch(Restart):
    """A node's switch knows the connections of its backends, and forgets
    them.  Routers go on to use a gateway whose switch restarts."""
    def choose(self):
        return vswitchd(self.rng.choice(self.gateways.chassis()))

    def begin(self):
        self.begun = time.time()
        super().begin()

    def end(self):
        super().end()
        self.seconds = time.time() - self.begun

    def moves(self):
        """Call it after 'end'."""
        minus = set()
        if self.daemon.host in NODES:
            minus = {b for b in BACKENDS if node(b) == self.daemon.host}
        return Moves(minus, silence=self.seconds > LONG_SECONDS)


EVENTS = (Quiet, Routes, Death, Revival, Recompute, Northd, Southbound,
          Northbound, Controller, Controller, Switch, Switch)


def random_event(rng, gateways):
    while True:
        event = rng.choice(EVENTS)
        if event.can_be(gateways):
            return event(rng, gateways)
