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
"""A load balancer that changes, and what its changes may do to connections.

Each change says which backends may lose connections, and which may get others,
and how many at most.  All else is wrong."""

import collections
import math
import os
import time

from sites import BACKENDS, site, wait_for_health
from switch import Control, Failure, LAB_DIR

DEFAULT_WEIGHT = 100
WEIGHTS = (20, 50, 100, 200, 400)
MIN_BACKENDS = 2                # That get connections.
HOUR = 3600
N_CONNECTIONS = int(os.environ["SITE_CONNECTIONS"])
N_SLOTS = 1024                  # Of a group.
FIRST_PORT, LAST_PORT = 10000, 60000


class Moves:
    """What may happen to the connections of a load balancer: 'minus' lose
    some, 'plus' get some, each with that probability for a connection.  Any
    may be silent for too long if 'silence' is true."""
    def __init__(self, minus=(), plus=(), silence=False):
        self.minus = set(minus)
        self.plus = dict(plus)
        self.silence = silence

    def add(self, other):
        self.minus |= other.minus
        self.plus.update(other.plus)
        self.silence |= other.silence

    def includes(self, old, new, how):
        """May a connection of 'old' break, how 'how' says, and be one of
        'new' then?"""
        return (int(old[1:]) in self.minus or int(new[1:]) in self.plus
                or (self.silence and how == "silent" and old == new))

    def bound(self, owners):
        """Returns how many may break if 'owners' has how many connections each
        backend has.  The share of a backend is one of slots first, and then
        one of connections, each with its deviation."""
        n = sum(owners.values())
        if self.silence:
            return n
        p = min(1, sum(self.plus.values()))
        deviation = math.sqrt(n * p * (1 - p) * (1 + n / N_SLOTS))
        return (sum(owners["b%d" % b] for b in self.minus)
                + math.floor(n * p + 5 * deviation))


def moves(old, new):
    """Returns what may move between two choices among backends with
    weights."""
    def share(weights, b):
        return weights.get(b, 0) / sum(weights.values())
    return Moves((b for b in old if old[b] > new.get(b, 0)),
                 ((b, max(0, share(new, b) - share(old, b)))
                  for b in new if new[b] > old.get(b, 0)))


class Client:
    """The connections that a client keeps with a load balancer.

    They break for silence only after 30 seconds: on a busy machine,
    ovn-controller may need ten to find a switch that was started anew, and the
    next retransmission may take longer."""
    next_port = FIRST_PORT

    def __init__(self, name, target):
        self.name = "client." + name
        self.target = target
        self.control = None

    def open(self):
        """Opens all anew, from ports that no connection has had for long.
        Some chassis may still know those of before."""
        n_ports = 2 * N_CONNECTIONS
        if Client.next_port + n_ports > LAST_PORT:
            Client.next_port = FIRST_PORT
        if self.control:
            site("lab_tell", self.name, "exit")
        site("lab_sysctl", "client", "ipv4/ip_local_port_range", "%d %d"
             % (Client.next_port, Client.next_port + n_ports - 1))
        Client.next_port += n_ports
        site("lab_echo", self.name, "client", self.target, N_CONNECTIONS,
             "--silence=30000", "--pause=200", "--size=3000")
        self.control = Control("%s/%s.ctl" % (LAB_DIR, self.name))
        self.fill()

    def tell(self, command):
        """Returns the reply, as tuples."""
        return [tuple(word.partition("=")[2] for word in line.split())
                for line in self.control(command).splitlines()]

    def fill(self):
        """Opens what is not open.  Returns how many were opened, by old and
        new owner, and how they broke."""
        for i in range(4):
            try:
                opened = self.tell("fill")
                break
            except Failure as e:    # conntrack may have a port in use.
                error = e
        else:
            raise Failure("%s: %s" % (self.name, error))
        return collections.Counter({move[:3]: int(move[3])
                                    for move in opened})

    def owners(self):
        """Waits until each connection was used.  Returns how many each owner
        has, of those that live."""
        result = collections.Counter()
        for owner, state, n in self.tell("report"):
            if state == "live":
                result[owner] += int(n)
        return result


class Balancer:
    """What a load balancer has to be, and its client."""
    def __init__(self, name, n, port):
        self.name = name
        self.port = port
        self.vip = site("at", site("vip", n), 80)
        self.client = Client(name, self.vip)
        self.weights = dict.fromkeys(range(1, 7), DEFAULT_WEIGHT)
        self.joining = None     # A backend.
        self.draining = None
        self.ends = {}          # Of these states, in seconds since 1970.
        self.stopped = None     # A backend whose server has ended.

        # May a chassis know connections that it has lost, because they were
        # opened again?  Are some from before a backend joined?
        self.is_mixed = self.has_older = False
        self.owners = None      # As reported last.

    def first(self):
        """Returns the weights of those that get new connections."""
        return {b: weight for b, weight in self.weights.items()
                if weight and b not in (self.draining, self.stopped)}

    def second(self):
        """Returns the weights of those that have the others' connections."""
        return {b: weight for b, weight in self.weights.items()
                if weight and b not in (self.joining, self.stopped)}

    def steady(self):
        """Returns those that may be taken away, so that enough others are
        left."""
        others = set(self.first()) - {self.joining}
        return sorted(others) if len(others) > MIN_BACKENDS else []

    def at(self, b):
        return site("at", site("backend_ip", b), self.port)

    def write(self, wait):
        """Has the database say all this, and waits for all that live to
        follow if 'wait' is true."""
        at = {b: self.at(b) for b in self.weights}
        options = {"selection_method": "consistent-dp-hash",
                   "stateless": "true", "ct_flush": "true",
                   "weights": ",".join("%s=%d" % (at[b], weight)
                                       for b, weight in self.weights.items()
                                       if weight != DEFAULT_WEIGHT)}
        for state, b in (("joining", self.joining),
                         ("draining", self.draining)):
            options[state] = ("%s=%d" % (at[b], self.ends[state])
                              if b else "")
        site("nb_do" if wait else "nb", "set", "load_balancer", self.name,
             'vips={"%s"="%s"}' % (self.vip, ",".join(at.values())),
             "options={%s}" % ", ".join('%s="%s"' % (key, value) for
                                        key, value in options.items()
                                        if value))

    def open(self):
        """Replaces all connections by new ones."""
        self.client.open()
        self.is_mixed = self.has_older = False
        self.owners = self.client.owners()

    def to(self, change, wait):
        """Makes a change, and returns what may move."""
        old = self.choices()
        change()
        self.write(wait)
        return self.moves(*old)

    def choices(self):
        return self.first(), self.second()

    def moves(self, first, second):
        """Returns what may move from these choices to those now.

        What the second choice gives to another backend breaks there, and is
        opened again where the first choice has it, which may be the one that
        joins."""
        result = moves(first, self.first())
        if result.plus and self.joining and self.has_older:
            result.plus[self.joining] = sum(moves(second, self.second())
                                            .plus.values())
        return result

    # Changes: each returns what may move, or None if it cannot be now.  If
    # 'wait' is false, somebody cannot follow now.
    #
    # There is one second choice.  While a backend drains, nothing gets more
    # connections, as some of those that have been opened since would go there
    # by way of the one that drains.

    def nothing(self, rng, wait):
        return Moves()

    def remove(self, rng, wait):
        """Removes a backend, without notice."""
        if not self.steady():
            return None
        b = rng.choice(self.steady())
        return self.to(lambda: self.weights.pop(b), wait)

    def add(self, rng, wait):
        """Adds one, without notice."""
        absent = [b for b in BACKENDS if b not in self.weights]
        if not absent or self.draining:
            return None
        b, weight = rng.choice(absent), rng.choice(WEIGHTS)
        return self.to(lambda: self.weights.update({b: weight}), wait)

    def weigh(self, rng, wait):
        """Gives a backend another weight."""
        if not self.steady():
            return None
        b, weight = rng.choice(self.steady()), rng.choice((0,) + WEIGHTS)
        if self.draining and weight > self.weights[b]:
            return None
        return self.to(lambda: self.weights.update({b: weight}), wait)

    def heavy(self, rng, wait):
        """Gives one without weight some again."""
        none = [b for b, weight in self.weights.items()
                if not weight and b != self.stopped]
        if not none or self.draining:
            return None
        b, weight = rng.choice(none), rng.choice(WEIGHTS)
        return self.to(lambda: self.weights.update({b: weight}), wait)

    def join(self, rng, wait):
        """Adds one that is new for a while."""
        absent = [b for b in BACKENDS if b not in self.weights]
        if (not absent or self.joining or self.draining
                or not self.unmix(wait)):
            return None
        self.has_older = True
        self.joining = rng.choice(absent)
        self.ends["joining"] = int(time.time()) + HOUR
        self.weights[self.joining] = rng.choice(WEIGHTS)
        self.write(wait)
        return Moves()

    def drain(self, rng, wait):
        """Has one drain."""
        if self.draining or not self.steady() or not self.unmix(wait):
            return None
        self.draining = rng.choice(self.steady())
        self.ends["draining"] = int(time.time()) + HOUR
        self.write(wait)
        return Moves()

    def unmix(self, wait):
        """Has no chassis know connections that it has lost.  Returns false if
        that cannot be now."""
        if self.is_mixed and wait:
            self.open()
        return not self.is_mixed

    def joined(self, rng, wait):
        """Has the one that joins be like all others."""
        if not self.joining or self.draining:
            return None
        self.expire("joining", rng, wait)
        b, self.joining = self.joining, None
        self.write(wait)
        weights = self.first()
        if not self.has_older or b not in weights:
            return Moves()
        return Moves((), {b: weights[b] / sum(weights.values())})

    def leave(self, rng, wait):
        """Removes the one that drains."""
        if not self.draining:
            return None
        self.expire("draining", rng, wait)
        b, self.draining = self.draining, None
        del self.weights[b]
        self.write(wait)
        return Moves({b})

    def stay(self, rng, wait):
        """Changes one's mind about the one that drains."""
        if not self.draining:
            return None
        return self.to(lambda: setattr(self, "draining", None), wait)

    def expire(self, state, rng, wait):
        """Half of the time, has a state end by itself first."""
        if rng.random() < .5 and wait:
            self.ends[state] = int(time.time()) + 2
            self.write(wait)
            time.sleep(max(0, self.ends[state] + 1 - time.time()))
            site("nb_do", "sync")

    def new(self, rng, wait):
        """New clients come, and those of before are gone."""
        if not wait:
            return None
        self.open()
        return Moves()

    def stop(self, rng, wait):
        """The server of a backend ends, and health checks notice."""
        steady = self.steady()
        if self.stopped or not steady or not wait:
            return None
        b = rng.choice(steady)
        self.stop_server(b)
        wait_for_health(b, self.port, "offline")
        site("nb_do", "sync")
        old = self.choices()
        self.stopped = b
        return self.moves(*old)

    def start(self, rng, wait):
        """It comes back."""
        if not self.stopped or self.draining or not wait:
            return None
        old = self.choices()
        self.serve(self.stopped)
        wait_for_health(self.stopped, self.port, "online")
        site("nb_do", "sync")
        self.stopped = None
        return self.moves(*old)

    CHANGES = (nothing, remove, add, add, weigh, heavy, join, join, drain,
               drain, joined, leave, stay, new, stop, start, start)

    def change(self, rng, wait):
        """Makes a random change.  Returns its name, and what may move."""
        while True:
            change = rng.choice(self.CHANGES)
            allowed = change(self, rng, wait)
            if allowed:
                return change.__name__, allowed

    def server(self, b):
        return "b%d" % b if self.port == 8080 else "b%d.%s" % (b, self.name)

    def stop_server(self, b):
        site("lab_tell", self.server(b), "exit")

    def serve(self, b):
        site("lab_echo", self.server(b), "server", "b%d" % b, self.at(b),
             "--silence=120000", "--size=3000")

    def forget(self):
        """Ends what servers have left of connections that broke, which would
        be in the way when these are opened again."""
        servers = [Control("%s/%s.ctl" % (LAB_DIR, self.server(b)))
                   for b in BACKENDS if b != self.stopped]
        for i in range(2):
            for server in servers:
                server("forget")
            self.client.owners()

    def healthy(self):
        """Waits until health checks find all servers that run."""
        for b in self.weights:
            if b != self.stopped:
                wait_for_health(b, self.port, "online")

    def feel(self, allowed):
        """Lets connections feel what has changed, and opens those again that
        broke.  Returns how many that were, how many of them silent, and how
        many might be."""
        before = self.owners
        if sum(self.client.owners().values()) < N_CONNECTIONS:
            self.forget()
        moved = self.client.fill()
        self.owners = self.client.owners()

        n, bound = sum(moved.values()), allowed.bound(before)
        wrong = {move: k for move, k in moved.items()
                 if not allowed.includes(*move)}
        if wrong or n > bound:
            raise Failure("%s: %d connections broke, and %d might; wrong are "
                          "%s" % (self.name, n, bound, wrong or "none"))
        both = {"b%d" % b for choice in self.choices() for b in choice}
        if (not set(self.owners) <= both
                or sum(self.owners.values()) != N_CONNECTIONS):
            raise Failure("%s: connections are at %s, and should all be at %s"
                          % (self.name, dict(self.owners), sorted(both)))
        if allowed.minus or allowed.plus:
            self.is_mixed = True
        return (n, sum(k for move, k in moved.items() if move[2] == "silent"),
                bound)
