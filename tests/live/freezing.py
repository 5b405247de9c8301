"""`egress25 freeze` and `thaw` with the real mail servers of frozen_mtas.py.

The recipes run in the servers' namespaces: a directory of scripts of their names, which enter these
and run the true ones, stands in EGRESS25_RECIPES.  Who sent what is told by the receiver's log.
"""
import concurrent.futures
import contextlib
import fcntl
import json
import os
import pty
import re
import shlex
import signal
import sqlite3
import subprocess
import termios
import time

import frozen_mtas
import mtas
from frozen_mtas import RECIPES, REMOTE
from network import CLIENT
from sensor import Failed, Sensor, equal, until

SOURCES = {"postfix": "10.25.3.71", "exim": "10.25.3.72", "opensmtpd": "10.25.3.73"}
KINDS = (frozen_mtas.Postfix, frozen_mtas.Exim, frozen_mtas.OpenSmtpd)


class Program:
    """A running egress25, with its output; at a terminal of its own if asked."""

    def __init__(self, words, environment, terminal=False):
        self.text, self.master = b"", None
        if terminal:
            self.master, slave = pty.openpty()
            out = {"stdin": slave, "stdout": slave, "stderr": slave}
        else:
            out = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}

        def own_terminal():
            os.setsid()
            if terminal:
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.child = subprocess.Popen(list(map(str, words)), env=environment, preexec_fn=own_terminal, **out)
        if terminal:
            os.close(slave)
        os.set_blocking(self.fd(), False)

    def fd(self):
        return self.master if self.master is not None else self.child.stdout.fileno()

    def said(self):
        with contextlib.suppress(OSError):  # nothing yet, or the terminal's end
            while chunk := os.read(self.fd(), 65536):
                self.text += chunk
        return self.text.decode(errors="replace")

    def await_word(self, word, seconds=40):
        def found():
            if re.search(word, self.said()):
                return True
            if self.child.poll() is not None:
                raise Failed(f"it ended with {self.child.returncode} before {word!r}: {self.said()[-900:]}")
            return False

        try:
            until(word, found, seconds)
        except Failed as error:
            raise Failed(f"{error}; it said {self.said()[-900:]!r}") from error

    def type(self, text):
        os.write(self.master, text)

    def hang_up(self):
        os.close(self.master)
        self.master = None
        self.said = lambda: ""

    def ends(self, status=0, seconds=60):
        end = time.monotonic() + seconds
        while self.child.poll() is None:
            self.said()
            if time.monotonic() > end:
                raise Failed(f"does not end; it said {self.said()[-900:]!r}")
            time.sleep(0.05)
        equal(f"the exit status; it said {self.said()[-900:]!r}", status, self.child.returncode)
        return self.said()


class Server:
    """A mail server behind the mirror, and the receiver's log as the judge of what it sent."""

    def __init__(self, mta, receiver):
        self.mta, self.receiver, self.sent = mta, receiver, []

    def send(self, count):
        """Gives it mails, each with a sender of its own."""
        first = len(self.sent)
        senders = [f"{self.mta.name}{first + n}@example.org" for n in range(count)]
        self.mta.send([(s, [f"bob@{REMOTE}"], f"Subject: {s}\r\n\r\nhello\r\n") for s in senders])
        self.sent += senders

    def received(self):
        return [m.sender for m in self.receiver.messages() if m.delivered and m.sender.startswith(self.mta.name)]

    def contacts(self):
        return len(re.findall(rf": connect from .*\[{re.escape(self.mta.source)}\]", self.receiver.words()))

    def all_sent(self, seconds=30):
        if self.mta.name == "opensmtpd":  # it retries late what was scheduled while paused: see the recipe
            self.mta.flush()
        until(f"{self.mta.name} has sent all", lambda: set(self.received()) >= set(self.sent), seconds)
        equal(f"what {self.mta.name} sent, each once", sorted(self.sent), sorted(self.received()))

    def frozen(self):
        """By the recipe: (frozen, timer)."""
        _, said, _ = self.mta.recipe("check")
        return said["frozen"][0], said["timer"][0]

    def thawed(self):
        equal(f"{self.mta.name}: frozen, timer", ("no", "none"), self.frozen())


class Freezing:
    def __init__(self, net, program, ending):
        self.net, self.program, self.ending = net, program, ending
        self.sensor = Sensor(net, program, "freezing")
        self.servers = {}
        self.recipes = net.directory / "recipes"
        self.environment = dict(os.environ, EGRESS25_RECIPES=str(self.recipes), COLUMNS="100")

    def begin(self, kinds=KINDS):
        net, top = self.net, self.net.directory
        address, tls = mtas.SERVERS["postfix"]
        net.address("inet", "eth0", f"{address}/24", f"{tls}/24")
        self.receiver = mtas.Postfix(net, "inet", top / "receiver", (address, tls))
        started = [self.receiver]
        for number, kind in enumerate(kinds, 11):
            net.address("client", "lo", f"127.0.0.{number}/8")
            net.address("client", "eth0", f"{SOURCES[kind.name]}/24")
            mta = kind(net, "client", top / f"frozen-{kind.name}", (f"127.0.0.{number}",), SOURCES[kind.name],
                       {REMOTE: address})
            started.append(mta)
            self.servers[kind.name] = Server(mta, self.receiver)
        net.mirror("port3")
        self.sensor.configure(f"mail_servers = {{{', '.join(SOURCES.values())}}}\n")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for mta in started:
                self.ending.callback(mta.stop)
            for job in [pool.submit(mta.begin) for mta in started] + [pool.submit(self.sensor.start)]:
                job.result()
        for mta in started:
            until(f"{mta.name} listens", mta.listens, 20)
        self.recipes.mkdir()
        for server in self.servers.values():
            self.write_recipe(server.mta)

    def write_recipe(self, mta, extra="", behind=False):
        """What stands for the recipe, with lines of shell in front of it or behind."""
        inside = shlex.join(map(str, mta.inside("sh", RECIPES / mta.name)))
        command = f'{inside} "$@" {shlex.join(map(str, mta.options()))}'
        lines = (command, "status=$?", extra, "exit $status") if behind else (extra, f"exec {command}")
        (self.recipes / mta.name).write_text("\n".join(("#!/bin/sh", *lines, "")))

    def run(self, command, *words, terminal=False):
        return Program([self.program, command, "--config", self.sensor.config, "--record", self.sensor.record,
                        *words], self.environment, terminal)

    def tries(self, server):
        """The workstation opens a connection to the Internet."""
        self.net.end(self.net.knock("client", server, 1), signal.SIGCONT)

    def incident(self):
        with contextlib.closing(sqlite3.connect(f"file:{self.sensor.record}?mode=ro", uri=True)) as db:
            db.row_factory = sqlite3.Row
            row = db.execute("SELECT * FROM incident ORDER BY id DESC").fetchone()
            return dict(row) if row else {}

    def syns(self, source, since, until_):
        """By tcpdump and tshark: connections that a source began between two times of the wall clock."""
        found = self.sensor.tshark(f"ip.src == {source} && tcp.dstport == 25 && tcp.flags.syn == 1 && "
                                   "tcp.flags.ack == 0", "frame.time_epoch")
        return [t for (t,) in found if since < float(t) * 1e6 < until_]


def parsed(text):
    return json.loads(text[text.index("{"):])


def words_of(text, *wanted):
    for word in wanted:
        if word not in text:
            raise Failed(f"{word!r} is not in {text[-1500:]!r}")


WORKSTATION = CLIENT
