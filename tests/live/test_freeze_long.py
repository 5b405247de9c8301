#!/usr/bin/env python3
"""What of `egress25 freeze` takes minutes: TAP, a quarter of an hour in all.  Run by hand.

usage: test_freeze_long.py EGRESS25

A mail server accuses itself from a minute behind its freeze on, and thaws itself half a minute behind
the limit: nothing here can be had sooner.
"""
import contextlib
import os
import signal
import sys
import time

import mtas
import network
from freezing import Freezing, parsed, words_of
from network import ACCEPT
from sensor import Failed, equal, report, until

LIMIT = 10  # seconds, where the program is killed; the mail server's timer comes 30 s later
CALLS = ("check", "freeze", "check", "thaw", "check")  # what a short freeze runs
KILL = """n=$(($(cat {count} 2>/dev/null || echo 0) + 1)); echo $n >{count}
[ $n != {step} ] || kill -s KILL $PPID"""


def tests(net, program, ending):
    world = Freezing(net, program, ending)
    yield "three mail servers, a receiver and a monitor run", world.begin

    def own(name, *words):
        """Something on the mail server, other than its mail server, connects."""
        net.on("client", "swaks", "--local-interface", world.servers[name].mta.source, "--server", ACCEPT, "--port",
               "25", "--to", "b@example.net", "--hide-all", *words, timeout=60)

    def frozen(name, early, late, wanted, unwanted):
        """Freezes for over a minute; what begins early accuses nobody."""
        server = world.servers[name]
        running = world.run("freeze", "--mta", name, "--for", "10m")
        running.await_word(r"incident \d+ is open")
        began = time.monotonic()
        contacts = server.contacts()
        server.send(2)
        early()
        while time.monotonic() < began + 66:
            running.said()
            time.sleep(0.2)
        late()
        time.sleep(3)
        equal("its own connections while frozen", contacts, server.contacts())
        running.child.send_signal(signal.SIGINT)
        said = running.ends()
        server.thawed()
        server.all_sent()
        said = said[said.index("Frozen from"):]
        words_of(said, *wanted)
        for word in unwanted:
            if word in said:
                raise Failed(f"{word!r} is in {said}")
        print("".join(f"# {line}\n" for line in said.splitlines()), end="")

    def nothing():
        pass

    yield "one that sent in the first minute alone is clean", lambda: frozen(
        "opensmtpd", lambda: own("opensmtpd", "--from", "early@example.org"), nothing, ("nobody",),
        ("server bot", "callout or bot", "10.25.3.73"))
    yield "a mail server with a bot of its own is told from others", lambda: frozen(
        "postfix", nothing, lambda: own("postfix", "--from", "bot@example.org"), ("has a bot of its own", "10.25.3.71"), ())
    yield "one that opens connections without a message is a callout or a bot", lambda: frozen(
        "exim", nothing, lambda: own("exim", "--from", "<>", "--quit-after", "RCPT"), ("callout or bot", "10.25.3.72"),
        ("server bot",))

    def thaws_by_itself(server, began):
        """At the limit, or half a minute later by its own timer; then all is sent, once."""
        until("it is thawed", lambda: server.frozen()[0] == "no", 90)
        # a killed recipe's lock may stay: whoever comes next sees that its holder is dead
        until("nothing is left of it", lambda: all(p.suffix == ".lock" for p in server.mta.state.iterdir()))
        if time.monotonic() - began > LIMIT + 30 + 20:
            raise Failed(f"it thawed only after {time.monotonic() - began:.0f} s")
        server.thawed()
        server.all_sent()

    def kill_at(step, after):
        """The program is killed as the recipe is run for the so-manieth time, or has been."""
        server = world.servers["postfix"]
        before = server.mta.kept()
        count = net.directory / "count"
        count.unlink(missing_ok=True)
        world.write_recipe(server.mta, KILL.format(count=count, step=step), after)
        running = world.run("freeze", "--mta", "postfix", "--for", f"{LIMIT}s")
        began = time.monotonic()
        if step > 3:
            running.await_word(r"incident \d+ is open")
            server.send(1)
            time.sleep(0.5)
            with contextlib.suppress(ProcessLookupError):
                running.child.send_signal(signal.SIGTERM)
        running.ends(-9)
        server.send(1)
        world.write_recipe(server.mta)
        time.sleep(3)  # the recipe goes on to its end
        thaws_by_itself(server, began)
        equal("configuration", before, server.mta.kept())
        status = world.sensor.status()
        if row := world.incident():  # whatever it says, thaw proves it
            equal("the monitor has given the permission back", True,
                  row["frozen_until"] <= time.time() * 1e6 or row["thawed"] is not None)
        world.run("thaw", "--mta", "postfix").ends()
        status = world.sensor.status()
        equal("status afterwards", None, status["freeze"])
        if status["incident"]:
            raise Failed(f"incident {status['incident']['id']} is open still")

    def kills():
        for step, call in enumerate(CALLS, 1):
            for after in (False, True):
                print(f"# killed {'behind' if after else 'before'} {call}, number {step}", flush=True)
                kill_at(step, after)

    yield "killed at each step it is thawed, nothing is lost, and thaw leaves nothing", kills

    def monitor_killed():
        server = world.servers["exim"]
        running = world.run("freeze", "--mta", "exim", "--for", f"{LIMIT}s")
        running.await_word(r"incident \d+ is open")
        contacts = server.contacts()
        server.send(1)
        world.sensor.stop(signal.SIGKILL)
        words_of(running.ends(3), "did not acknowledge the thaw", "is thawed, and that is proven")
        equal("its own connections while frozen", contacts, server.contacts())
        server.thawed()
        server.all_sent()
        world.sensor.start()
        equal("closed by", "freeze", world.incident()["closed_by"])

    yield "the monitor killed: the mail server is thawed at the limit all the same", monitor_killed

    def both_killed():
        server = world.servers["opensmtpd"]
        running = world.run("freeze", "--mta", "opensmtpd", "--for", f"{LIMIT}s")
        running.await_word(r"incident \d+ is open")
        began = time.monotonic()
        server.send(1)
        running.child.kill()
        world.sensor.stop(signal.SIGKILL)
        thaws_by_itself(server, began)
        words_of(world.run("status").ends(), "THAWING: opensmtpd")
        time.sleep(40)
        words_of(world.run("status").ends(), "THAW NOT CONFIRMED: opensmtpd on this machine", "run egress25 thaw")
        words_of(world.run("thaw").ends(), "had nothing to undo", "is not frozen, and that is proven")
        world.sensor.start()
        equal("status", None, world.sensor.status()["freeze"])

    yield "both killed: its own timer thaws it, and status says that nobody has proven it", both_killed

    def unheard():
        with world.sensor.halted():
            words_of(world.run("freeze", "--mta", "postfix").ends(3), "did not acknowledge it within 2 s",
                     "is thawed, and that is proven")

    yield "a monitor that does not answer: thawed at once, and nobody accused", unheard

    def thawed_by_others():
        server = world.servers["postfix"]
        running = world.run("freeze", "--mta", "postfix", "--format", "json")
        running.await_word(r"incident \d+ is open")
        first = world.incident()["frozen"]
        server.mta.recipe("thaw")
        running.await_word("IS NOT FROZEN ANY MORE")
        running.await_word("is frozen again")
        equal("frozen", "yes", server.frozen()[0])
        if world.incident()["frozen"] <= first:
            raise Failed("the grace did not begin anew")
        running.child.send_signal(signal.SIGTERM)
        found = parsed(running.ends())
        equal("as JSON", ("postfix", True, []), (found["mta"], found["thawed"] is not None, found["offenders"]))

    yield "what another program thaws is frozen again, and the grace begins anew", thawed_by_others


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    with contextlib.ExitStack() as ending:
        return report(lambda net: tests(net, sys.argv[1], ending), network.why_not() or mtas.why_not())


sys.exit(main())
