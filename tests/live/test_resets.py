#!/usr/bin/env python3
"""`egress25 watch --reset` beside the kernel's own TCP: TAP, one test a behaviour.

usage: test_resets.py EGRESS25 DELAYLINE

The mirror port is a port of the switch that takes frames, as many do.  Between the router and the
Internet is a wire of a given length, so that the race is run over known round trips.  What must be
found is what the bot's own socket calls say.  The short round trips are for scripts/bench: a program
built with sanitizers, on a machine that does other things, is late there now and then.
"""
import json
import sys
import time

import network
from network import CLIENT, MAIL
from sensor import Failed, equal, report
from wire import CONNECTIONS, HERE, SINK, SINK6, Wire


def races(wire):
    def race(microseconds, to):
        wire.length(microseconds)
        wire.net.mirror("port3")
        sensor = wire.sensor("reset = on")
        try:
            wire.all_killed(wire.send(CONNECTIONS, 500, to=to))
            sensor.await_attempts(CLIENT if to == SINK else network.CLIENT6, CONNECTIONS)
        finally:
            sensor.stop()
        counted = [c for c in sensor.connections() if c["server"] == to]
        equal("without a reset", 0, sum(c["resets"] == 0 for c in counted))
        survived = sum(c["killed"] is False for c in counted)
        share = sensor.status()["resets"]["killed_share"]
        equal("killed", (0, True), (survived, share in (None, 1.0)))

    return race


def tests(net, program, delayline):
    wire = Wire(net, program, delayline)
    race = races(wire)
    yield "the network has a wire of a given length", wire.build
    for microseconds, name in ((10000, "20 ms"), (25000, "50 ms")):
        yield f"all are killed over a round trip of {name}", lambda us=microseconds: race(us, SINK)
    yield "all are killed over IPv6", lambda: race(10000, SINK6)


    def mid_dialogue():
        wire.length(10000)
        net.mirror("port3")
        sensor = wire.sensor("reset = off")
        try:
            child = net.start("client", "python3", HERE / "spam.py", "send", SINK, 50, 200, 1 << 20, "0.05",
                              stdout=-1)
            time.sleep(2)
            sensor.configure(f'mail_servers = {{"{MAIL}"}}\nreset = on\n')
            sensor.child.send_signal(1)
            words = child.communicate(timeout=60)[0]
            net.children.remove(child)
            wire.all_killed(json.loads(words), 50)
        finally:
            sensor.stop()

    yield "connections in the midst of their data are killed when resets are switched on", mid_dialogue

    def mail_server():
        net.mirror("port3")
        sensor = wire.sensor("reset = on")
        try:
            found = wire.send(50, 200, host="mail")
            equal("the mail server's", 50, found["delivered"])
        finally:
            sensor.stop()
        equal("resets", 0, sensor.status()["resets"]["sent"])

    yield "the mail server is left alone", mail_server

    def dry():
        sensor = wire.sensor("reset = dry-run")
        try:
            equal("delivered", 20, wire.send(20, 200)["delivered"])
            sensor.await_attempts(CLIENT, 20)
        finally:
            sensor.stop()
        found = sensor.status()["resets"]
        equal("sent", 0, found["sent"])
        if found["planned"] < 40:
            raise Failed(f"planned: {found}")

    yield "a dry run plans, counts and sends nothing", dry

    def stopped():
        sensor = wire.sensor("reset = on")
        try:
            wire.all_killed(wire.send(20, 200), 20)
            sensor.child.send_signal(10)
            time.sleep(0.3)
            equal("delivered after SIGUSR1", 20, wire.send(20, 200)["delivered"])
        finally:
            sensor.stop()

    yield "SIGUSR1 stops all resets at once", stopped


def main():
    return report(lambda net: tests(net, sys.argv[1], sys.argv[2]), network.why_not())


sys.exit(main())
