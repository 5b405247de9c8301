#!/usr/bin/env python3
"""`egress25 incident` beside a running monitor: TAP, one test a behaviour.

usage: test_incidents.py EGRESS25 DELAYLINE

What must be found is what the bot's own socket calls say, as in test_resets.py.
"""
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from xml.etree import ElementTree

import network
from network import CLIENT, MAIL
from sensor import Failed, equal, report, until
from wire import SINK, Wire

SENT = 20


def incident(sensor, verb, *arguments, expected=0):
    """What it says on either output."""
    done = subprocess.run([sensor.program, "incident", verb, "--config", sensor.config, "--record", sensor.record,
                           *arguments], capture_output=True, check=False, timeout=20, text=True)
    equal(f"the exit status of {verb}, which said {done.stderr.strip()!r}", expected, done.returncode)
    return done.stdout, done.stderr


def closed_by(sensor):
    with sqlite3.connect(f"file:{sensor.record}?mode=ro", uri=True) as db:
        return db.execute("SELECT closed_by FROM incident ORDER BY id DESC").fetchone()[0]


def tests(net, program, delayline):
    wire = Wire(net, program, delayline)
    run = {}

    def send():
        return wire.send(SENT, 200)

    def build():
        wire.build()
        wire.length(10000)
        net.mirror("port3")
        run["sensor"] = wire.sensor("reset = off")

    yield "the network has a wire, and a monitor whose resets are off", build

    def killed():
        sensor = run["sensor"]
        equal("delivered before", SENT, send()["delivered"])
        began = time.monotonic()
        number, words = incident(sensor, "open", "--reset", "--reason", "listed by\x1b[31m zen")
        if time.monotonic() - began > 2.5:
            raise Failed("it took longer than the monitor may need")
        equal("the number, and what is wrong", ("1\n", ""), (number, words))
        wire.all_killed(send(), SENT)
        equal("the mail server's", SENT, wire.send(SENT, 200, host="mail")["delivered"])

    yield "an incident kills the offender's connections, and the mail server's not", killed

    def one():
        sensor = run["sensor"]
        _, words = incident(sensor, "open", expected=3)
        if "incident 1" not in words:
            raise Failed(words)
        found = until("the offender is counted", lambda: sensor.query("incident", "show")["resets"] >= 2 * SENT and
                      sensor.query("incident", "show"))
        equal("what is shown", (1, True, None, [CLIENT], r"listed by\x1b[31m zen", "resets are on"),
              (found["id"], found["reset"], found["closed"], [o["address"] for o in found["offenders"]],
               found["reason"], found["effect"]))
        equal("status", 1, sensor.status()["incident"]["id"])
        if MAIL not in found["policy"]:
            raise Failed(f"policy: {found['policy']}")

    yield "a second one is refused by the number of the first, which shows what it found", one

    def closed():
        sensor = run["sensor"]
        equal("closed", "1\n", incident(sensor, "close")[0])
        equal("delivered after", SENT, send()["delivered"])
        equal("status", None, sensor.status()["incident"])
        equal("closed by", "user", closed_by(sensor))
        incident(sensor, "close", expected=3)

    yield "when it is closed all is delivered again", closed

    def limit():
        sensor = run["sensor"]
        incident(sensor, "open", "--reset", "--for", "3s")
        opened = time.monotonic()
        wire.all_killed(send(), SENT)
        with sqlite3.connect(sensor.record, isolation_level=None) as db:
            db.execute("BEGIN IMMEDIATE")
            time.sleep(max(0, opened + 3.5 - time.monotonic()))
            equal("delivered after the limit", SENT, send()["delivered"])
            db.execute("ROLLBACK")
        db.close()
        until("the record has it too", lambda: closed_by(sensor) == "limit")

    yield "it ends at its limit though the record is locked", limit

    def restart():
        sensor = run["sensor"]
        incident(sensor, "open", "--reset")
        sensor.stop(9)
        equal("delivered without a monitor", SENT, send()["delivered"])
        sensor.start(judge=False)
        wire.all_killed(send(), SENT)
        incident(sensor, "close")

    yield "it is taken up again after a kill and a restart", restart

    def unanswered():
        sensor = run["sensor"]
        with sensor.halted():
            number, words = incident(sensor, "open", expected=3)
        if "did not acknowledge it within 2 s" not in words or number != "4\n":
            raise Failed(f"{number} {words}")
        until("it is taken up then", lambda: sensor.query("incident", "show")["acknowledged"])
        incident(sensor, "close")
        os.kill(sensor.child.pid, signal.SIGUSR1)
        until("resets are stopped", lambda: "SIGUSR1" in sensor.words.read_text())
        _, words = incident(sensor, "open", "--reset", expected=3)
        if "is open, but resets stay off: SIGUSR1" not in words:
            raise Failed(words)
        incident(sensor, "close")

    yield "what the monitor does not answer, or cannot do, ends with status 3", unanswered

    def user():
        sensor = run["sensor"]
        for name, expected in (("nobody", "nobody"), ("no\x1b[31mbody", "root")):
            os.environ["SUDO_USER"] = name
            incident(sensor, "open")
            equal(f"opened by, where sudo says {name!r}", expected, sensor.query("incident", "show")["opened_by"])
            incident(sensor, "close")
        del os.environ["SUDO_USER"]
        sensor.stop()
        _, words = incident(sensor, "open", "--reason", "nobody runs")
        if "no monitor runs" not in words:
            raise Failed(words)

    yield "who opened it is told behind sudo too; and where no monitor runs, that is", user

    def reported():
        sensor = run["sensor"]
        told = json.loads(incident(sensor, "report", "3", "--format", "json")[0])
        # Where it has sent to one server alone it may pass for a device.
        equal("who it was", CLIENT, told["findings"][0]["address"])
        equal("attempts in the timeline", told["offenders"][0]["attempts"], sum(p["attempts"] for p in told["timeline"]))
        if told["offenders"][0]["attempts"] < 2 * SENT:
            raise Failed(told["offenders"][0])
        page = ElementTree.fromstring(incident(sensor, "report", "3", "--format", "html")[0])
        if f"{CLIENT}: {told['offenders'][0]['attempts']}" not in "".join(page.itertext()):
            raise Failed("the page does not have its attempts")

    yield "its report names the bot, with all its attempts", reported

    def listing():
        sensor = wire.sensor("reset = off", "public_addresses = {203.0.113.9}", "incident_on_listing = reset")
        try:
            equal("incidents", [], sensor.query("incident", "list"))
            refused()
            found = until("one is open", lambda: sensor.query("incident", "list"), 5)[0]
            equal("what is open", ("203.0.113.9", True, "egress25 watch"),
                  (found["address"], found["reset"], found["opened_by"]))
            until("it is in force", lambda: sensor.query("incident", "show")["effect"] == "resets are on", 5)
            wire.all_killed(send(), SENT)
            incident(sensor, "close")
            refused()
            sensor.stop()
            sensor.start(judge=False)
            refused()
            time.sleep(2.5)
            equal("incidents", 1, len(sensor.query("incident", "list")))
        finally:
            sensor.stop()

    def refused():
        code = ("import smtplib, sys\ntry:\n smtplib.SMTP(sys.argv[1], 25, 'mail').sendmail('listed@example.org',"
                " 'b@example.net', 'x')\nexcept smtplib.SMTPSenderRefused as e:\n print(e.smtp_code)")
        equal("the server's word", b"554\n", net.on("mail", "python3", "-c", code, SINK).stdout)

    yield "a blacklisting that a server tells of opens one by itself, and once", listing


def main():
    return report(lambda net: tests(net, sys.argv[1], sys.argv[2]), network.why_not())


sys.exit(main())
