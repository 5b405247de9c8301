#!/usr/bin/env python3
"""`egress25 freeze` and `thaw` on Postfix, Exim and OpenSMTPD beside a running monitor: TAP.

usage: test_freeze.py EGRESS25

What takes longer (a bot on the mail server, kills at each step) is in test_freeze_long.py, to be run by hand.
"""
import contextlib
import os
import signal
import sys
import time

import mtas
import network
from freezing import SOURCES, WORKSTATION, Freezing, words_of
from network import ACCEPT
from sensor import Failed, equal, report


def tests(net, program, ending):
    world = Freezing(net, program, ending)
    yield "three mail servers, a receiver and a monitor run", world.begin

    def freeze(name, *words, end=lambda p: p.child.send_signal(signal.SIGTERM), status=0,
               opened=r"incident \d+ is open", **more):
        """A freeze with mail in the queue and a workstation that tries; what the program said."""
        server = world.servers[name]
        before = server.mta.kept()
        running = world.run("freeze", "--mta", name, *words, **more)
        running.await_word(opened)
        contacts = server.contacts()
        server.send(2)
        equal("frozen, by the recipe", "yes", server.frozen()[0])
        found = world.sensor.status()["freeze"]
        equal("status", (name, True), (found["mta"], found["frozen"] is not None))
        world.tries(ACCEPT)
        running.await_word(WORKSTATION)
        equal("connections while frozen", contacts, server.contacts())
        end(running)
        said = running.ends(status)
        server.thawed()
        server.all_sent()
        equal("configuration", before, server.mta.kept())
        row = world.incident()
        equal("closed by, thawed", (None if row["joined_until"] else "freeze", True),
              (row["closed_by"], row["thawed"] is not None))
        equal("SYNs while frozen", [], world.syns(server.mta.source, row["frozen"], row["frozen_until"]))
        equal("status afterwards", None, world.sensor.status()["freeze"])
        return said

    def postfix():
        began = time.monotonic()
        said = freeze("postfix", "--for", "10s", end=lambda p: None)
        if time.monotonic() - began < 10:
            raise Failed("it ended before its time")
        words_of(said, "postfix on this machine is frozen, and that is proven", f"{WORKSTATION} tries",
                 "is thawed, and that is proven", "incident 1")

    yield "Postfix is frozen for its time, who tries is named, and all is sent afterwards", postfix

    def exim():
        said = freeze("exim", terminal=True, end=lambda p: (p.type(b"\x03"), p.type(b"\x03")))
        words_of(said, "exim on this machine FROZEN", "1 offender so far", "Ctrl-C thaws it now", "told to end",
                 "\x1b[?25h")
        if said.rindex("\x1b[?25h") < said.rindex("\x1b[?25l"):
            raise Failed("the terminal's cursor is gone")

    yield "Exim: at a terminal a table is drawn, and Ctrl-C thaws, even where it is typed twice", exim

    def opensmtpd():
        world.sensor.query("incident", "open", "--for", "1h", "--reason", "by hand")
        until_, found = world.incident()["until"], {}

        def put_off(running):
            found.update(world.incident())
            running.hang_up()

        # nobody is there to read the report
        freeze("opensmtpd", "--for", "2h", terminal=True, end=put_off, status=3, opened=r"was open, and is joined")
        if found["until"] <= until_:
            raise Failed("its limit was not put off")
        row = world.incident()
        equal("what it is afterwards", (3, None, until_, "by hand"),
              (row["id"], row["closed"], row["until"], row["reason"]))
        world.sensor.query("incident", "close")

    yield "OpenSMTPD: an open incident is joined; the terminal goes away, and all is as it was", opensmtpd

    def killed():
        server = world.servers["opensmtpd"]
        running = world.run("freeze", "--mta", "opensmtpd")
        running.await_word("incident 4 is open")
        os.kill(running.child.pid, signal.SIGKILL)
        running.child.wait()
        equal("frozen still", "yes", server.frozen()[0])
        words_of(world.run("freeze", "--mta", "opensmtpd").ends(3), "egress25 thaw undoes that")
        words_of(world.run("status").ends(), "FROZEN: opensmtpd on this machine")
        words_of(world.run("thaw").ends(), "is thawed, and that is proven")
        server.thawed()
        equal("closed by", "freeze", world.incident()["closed_by"])

    yield "what a kill left is told by status, stands in a freeze's way, and is undone by thaw", killed

    def unwatched():
        server = world.servers["postfix"]
        running = world.run("freeze", "--mta", "postfix", "--for", "10m")
        running.await_word(r"incident \d+ is open")
        world.sensor.stop()
        began = time.monotonic()
        running.await_word("NO MONITOR RUNS ANY MORE")
        if (took := time.monotonic() - began) > 5:
            raise Failed(f"it was told after {took:.1f} s")
        equal("frozen still", "yes", server.frozen()[0])
        words_of(running.ends(3), "no monitor came back within 15 s: the freeze ends", "is thawed, and that is proven")
        server.thawed()
        equal("closed by", "freeze", world.incident()["closed_by"])
        words_of(world.run("freeze", "--mta", "postfix").ends(3), "no monitor runs", "nothing was frozen")
        world.servers["postfix"].thawed()

    yield "a freeze that loses its monitor says so, and ends; without one nothing is frozen", unwatched


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    with contextlib.ExitStack() as ending:
        return report(lambda net: tests(net, sys.argv[1], ending), network.why_not() or mtas.why_not())


assert set(SOURCES) == {"postfix", "exim", "opensmtpd"}
sys.exit(main())
