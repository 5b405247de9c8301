#!/usr/bin/env python3
"""kill -9 at random moments, again and again on one record: TAP.

usage: test_kill_nine.py EGRESS25 [KILLS]        KILLS: 6 in the suite; a thousand take 25 minutes

While the monitor runs connections are opened without pause, and some stay open over all its lives and go
on talking.  After each kill the record must be whole, hold each connection once, hold none that was not
made, and all that the writer had been given a second before.  Needs root: the network is a namespace of its own.
"""
import pathlib
import random
import signal
import sys
import time

from mirror import Connection, Failed, Monitor, Wire, equal, report, until

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 6
GIVEN = 1.25  # seconds, what is older must be in the record: a beat until the writer is given it, and one
STALL = 0.15  # a pause of this program's own, by which the machine's are known
LAG = 0.7     # where the record was not written for so long, the machine let nobody write it


class Lives:
    def __init__(self, directory):
        self.monitor = Monitor(PROGRAM, directory / "record")
        self.wire = Wire()
        self.made = 0
        self.sent = {}  # of each connection: when, and in which life
        self.known = set()
        self.lasting = []
        self.stalled = self.judged = 0

    def connect(self):
        """A new four-tuple each time: one row."""
        self.made += 1
        client = f"10.{1 + self.made // 50000 % 200}.{self.made // 250 % 200}.{1 + self.made % 250}"
        connection = Connection(self.wire, client, 1024 + self.made % 60000, f"203.0.113.{1 + self.made % 200}").open()
        self.sent[connection.name] = time.monotonic()
        return connection

    def live(self, seconds):
        """Traffic for so long; whether the machine held its breath meanwhile."""
        end = time.monotonic() + seconds
        before, stalled = time.monotonic(), False
        while before < end:
            connection = self.connect()
            kind = random.random()
            if kind < 0.02 and len(self.lasting) < 50:
                connection.greet()
                self.lasting.append(connection)
            elif kind < 0.5:
                connection.close()
            for other in random.sample(self.lasting, min(2, len(self.lasting))):
                if time.monotonic() - self.sent[other.name] > 2 * GIVEN and other.name in self.known:
                    other.message()
            time.sleep(0.002)
            now = time.monotonic()
            stalled |= now - before > STALL
            before = now
        return stalled

    def rows(self):
        """None in a record whose making was interrupted."""
        if not self.monitor.record.exists() or not self.monitor.rows("SELECT 1 FROM sqlite_master WHERE name = 'run'"):
            return []
        return self.monitor.rows("SELECT client, client_port, server, server_port FROM connection")

    def lag(self, killed):
        """How long before the kill the record was last written."""
        beat = self.monitor.rows("SELECT max(beat) FROM run")[0][0] if self.rows() else None
        return 0 if beat is None else killed + self.ahead - beat / 1e6

    def judge(self, killed, stalled):
        self.ahead = time.time() - time.monotonic()
        rows = self.rows()
        found = set(rows)
        if len(rows) != len(found):
            twice = [row for row in found if rows.count(row) > 1]
            raise Failed(f"connections that are counted twice: {twice[:5]}")
        invented = found - set(self.sent)
        if invented:
            raise Failed(f"connections that nobody made: {sorted(invented)[:5]}")
        forgotten = self.known - found
        if forgotten:
            raise Failed(f"connections that the record had, and has no more: {sorted(forgotten)[:5]}")
        self.known = found
        lag = self.lag(killed)
        starved = lag > LAG
        due = {name for name, when in self.sent.items() if when < killed - (lag + LAG if starved else GIVEN)}
        missing = due - found
        if missing and not stalled:
            late = max(killed - self.sent[name] for name in missing)
            raise Failed(f"{len(missing)} connections are missing, the oldest {late:.2f} s before the kill")
        self.judged += bool(due) and not stalled and not starved
        self.stalled += stalled or starved
        for name in set(self.sent) - found:
            del self.sent[name]  # lost with the last second
        self.lasting = [c for c in self.lasting if c.name in found]
        if found:
            self.monitor.check()

    def one_life(self):
        self.monitor.start(wait=False)
        if random.random() < 0.2:  # before it watches, or just then
            time.sleep(random.random() * 0.1)
            stalled = False
        else:
            until("it watches", lambda: self.monitor.said("watching", self.said), 20)
            stalled = self.live(random.random() * 1.8)
        self.monitor.child.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        self.monitor.child.wait()
        self.said = len(self.monitor.words.read_text())
        self.judge(killed, stalled)

    def kills(self):
        self.said = 0
        for i in range(KILLS):
            try:
                self.one_life()
            except Failed as failure:
                raise Failed(f"kill {i + 1} of {KILLS}: {failure}") from failure
            if i % 100 == 99:
                print(f"# {i + 1} kills, {len(self.known)} connections in the record", flush=True)
        print(f"# {KILLS} kills, {self.made} connections, {len(self.known)} in the record, {len(self.lasting)} open "
              f"over several lives; {self.judged} judged by the second, {self.stalled} of a stalled machine")
        if self.judged < KILLS // 8:
            raise Failed("the machine stalled too often to judge by the second")

    def ends_well(self):
        self.monitor.start()
        time.sleep(0.3)
        made = [self.connect() for _ in range(10)]
        until("the last ones", lambda: {c.name for c in made} <= set(self.rows()))
        for connection in self.lasting:
            connection.close()
        time.sleep(0.6)
        equal("exit status", 0, self.monitor.stop())
        equal("rows that should not be there, or are missing", set(),
              set(self.rows()) ^ (self.known | {c.name for c in made}))
        self.monitor.check()

    def tests(self):
        yield f"{KILLS} times kill -9: all of a second before is there, once, and the record is whole", self.kills
        yield "after all of them it goes on, and counts exactly", self.ends_well


sys.exit(report(lambda directory: Lives(directory).tests()))
