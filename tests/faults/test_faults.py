#!/usr/bin/env python3
"""The monitor under faults of its surroundings, made for real: TAP, one test a fault.

usage: test_faults.py EGRESS25 CLOCK STARVE [--long]

Needs root: network and mounts are namespaces of its own.  Takes half a minute; with --long ten: the
record is locked for three minutes, signals come by the thousand, and the slow ones are run as well.  ONLY=WORDS runs the tests whose name
holds them.
"""
import contextlib
import os
import pathlib
import random
import signal
import struct
import subprocess
import sys
import time

from mirror import FAR, PORT, Connection, Ear, Failed, Monitor, Wire, equal, loop_disk, report, run, small_disk, until

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
CLOCK, STARVE = (pathlib.Path(name).resolve() for name in sys.argv[2:4])
LONG = "--long" in sys.argv


class Faults:
    def __init__(self, directory):
        self.directory = directory
        self.wire = Wire()
        self.port = 20000

    def monitor(self, name, *settings, directory=None):
        return Monitor(PROGRAM, directory or self.directory / name, *settings)

    def connect(self, count, client="10.0.3.77", closed=True):
        made = []
        for _ in range(count):
            self.port += 1
            connection = Connection(self.wire, client, self.port).open()
            if closed:
                connection.close()
            made.append(connection)
        return made

    def expect(self, monitor, attempts, seconds=10):
        until(f"{attempts} attempts", lambda: monitor.attempts() >= attempts, seconds)
        equal("attempts", attempts, monitor.attempts())

    # --- the record ---------------------------------------------------------------------------

    def disk_full(self):
        with small_disk(self.directory / "disk", "3m") as disk:
            monitor = self.monitor("", directory=disk).start()
            self.connect(20)
            self.expect(monitor, 20)
            filler = disk / "filler"
            with self.full(), open(filler, "wb") as file:
                while True:
                    file.write(bytes(4096))
                    file.flush()
            for _ in range(6):
                self.connect(200)
                time.sleep(0.3)
            until("it says that the disk is full", lambda: monitor.said("disk is full"))
            filler.unlink()
            self.expect(monitor, 1220)
            until("it says that it is over", lambda: monitor.said("written again after"))
            equal("how often it said so", 1, monitor.words.read_text().count("disk is full"))
            equal("exit status", 0, monitor.stop())
            monitor.check()

    @staticmethod
    def full():

        return contextlib.suppress(OSError)

    def locked(self):
        monitor = self.monitor("locked").start()
        self.connect(5)
        self.expect(monitor, 5)
        seconds = 180 if LONG else 1.5
        with monitor.database() as database:
            database.execute("BEGIN EXCLUSIVE")
            end = time.monotonic() + seconds
            sent = 5
            while time.monotonic() < end:
                self.connect(20)
                sent += 20
                time.sleep(0.2)
            until("it says so", lambda: monitor.said("another program holds it locked"))
            database.execute("ROLLBACK")
        self.expect(monitor, sent)
        equal("exit status", 0, monitor.stop())
        equal("how often it said so", 1, monitor.words.read_text().count("holds it locked"))
        monitor.check()

    def deleted(self):
        monitor = self.monitor("deleted").start()
        self.connect(5)
        self.expect(monitor, 5)
        for name in ("", "-wal", "-shm"):
            pathlib.Path(f"{monitor.record}{name}").unlink(missing_ok=True)
        until("it says so", lambda: monitor.said("was deleted or replaced"))
        self.connect(7)
        self.expect(monitor, 7)
        equal("exit status", 0, monitor.stop())
        monitor.check()

    def read_only(self):
        """ext4 gives up, as it does where its disk fails: nothing can be written to it any more."""
        with loop_disk(self.directory, 24) as disk:
            monitor = self.monitor("", directory=disk)
            monitor.words, monitor.config = self.directory / "ro.words", self.directory / "ro.conf"
            monitor.words.touch()
            monitor.configure()
            monitor.start()
            self.connect(5)
            self.expect(monitor, 5)
            run("mount", "-o", "remount,abort", disk)
            self.connect(5)
            until("it says so", lambda: monitor.said("read-only") or monitor.said("readonly") or
                  monitor.said("I/O error") or monitor.said("Read-only"), 15)
            time.sleep(1)
            if monitor.ended():
                raise Failed("it has ended")
            equal("exit status where nothing could be written", 3, monitor.stop(seconds=30))

    # --- the mirror ---------------------------------------------------------------------------

    def down_and_up(self):
        monitor = self.monitor("down").start()
        self.connect(3)
        self.expect(monitor, 3)
        run("ip", "link", "set", PORT, "down")
        until("it says that it is down", lambda: monitor.said(f"{PORT}: is down"))
        until("status says so", lambda: any("down" in reason for reason in monitor.blind()))
        run("ip", "link", "set", PORT, "up")
        until("it says that it is up", lambda: monitor.said(f"{PORT}: is up again"))
        self.connect(4)
        self.expect(monitor, 7)
        run("ip", "link", "set", PORT, "down")
        run("ip", "link", "set", PORT, "name", "other0")
        run("ip", "link", "set", "other0", "up")
        time.sleep(2.3)  # it has looked whether its ports are there
        self.connect(2)
        self.expect(monitor, 9)
        equal("a renamed port is taken for gone", False, monitor.said("has gone"))
        run("ip", "link", "set", "other0", "down")
        run("ip", "link", "set", "other0", "name", PORT)
        run("ip", "link", "set", PORT, "up")
        equal("exit status", 0, monitor.stop())
        monitor.check()

    def silent(self):
        monitor = self.monitor("silent", 'silent_after = "2s"').start()
        self.connect(1)
        self.expect(monitor, 1)
        until("it says so", lambda: monitor.said(f"{PORT}: silent"), 8)
        until("status says so", lambda: any("silent" in reason for reason in monitor.blind()))
        self.connect(1)
        until("it says that it is over", lambda: monitor.said(f"{PORT}: frames again"), 8)
        until("status says so", lambda: not any("silent" in reason for reason in monitor.blind()))
        time.sleep(0.5)
        equal("how often it said so", 1, monitor.words.read_text().count(": silent"))
        equal("exit status", 0, monitor.stop())

    # --- ends ---------------------------------------------------------------------------------

    def resumed(self):
        """Connections that are open while the monitor stops, or is killed, and starts again."""
        monitor = self.monitor("resumed").start()
        open_ones = self.connect(10, closed=False)
        talking = self.connect(1, "10.0.3.78", closed=False)[0]
        talking.greet()
        talking.message()
        self.port += 1
        knock = Connection(self.wire, "10.0.3.79", self.port)
        knock.syn()
        self.expect(monitor, 12)
        time.sleep(1.2)
        for how in (signal.SIGKILL, signal.SIGTERM) + (signal.SIGKILL,) * LONG:
            equal("exit status", 0 if how == signal.SIGTERM else -9, monitor.stop(how))
            monitor.start()
            for connection in open_ones:
                connection.say(b"NOOP\r\n")
                connection.answer(b"250 ok\r\n")
            talking.message(b"c@example.org")
            knock.syn()
            time.sleep(0.8)
            equal("attempts", 12, monitor.attempts())
        for connection in (*open_ones, talking):
            connection.close()
        time.sleep(1)
        rows = monitor.query("connections", "--all", "10.0.3.78")
        equal("rows of the one that talks", 1, len(rows))
        equal("its outcome and senders", ("sent", ["a@example.org", "c@example.org"]),
              (rows[0]["outcome"], rows[0]["senders"]))
        if not 1 <= rows[0]["messages"] <= 4:
            raise Failed(f"its messages: {rows[0]['messages']}")
        equal("open connections", [], [c["id"] for c in monitor.query("connections", "--all", "10.0.3.77")
                                       if c["ended"] is None])
        equal("exit status", 0, monitor.stop())
        monitor.check()

    # --- the clock ------------------------------------------------------------------------------

    def clock(self):
        hand = self.directory / "clock.ahead"
        hand.write_bytes(bytes(8))
        monitor = self.monitor("clock", "retention { age = 90d }")
        monitor.environment |= {"LD_PRELOAD": str(CLOCK), "CLOCK_FILE": str(hand)}
        monitor.environment["ASAN_OPTIONS"] = "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")
        monitor.start()

        def set_to(seconds):
            with open(hand, "r+b") as file:
                file.write(struct.pack("=q", seconds * 1000000))

        open_ones = self.connect(3, closed=False)
        self.port += 1
        knock = Connection(self.wire, "10.0.3.80", self.port)
        knock.syn()
        made, expected = [c.name for c in open_ones] + [knock.name], [0] * 4
        self.expect(monitor, 4)
        for seconds in (3600, -3600, 86400 * 400, 0):
            set_to(seconds)
            for connection in open_ones:
                connection.say(b"NOOP\r\n")
                connection.answer(b"250 ok\r\n")
            knock.syn()
            made += [c.name for c in self.connect(2)]
            expected += [seconds] * 2
            self.expect(monitor, len(made))
            until("it says that the clock was set", lambda: monitor.said("the clock was set forward by 3600 s"))
        if LONG:
            time.sleep(5)  # retention has had its turns
        until("retention says that it waits", lambda: monitor.said("retention: the clock is 4"))
        rows = monitor.rows("SELECT client, client_port, server, server_port, started FROM connection ORDER BY id")
        equal("connections in the order of their ids", made, [row[:4] for row in rows])
        for row, seconds in zip(rows, expected):
            if abs(row[4] / 1e6 - time.time() - seconds) > 60:
                raise Failed(f"{row}: is not recorded under the time that was {seconds} s ahead")
        monitor.query_text("incident", "open", "--reason", "clock", "--for", "3s")
        set_to(-3600)
        until("the incident ends by itself", lambda: monitor.said("has come to its limit"), 6)
        equal("exit status", 0, monitor.stop())
        monitor.check()

    # --- signals --------------------------------------------------------------------------------

    def reloads(self):
        """SIGHUP without pause, while the configuration changes, breaks, and goes away."""
        monitor = self.monitor("reloads").start()
        sent, end = 0, time.monotonic() + (60 if LONG else 1)
        texts = ["", "nonsense !", 'ports = {25, 2525}', 'mail_servers = {', "allow { source = 10.9.9.9 }", "\0\xff{}}",
                 "also_watch = {587}\nsilent_after = 1h\nreset_limit = 5"]
        signals = 0
        while time.monotonic() < end:
            for _ in range(10):
                if random.random() < 0.1:
                    monitor.config.unlink(missing_ok=True)
                elif random.random() < 0.5:
                    monitor.configure(random.choice(texts))
                monitor.tell(signal.SIGHUP)
                signals += 1
            self.connect(2)
            sent += 2
        monitor.configure("allow { source = 10.0.3.90 }")
        monitor.tell(signal.SIGHUP)
        time.sleep(1.2)
        self.connect(2, "10.0.3.90")  # the last one asked for is in force
        self.connect(2)
        self.expect(monitor, sent + 2)
        print(f"# {signals} times SIGHUP, {sent + 2} connections")
        equal("exit status", 0, monitor.stop())
        monitor.check()

    def large_reload(self):
        """A configuration of nearly a MiB is read while frames go on being looked at."""
        monitor = self.monitor("large", "reset = on", "reset_limit = 100000").start()
        servers = ", ".join(f'"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"' for n in range(65536, 65536 + 50000))
        monitor.configure("reset = on", "reset_limit = 100000", f"never_reset = {{{servers}}}")
        answers = Ear(FAR)
        monitor.tell(signal.SIGHUP)
        worst, count = 0.0, 0
        while not monitor.said("reload: the new configuration is in force"):
            self.port += 1
            begin = time.monotonic()
            Connection(self.wire, "10.0.3.81", self.port).syn()
            answers.wait_for(self.port, 5)
            worst = max(worst, time.monotonic() - begin)
            count += 1
            time.sleep(0.01)
            if count > 3000:
                raise Failed("it is never read")
        print(f"# {count} resets while {monitor.config.stat().st_size} bytes were read, the slowest after {worst * 1000:.0f} ms")
        if count < 5:
            raise Failed("it was read at once, so this shows nothing")
        if worst > 0.5:
            raise Failed(f"a reset came after {worst:.2f} s")
        equal("exit status", 0, monitor.stop())

    @staticmethod
    def holds_signals(monitor):
        """Whether it has begun to; it may have ended."""
        with contextlib.suppress(OSError):
            for line in pathlib.Path(f"/proc/{monitor.child.pid}/status").read_text().splitlines():
                if line.startswith("SigBlk:"):
                    return int(line.split()[1], 16) != 0
        return False

    def signals(self):
        """Each at any moment of start, run and stop."""
        monitor = self.monitor("signals")
        early = 0
        for _ in range(400 if LONG else 6):
            said = len(monitor.words.read_text())
            monitor.start(wait=False)
            time.sleep(random.random() * 0.25)
            begun = self.holds_signals(monitor)
            if random.random() < 0.5:
                self.connect(3)
            for _ in range(random.randrange(4)):
                monitor.tell(random.choice((signal.SIGUSR1, signal.SIGHUP)))
                time.sleep(random.random() * 0.02)
            begun = begun or self.holds_signals(monitor)
            status = monitor.stop(random.choice((signal.SIGTERM, signal.SIGINT)))
            # Before its first line of code the system's own way of ending it holds.
            if status < 0 and not begun:
                early += 1
            elif status != 0:
                raise Failed(f"it ends with {status}: {monitor.words.read_text()[said:][-600:]}")
        print(f"# {early} signals came before it had begun")
        for how in (signal.SIGINT, signal.SIGTERM):
            monitor.start()
            monitor.tell(signal.SIGUSR1)
            monitor.tell(signal.SIGHUP)
            self.connect(1)
            time.sleep(0.6)
            equal("exit status", 0, monitor.stop(how))
        monitor.check()

    def without_memory(self):
        """One allocation of a monitor fails, at its start or later."""
        monitor = self.monitor("memory")
        sanitizer = "verify_asan_link_order=0:detect_leaks=0:allocator_may_return_null=1:exitcode=99:"
        monitor.environment |= {"LD_PRELOAD": str(STARVE), "STARVE_COUNT": str(self.directory / "count"),
                                "ASAN_OPTIONS": sanitizer}
        for _ in range(2):  # the first one makes the record
            monitor.start()
            equal("exit status", 0, monitor.stop())
        count = struct.unpack("=q", (self.directory / "count").read_bytes())[0]
        refused = 0
        places = range(1, count + 1, 1 if LONG else count // 10)
        for at in places:
            monitor.environment["STARVE_AT"] = str(at)
            said = len(monitor.words.read_text())
            monitor.start(wait=False)
            until("it watches, or ends", lambda: monitor.said(": watching", said) or monitor.ended(), 30)
            self.connect(1)
            status = monitor.stop()
            words = monitor.words.read_text()[said:]
            if "Sanitizer: CHECK failed" in words:
                continue  # its own memory, for a thread
            if status not in (0, 3) or (status and "egress25: " not in words):
                raise Failed(f"allocation {at} of {count}: it ends with {status}: {words[-1500:]}")
            refused += status == 3
        print(f"# {count} allocations from start to stop, {len(places)} runs, {refused} of them refused to start")
        if refused == 0:
            raise Failed("no run lacked memory, so this shows nothing")
        del monitor.environment["LD_PRELOAD"]
        monitor.start()
        equal("exit status", 0, monitor.stop())
        monitor.check()

    def stalled_words(self):
        """Nobody reads what it says, and it goes on."""
        monitor = self.monitor("stalled")
        out, into = os.pipe()
        monitor.child = subprocess.Popen([PROGRAM, "watch", "-i", PORT, "--config", monitor.config, "--record",
                                          monitor.record], stdout=into, stderr=into)
        until("it runs", monitor.record.exists)
        until("it watches", lambda: monitor.query("status")["running"])
        os.set_blocking(into, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(into, bytes(4096))
        os.set_blocking(into, True)  # that holds for the monitor's end too
        for _ in range(20):
            monitor.tell(signal.SIGUSR1)
            self.connect(5)
            time.sleep(0.05)
        self.expect(monitor, 100)
        os.set_blocking(out, False)
        with contextlib.suppress(BlockingIOError):
            while os.read(out, 65536):
                pass
        monitor.tell(signal.SIGUSR1)
        told = ""

        def says():
            nonlocal told
            with contextlib.suppress(BlockingIOError):
                told += os.read(out, 65536).decode()
            return "nobody took them" in told

        until("it says how many lines went untold", says)
        equal("exit status", 0, monitor.stop())

    def tests(self):
        yield "a full disk: counted on, said once, and written when there is room", self.disk_full
        yield "a locked record: counted on, said once, and written afterwards", self.locked
        yield "a deleted record: said, and a fresh one begun", self.deleted
        yield "a port that goes down, comes up, and is renamed", self.down_and_up
        yield "a silent mirror: said once, in status, and taken back", self.silent
        if LONG:
            yield "a file system that turns read-only: said, lived through, and told in the end", self.read_only
            yield "a large configuration is read beside the capture", self.large_reload
        yield "a clock that is set forward and back: nothing is forgotten, counted twice or taken away", self.clock
        yield "SIGHUP without pause, with configurations that change and break", self.reloads
        yield "a signal at any moment", self.signals
        yield "a monitor whose memory is refused ends with a word, or goes on", self.without_memory
        yield "nobody reads what it says: counted, and the capture goes on", self.stalled_words
        yield "connections that are open at a restart go on, and are not counted twice", self.resumed


def main():
    return report(lambda directory: Faults(directory).tests())


sys.exit(main())
