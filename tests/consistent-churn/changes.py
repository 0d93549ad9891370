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
"""Those who change groups and ports at random, each a thread of its own."""

import subprocess
import threading
import time

from switch import Control, Failure, LAB_DIR, ofctl, settle, vswitchd

BACKENDS = range(1, 7)
CLIENTS = (1, 2, 3)
QUARREL = 9                     # A group without traffic.
SLOT_BITS = {1: 8, 2: 10, 3: 16, QUARREL: 6}
LOAD_BOUND = {QUARREL: 10}      # It would move survivors of the others.

# Whether bundles that fail delete groups, too.
DELETES_IN_FAILING_BUNDLES = True


class Steps:
    """The changes of a round, for packet_moves."""
    def __init__(self):
        self.lock = threading.Lock()
        self.lines = []

    def add_change(self, begin, number, name, old, new):
        """Adds a change of the group 'number', that is over for the datapath,
        too, from the weights 'old' to 'new'."""
        self.add(begin, "10.0.0.%d" % number, name,
                 [b for b in old if new.get(b, 0) < old[b]],
                 [b for b in new if new[b] > old.get(b, 0)])

    def add(self, begin, client, name, minus, plus):
        changes = ["-b%d" % b for b in minus] + ["+b%d" % b for b in plus]
        line = "%.6f %.6f %s %s %s" % (begin, time.time(), client, name,
                                       " ".join(changes))
        with self.lock:
            self.lines.append(line)


class Group:
    """A group and what its buckets should be."""
    def __init__(self, number):
        self.number = number
        self.bits = SLOT_BITS[number]
        self.bound = LOAD_BOUND.get(number, 0)
        self.in_port = "LOCAL" if number == QUARREL else 10 + number
        self.flow = "in_port=%s,actions=group:%d" % (self.in_port, number)
        bound = ",load_bound=%d" % self.bound if self.bound else ""
        self.method = ("group_id=%d,type=select,selection_method="
                       "consistent-dp-hash(slots=%d,basis=%d%s)"
                       % (number, 1 << self.bits, number, bound))
        self.weights = {}       # By bucket id, which is the backend.

    def buckets(self, weights):
        return "".join(",bucket=bucket_id:%d,weight:%d,watch_port:%d,actions="
                       "set_field:02:00:00:00:01:0%d->eth_dst,output:%d"
                       % (b, weight, b, b, b)
                       for b, weight in weights.items())

    def text(self, weights):
        return self.method + self.buckets(weights)

    def set_up(self, weights):
        """Adds the group or replaces its buckets, and adds its flow.  It must
        be nobody else's now."""
        self.weights = weights
        if not (ofctl("--may-create", "mod-group", "br0", self.text(weights))
                and ofctl("add-flow", "br0", self.flow)):
            raise Failure("group %d is refused" % self.number)


def random_weights(rng):
    """Two buckets or more, in any order, most of the same weight."""
    ids = rng.sample(BACKENDS, rng.randint(2, len(BACKENDS)))
    return {b: rng.choice([10, 10, 10, 1, 100]) for b in ids}


def shuffled(rng, weights):
    return dict(rng.sample(list(weights.items()), len(weights)))


class Thread(threading.Thread):
    """A thread of a round, which repeats turn() until the round is over, and
    whose exception is the round's."""
    def __init__(self, round_, rng):
        super().__init__()
        self.round = round_
        self.rng = rng
        self.error = None

    def run(self):
        try:
            while not self.round.resting.is_set():
                self.turn()
        except Exception as e:
            self.error = e
            self.round.resting.set()


def run(threads, resting, seconds):
    """Lets all 'threads' of a round take turns for some time, then has them
    rest."""
    try:
        for thread in threads:
            thread.start()
        resting.wait(seconds)
    finally:
        resting.set()
        for thread in threads:
            if thread.ident:
                thread.join()
    for thread in threads:
        if thread.error:
            raise thread.error


class Controller(Thread):
    """Changes a group that belongs to it alone."""
    def __init__(self, round_, rng, group):
        super().__init__(round_, rng)
        self.group = group
        self.control = vswitchd()

    def turn(self):
        names = ["remove", "insert", "modify", "same", "again", "bundle",
                 "refused"]
        name = self.rng.choice(names)
        old, new = self.group.weights, dict(self.group.weights)
        begin = time.time()
        ok = getattr(self, name)(new)
        if ok is None:
            return              # Nothing of that kind can be done.
        if ok != (name != "refused"):
            raise Failure("group %d: %s was %s" % (
                self.group.number, name, "done" if ok else "refused"))
        if name == "refused":
            new = old
        self.group.weights = new
        settle(self.control)
        self.round.steps.add_change(begin, self.group.number, name, old, new)

    def remove(self, new):
        if len(new) < 3:
            return None
        b = self.rng.choice(list(new))
        del new[b]
        return ofctl("remove-buckets", "br0", "group_id=%d,command_bucket_id="
                     "%d" % (self.group.number, b))

    def insert(self, new):
        absent = [b for b in BACKENDS if b not in new]
        if not absent:
            return None
        where = self.rng.choice(["first", "last"] + list(new))
        more = {b: self.rng.choice([1, 10, 10])
                for b in self.rng.sample(absent,
                                         self.rng.randint(1, len(absent)))}
        new.update(more)
        return ofctl("insert-buckets", "br0",
                     "group_id=%d,command_bucket_id=%s%s"
                     % (self.group.number, where, self.group.buckets(more)))

    def replace(self, new):
        weights = random_weights(self.rng)
        new.clear()
        new.update(weights)

    def modify(self, new):
        self.replace(new)
        return ofctl("mod-group", "br0", self.group.text(new))

    def same(self, new):
        """Changes nothing but the order of the buckets."""
        return ofctl("mod-group", "br0",
                     self.group.text(shuffled(self.rng, new)))

    def again(self, new):
        """Deletes the group, and with it its flow, and adds both again."""
        self.replace(new)
        return (ofctl("del-groups", "br0", "group_id=%d" % self.group.number)
                and ofctl("add-group", "br0", self.group.text(new))
                and ofctl("add-flow", "br0", self.group.flow))

    def run_bundle(self, new, deletes, *more):
        number = self.group.number
        lines = []
        for i in range(self.rng.randint(1, 4)):
            kind = self.rng.choice(["modify", "remove", "delete"])
            if kind == "remove" and len(new) > 2:
                b = self.rng.choice(list(new))
                del new[b]
                lines.append("group remove_bucket group_id=%d,"
                             "command_bucket_id=%d" % (number, b))
            elif kind == "delete" and deletes:
                self.replace(new)
                lines += ["group delete group_id=%d" % number,
                          "group add " + self.group.text(new),
                          "flow add " + self.group.flow]
            else:
                self.replace(new)
                lines.append("group modify " + self.group.text(new))
        path = "%s/bundle%d" % (LAB_DIR, number)
        with open(path, "w") as f:
            f.write("".join(line + "\n" for line in lines + list(more)))
        return ofctl("bundle", "br0", path)

    def bundle(self, new):
        return self.run_bundle(new, True)

    def refused(self, new):
        """A bundle that fails half-way."""
        return self.run_bundle(
            new, DELETES_IN_FAILING_BUNDLES,
            self.rng.choice([
                "group modify group_id=4000,type=select",
                "group insert_bucket group_id=%d,command_bucket_id=99%s"
                % (self.group.number, self.group.buckets({90: 1})),
                "group add " + self.group.text({1: 1})]),
            "group modify " + self.group.text({1: 1}))


class Quarreler(Thread):
    """One of several who change a group and do not care about each other, so
    that a change may be refused."""
    def turn(self):
        group = self.round.groups[QUARREL]
        weights = random_weights(self.rng)
        command, arg = self.rng.choice([
            ("add-group", group.text(weights)),
            ("mod-group", group.text(weights)),
            ("del-groups", "group_id=%d" % QUARREL),
            ("add-flow", group.flow),
            ("remove-buckets", "group_id=%d,command_bucket_id=%d"
             % (QUARREL, self.rng.choice(BACKENDS))),
            ("insert-buckets", "group_id=%d,command_bucket_id=last%s"
             % (QUARREL, group.buckets({self.rng.choice(BACKENDS): 10})))])
        ofctl(command, "br0", arg)


class Flapper(Thread):
    """Takes ports down and up, sometimes faster than the switch can see."""
    def __init__(self, round_, rng):
        super().__init__(round_, rng)
        self.control = vswitchd()

    def turn(self):
        time.sleep(self.rng.uniform(0, 1))
        b = self.rng.choice(BACKENDS)
        begin = time.time()
        for i in range(self.rng.randint(1, 3)):
            self.link(b, "down")
            time.sleep(self.rng.choice([0, 0, 0.3]))
            self.link(b, "up")
        settle(self.control)
        self.round.steps.add(begin, "*", "flap", [b], [b])

    def link(self, b, state):
        subprocess.run(["ip", "link", "set", "ovs-b%d" % b, state], check=True)


def fill():
    """Opens broken connections of all clients again."""
    for client in CLIENTS:
        control = Control("%s/cl%d.ctl" % (LAB_DIR, client))
        try:
            control("fill")
        except Failure:
            control("fill")     # Some ports were not free for long.


class Filler(Thread):
    """Opens broken connections again, all the time."""
    def turn(self):
        time.sleep(0.2)
        try:
            fill()
        except Failure:
            pass                # Without answers for too long: next time.
