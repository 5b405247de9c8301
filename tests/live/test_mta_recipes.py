#!/usr/bin/env python3
"""scripts/mta freezes real mail servers, whose receiver's log says what was sent, and when.  TAP.

usage: test_mta_recipes.py [--every-step] [SERVER...]

With --every-step freeze and thaw are killed at every step, else at every fourth.
"""
import concurrent.futures
import contextlib
import os
import re
import shutil
import subprocess
import sys
import time

import frozen_mtas
import mtas
import network
from frozen_mtas import LOCAL, RECIPES, REMOTE
from sensor import Failed, equal, report, until

SHELL = ("postfix", "exim", "opensmtpd", "sendmail", "qmail")
EVERY_STEP = "--every-step"
BLOCKS = (("# --- common and carried: the same text in each recipe ---\n", "# --- end of common and carried ---\n"),
          ("# --- common: the same text in each recipe ---\n", "# --- end of common ---\n"))


def text_of(name):
    return (RECIPES / name).read_text(encoding="ascii")


def recipes_are_sound():
    """shellcheck reads each, with what a timer takes along in its place: not as a here-document."""
    def check(name):
        text, changed = re.subn(r"^carried.*\n\tcat <<'CARRIED'\n(.*\n)*?(?=# ---)|^CARRIED\n}\n\neval .*\n", "",
                                text_of(name), flags=re.M)
        equal(f"begin and end of what {name} carries", 2, changed)
        done = subprocess.run(["shellcheck", "-s", "sh", "-"], input=text.encode(), capture_output=True, check=False)
        equal(f"shellcheck of {name}", "", done.stdout.decode())

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(check, SHELL))


def common_text_is_common():
    for begin, end in BLOCKS:
        found = {text_of(name).partition(begin)[2].partition(end)[0] for name in SHELL}
        equal(f"texts between {begin!r} and its end", 1, len(found))
        if not found.pop():
            raise Failed(f"nothing between {begin!r} and its end")


class Server:
    """A frozen server, and the receiver's log as the judge of what it sent."""

    def __init__(self, mta, receiver):
        self.mta, self.receiver = mta, receiver
        self.number = 0
        self.expected = []

    def send(self, count=1, to=f"bob@{REMOTE}"):
        """Gives it mails, each with a sender of its own; yields these."""
        senders = []
        for _ in range(count):
            self.number += 1
            senders.append(f"{self.mta.name}{self.number}@example.org")
        self.mta.send([(sender, [to], f"Subject: {sender}\r\n\r\nhello\r\n") for sender in senders])
        if to.endswith(REMOTE):
            self.expected += senders
        return senders

    def received(self):
        return [m.sender for m in self.receiver.messages() if m.delivered and m.sender.startswith(self.mta.name)]

    def contacts(self):
        """How often it connected to the receiver."""
        return len(re.findall(rf": connect from .*\[{re.escape(self.mta.source)}\]", self.receiver.words()))

    def all_sent(self, seconds=15):
        until(f"{self.mta.name} has sent all", lambda: set(self.received()) >= set(self.expected), seconds)
        equal(f"what {self.mta.name} sent, each once", sorted(self.expected), sorted(self.received()))

    def verb(self, *words, status=0, **more):
        found, said, errors = self.mta.recipe(*words, **more)
        if found != status:
            raise Failed(f"{self.mta.name} {' '.join(words)} ended with {found}, not {status}: {said} {errors[-300:]}")
        return said

    def frozen(self, said):
        equal(f"{self.mta.name}: frozen, in force, running", (["yes"],) * 3,
              tuple(said[key] for key in ("frozen", "in_force", "running")))


def freezes_and_thaws(server):
    """Also against a flush; what comes meanwhile is taken and, where it is for here, delivered here."""
    mta = server.mta
    before = mta.kept()
    server.send()
    server.all_sent()
    said = server.verb("freeze", "--for", "600", by_stdin=True)
    server.frozen(said)
    due, how = said["timer"][0].split()
    equal("the timer", ("detached", True), (how, 550 < int(due) - time.time() < 601))
    contacts = server.contacts()
    server.send(3)
    local = server.send(1, f"bob@{LOCAL}") if mta.name != "opensmtpd" else []
    equal("a second freeze, and its timer", said["timer"], server.verb("freeze")["timer"])
    mta.flush()
    until("what is for here is delivered", lambda: mta.delivered_here() == local)
    equal("queue", ["3"], until("all are queued", lambda: (
        lambda n: n if n == ["3"] else None)(server.verb("count")["queued"])))
    time.sleep(1)
    server.frozen(server.verb("check"))
    equal("connections while frozen", contacts, server.contacts())
    server.verb("thaw", by_stdin=True)
    if mta.name == "opensmtpd":  # what a flush does to it when paused: see the recipe
        mta.again()
    server.all_sent()
    equal("configuration", before, mta.kept())
    equal("what thaw left", [], list(mta.state.iterdir()))
    equal("timer", ["none"], server.verb("check", status=1)["timer"])
    equal("thaw without a freeze", {"nothing": ["to undo"]}, server.verb("thaw"))


def thaws_in_time(server):
    """When nobody comes; and a timer that another replaced does not."""
    before = server.mta.kept()
    replaced = int(server.verb("arm", "2")["timer"][0].split()[0])
    said = server.verb("freeze", "--for", "6")
    due = int(said["timer"][0].split()[0])
    contacts = server.contacts()
    server.send(2)
    time.sleep(max(0, min(replaced + 1, due - 2) - time.time()))
    equal("connections while frozen", contacts, server.contacts())
    if not server.mta.state.joinpath(server.mta.name, "timer").exists():
        raise Failed("the timer is gone before its time")
    server.all_sent(20)
    until("it is thawed", lambda: not list(server.mta.state.iterdir()))
    equal("thawed in time", True, due - 1 <= time.time() <= due + 15)
    equal("configuration", before, server.mta.kept())


def keeps_what_the_admin_held(server):
    """Mail on hold stays so, and mail for a transport that is deferred; so does what is changed in a
    file while frozen."""
    mta, note = server.mta, "# a remark of the admin's\n"
    before = mta.kept()
    server.verb("freeze", "--for", "600")
    held = server.send()[0]
    server.send()
    if mta.name == "postfix":
        server.send(1, f"bob@{frozen_mtas.HELD}")
    queued = ["3" if mta.name == "postfix" else "2"]
    until("all are queued", lambda: server.verb("count")["queued"] == queued)
    mta.hold(held)
    server.expected.remove(held)
    if mta.changed:
        with open(mta.changed, "a", encoding="ascii") as file:
            file.write(note)
    server.verb("thaw")
    server.all_sent()
    equal("what is held back", ["2" if mta.name == "postfix" else "1"], server.verb("count")["queued"])
    after = mta.kept()
    if mta.changed:
        text = after[mta.changed][0].decode()
        equal("the remark", True, text.endswith(note))
        # a last line without an end gets one
        equal("the rest", before[mta.changed][0].decode().rstrip("\n"), text[:-len(note)].rstrip("\n"))
        mta.changed.write_bytes(before[mta.changed][0])


def survives_a_kill(server):
    """Wherever freeze or thaw ended: thaw restores, and the mail is sent once."""
    mta = server.mta
    before, changed = mta.kept(), 0
    for verb in (("freeze", "--for", "600"), ("thaw",)):
        for step in range(*((1, 100) if EVERY_STEP in sys.argv else (3 - (verb[0] == "thaw"), 100, 4))):
            if verb[0] == "thaw":
                server.verb("freeze", "--for", "600")
            status, *_ = mta.recipe(*verb, before=mta.killing(step))
            if status == 0:
                break
            changed += mta.kept() != before
            server.verb("thaw")
            equal(f"configuration after {verb[0]} ended at step {step}", before, mta.kept())
            equal(f"what thaw left after {verb[0]} ended at step {step}", [], list(mta.state.iterdir()))
        if step < 3:
            raise Failed(f"{verb[0]} has {step} steps only")
        server.verb("thaw")
    server.send()
    server.all_sent()
    if not changed:
        raise Failed("it never ended with something changed, so this shows nothing")


class Mail:
    """The servers, to all of which each test is done at the same time."""

    def __init__(self, net, ending):
        self.net, self.ending = net, ending
        self.servers = []

    def happen(self):
        net, top = self.net, self.net.directory
        address, tls = mtas.SERVERS["postfix"]
        net.address("inet", "eth0", f"{address}/24", f"{tls}/24")
        receiver = mtas.Postfix(net, "inet", top / "receiver", (address, tls))
        started = [receiver]
        for number, kind in enumerate((frozen_mtas.Postfix, frozen_mtas.Exim, frozen_mtas.OpenSmtpd), 11):
            if set(sys.argv[1:]) - {EVERY_STEP} and kind.name not in sys.argv[1:]:
                continue
            net.address("client", "lo", f"127.0.0.{number}/8")
            net.address("client", "eth0", f"10.25.3.{number + 60}/24")
            mta = kind(net, "client", top / f"frozen-{kind.name}", (f"127.0.0.{number}",), f"10.25.3.{number + 60}",
                       {REMOTE: address})
            started.append(mta)
            self.servers.append(Server(mta, receiver))
        for mta in started:
            self.ending.callback(mta.stop)
        self.each(lambda mta: mta.begin(), started)
        for mta in started:
            until(f"{mta.name} listens", mta.listens, 20)

    def each(self, do, those=None):
        """Every failure is told, with the server's name."""
        wrong = []
        with concurrent.futures.ThreadPoolExecutor() as pool:
            jobs = [(one, pool.submit(do, one)) for one in those or self.servers]
            for one, job in jobs:
                try:
                    job.result()
                except Exception as error:  # pylint: disable=broad-except
                    detail = getattr(error, "stderr", None) or b""
                    wrong.append(f"{getattr(one, 'mta', one).name}: {type(error).__name__}: {error} {detail}")
        if wrong:
            raise Failed("\n".join(wrong))


def why_not():
    if not shutil.which("shellcheck"):
        return "needs shellcheck: scripts/setup test brings it"
    return network.why_not() or mtas.why_not()


def tests(net, ending):
    yield "shellcheck has nothing to say of the recipes", recipes_are_sound
    yield "what recipes have in common is the same in each", common_text_is_common
    mail = Mail(net, ending)
    yield "three mail servers and a receiver run", mail.happen
    for name, do in (("frozen they send nothing, not even when flushed; thawed all, each mail once", freezes_and_thaws),
                     ("what an admin held back or changed stays so", keeps_what_the_admin_held),
                     ("the timer thaws when nobody comes", thaws_in_time),
                     ("freeze or thaw killed at any moment, thaw restores", survives_a_kill)):
        yield name, lambda do=do: mail.each(do)


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    with contextlib.ExitStack() as ending:
        return report(lambda net: tests(net, ending), why_not())


sys.exit(main())
