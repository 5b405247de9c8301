"""The monitor on the mirror port of network.py's Internet, and what tests of it share."""
import contextlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

import network
from network import MAIL


class Failed(Exception):
    pass


def equal(what, expected, found):
    if expected != found:
        raise Failed(f"{what}: expected {expected}, found {found}")


def until(what, condition, seconds=10.0):
    """Waits for condition() to give something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds:g} s")
        time.sleep(0.1)


class Sensor:
    """A record, the monitor that writes it, and a tcpdump beside it."""

    def __init__(self, net, program, name):
        self.net, self.program = net, program
        self.directory = net.directory / name
        self.directory.mkdir()
        self.record = self.directory / "record.db"
        self.config = self.directory / "egress25.conf"
        self.words = self.directory / "words"
        self.pcap = self.directory / "judge.pcap"
        self.configure(f'mail_servers = {{"{MAIL}"}}\n')
        self.child = self.judge = None

    def configure(self, text):
        self.config.write_text(text)

    def query(self, command, *arguments, ok=(0,)):
        done = subprocess.run([self.program, command, "--config", self.config, "--record", self.record,
                               "--format", "json", *arguments], capture_output=True, check=False, timeout=60)
        if done.returncode not in ok:
            raise Failed(f"{command} ended with {done.returncode}: {done.stderr.decode()[-300:]}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def status(self):
        return self.query("status")

    def start(self, judge=True):
        if judge:
            # a slot of its ring is as long as the longest frame: its usual 2 MiB are eight
            self.judge = self.net.start("sensor", "tcpdump", "--immediate-mode", "-B", "65536", "-Uni", "mon0", "-w",
                                        self.pcap, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            until("tcpdump begins", self.pcap.exists)
        with open(self.words, "ab") as words:
            self.child = self.net.start("sensor", self.program, "watch", "-i", "mon0", "--config", self.config,
                                        "--record", self.record, stdout=words, stderr=words)
        until("watch begins", self.runs)
        time.sleep(0.3)
        return self

    def runs(self):
        if self.child.poll() is not None:
            raise Failed(f"watch ended with {self.child.returncode}: {self.words.read_text()[-400:]}")
        if not self.record.exists():
            return False
        with contextlib.suppress(Failed, ValueError):
            return (self.status() or {}).get("running")
        return False

    @contextlib.contextmanager
    def halted(self):
        """The monitor stands still, and holds no lock on its record."""
        pid = self.child.pid  # `ip netns exec` becomes what it runs

        def halt():
            os.kill(pid, signal.SIGSTOP)
            try:
                with contextlib.closing(sqlite3.connect(self.record, 0, isolation_level=None)) as db:
                    db.execute("BEGIN IMMEDIATE")
                    return True
            except sqlite3.OperationalError:
                os.kill(pid, signal.SIGCONT)
                return False

        until("it is halted without a lock", halt)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def stop(self, how=signal.SIGTERM):
        child, self.child = self.child, None
        status = self.net.end(child, how)
        if self.judge:
            time.sleep(0.2)
            self.net.end(self.judge, signal.SIGINT)
            self.judge = None
        return status

    def offenders(self):
        return {o["address"]: o for o in self.query("offenders", "--all")}

    def await_attempts(self, address, number):
        def enough():
            found = self.offenders().get(address)
            return found and found["attempts"] >= number

        until(f"{number} attempts of {address}", enough)
        time.sleep(0.5)  # a further one, wrongly counted, would come now

    def connections(self, *arguments):
        return self.query("connections", "--all", *arguments)

    def tshark(self, filter_, *fields):
        words = [word for field in fields for word in ("-e", field)]
        done = network.run("tshark", "-nr", self.pcap, "-Y", filter_, "-T", "fields", *words)
        return [tuple(line.split("\t")) for line in done.stdout.decode().splitlines()]


def attempt(number, name, test):
    try:
        test()
        print(f"ok {number} - {name}", flush=True)
        return True
    except (Failed, AttributeError, LookupError, TypeError, ValueError, OSError, RuntimeError,
            subprocess.SubprocessError) as error:
        detail = getattr(error, "stderr", None)
        print(f"not ok {number} - {name}", flush=True)
        for line in f"{type(error).__name__}: {error}\n{detail.decode() if detail else ''}".strip().splitlines():
            print(f"# {line}")
        return False


def report(tests, reason=None):
    """Runs them as TAP, or skips them for a reason; the exit status.

    tests(net) yields (name, test), in the order in which they are to run.
    """
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    number = failed = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the network is removed
    with tempfile.TemporaryDirectory(prefix="eg25") as directory:
        pathlib.Path(directory).chmod(0o755)  # the mail servers' own users pass through
        with network.Network(directory) as net:
            for number, (name, test) in enumerate(tests(net), 1):
                failed += not attempt(number, name, test)
    print(f"1..{number}")
    return 1 if failed else 0
