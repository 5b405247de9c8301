#!/usr/bin/env python3
"""Real MTAs and clients send on a mirrored port: the record says what their logs say.  TAP.

usage: test_mtas.py EGRESS25

Postfix, Exim, OpenSMTPD, msmtp and swaks, each from an inside address of its own, send to Postfix,
Exim and OpenSMTPD, in clear and by STARTTLS (mtas.py).  Each mail has a sender of its own, by which
logs and record are matched.  Where no log tells a thing, tshark's reading of tcpdump's file does.
"""
import base64
import collections
import concurrent.futures
import contextlib
import os
import re
import sqlite3
import sys

import mtas
import network
from mtas import SERVERS, domain_of
from network import MAIL
from sensor import Failed, Sensor, equal, report, until
from tools import Msmtp, Swaks

SOURCES = {"postfix": "10.25.3.71", "exim": "10.25.3.72", "opensmtpd": "10.25.3.73", "msmtp": "10.25.3.74",
           "swaks": "10.25.3.75"}
NAMES = {address: name for name, address in SOURCES.items()}
PAIRS = [(name, tls) for name in SERVERS for tls in (False, True)]
# OpenSMTPD offers STARTTLS and fails in the handshake (mtas.py)
FAILING = SERVERS["opensmtpd"][1]
SUBJECT, BODY = "On the hovercraft", "It is full of eels."
# What a server says behind a refusal to the rest of a pipeline.
SEQUEL = re.compile(r"503 |554 5\.5\.1 Error: no valid recipients$")
PARTING = "421 "  # answers nothing, and so hides no refusal that did
AUTH_REFUSED = re.compile(r"^(535( \d\.\d\.\d)?).*")  # may repeat a user's name: only the codes are kept
PIPELINE = re.compile(rb"RCPT TO:[^\r]*\r\n(RCPT|DATA|BDAT)")


def mails_for(client, server, tls):
    """What each client sends to each server: (sender, recipients, text)."""
    here = domain_of(server, tls)
    large = "".join(f".line {i} of eels\r\n" for i in range(200000 // 16))

    def mail(what, recipients, body=BODY):
        sender = f"{what}-{client}-{server}{'-tls' if tls else ''}@{mtas.CLIENT_DOMAIN}"
        text = f"From: <{sender}>\r\nSubject: {SUBJECT}\r\n\r\n.\r\n..\r\n{body}\r\n"
        return sender, [f"{name}@{here}" for name in recipients], text

    return [mail("plain", ("bob", "carol")), mail("some", ("bob", "nobody", "carol", "nobody2")),
            mail("none", ("nobody", "nobody2")), mail("refused", ("bob",)), mail("late", ("bob", "carol")),
            mail("large", ("bob",), large)]


def masked(words):
    """As the record has it: no local part of an address that a server repeats."""
    return re.sub(r"<[^@<>]*@", "<*@", words)


class Mail:
    def __init__(self, net, program):
        self.net = net
        self.sensor = Sensor(net, program, "mtas")

    def happen(self):
        net, top = self.net, self.net.directory
        for addresses in SERVERS.values():
            net.address("inet", "eth0", *(f"{a}/24" for a in addresses))
        net.address("client", "eth0", *(f"{a}/24" for a in SOURCES.values()))
        for number in range(len(mtas.KINDS)):  # Postfix takes those that an interface has, alone
            net.address("client", "lo", f"127.0.0.{11 + number}/8")
        net.mirror("port3")
        self.servers = {kind.name: kind(net, "inet", top / f"server-{kind.name}", SERVERS[kind.name])
                        for kind in mtas.KINDS}
        relays = {kind.name: kind(net, "client", top / f"client-{kind.name}", (f"127.0.0.{number}",),
                                  SOURCES[kind.name], mtas.routes())
                  for number, kind in enumerate(mtas.KINDS, 11)}
        self.msmtp = Msmtp(net, "client", top, SOURCES["msmtp"])
        self.swaks = Swaks(net, "client", SOURCES["swaks"])
        self.own = Swaks(net, "mail", MAIL)
        self.clients = {**relays, "msmtp": self.msmtp, "swaks": self.swaks}
        started = [*self.servers.values(), *relays.values()]
        with concurrent.futures.ThreadPoolExecutor(len(started) + 2) as pool, contextlib.ExitStack() as ending:
            for mta in started:
                ending.callback(mta.stop)
            jobs = [pool.submit(mta.begin) for mta in started] + [pool.submit(self.sensor.start)]
            for job in jobs:
                job.result()
            for mta in started:
                until(f"{mta.name} listens", mta.listens, 20)
            jobs = [pool.submit(relay.send, [m for pair in PAIRS for m in mails_for(name, *pair)])
                    for name, relay in relays.items()]
            jobs += [pool.submit(job) for job in (self.by_msmtp, self.by_swaks, self.by_own)]
            for job in jobs:
                job.result()
            self.await_logs(relays)
        equal("exit status of the monitor", 0, self.sensor.stop())
        self.read()

    def by_msmtp(self):
        for server, tls in PAIRS:
            for mail in mails_for("msmtp", server, tls):
                self.msmtp.send(SERVERS[server][tls], tls, *mail)

    def by_swaks(self):
        for server in SERVERS:
            for (sender, recipients, text), more in zip(mails_for("swaks", server, False), (
                    ("--pipeline",), (), ("--pipeline",), (), ("--pipeline",), None)):
                if more is not None:
                    self.swaks.send(SERVERS[server][0], sender, recipients, "--header", f"Subject: {SUBJECT}", *more)
            self.swaks.send(SERVERS[server][1], f"plain-swaks-{server}-tls@example.org",
                            [f"bob@{domain_of(server, True)}"], "--tls")
        address, there = SERVERS["exim"][0], [f"bob@{domain_of('exim')}"]
        for number, (how, password) in enumerate((("PLAIN", mtas.PASSWORD), ("LOGIN", mtas.PASSWORD),
                                                  ("PLAIN", mtas.PASSWORD + "-not"))):
            self.swaks.send(address, f"auth{number}-swaks-exim@example.org", there, "--auth", how, "--auth-user",
                            mtas.USER, "--auth-password", password)

    def by_own(self):
        """The mail server's: permitted."""
        for server in SERVERS:
            self.own.send(SERVERS[server][0], f"own-{server}@example.org",
                          [f"bob@{domain_of(server)}", f"nobody@{domain_of(server)}"])

    def await_logs(self, relays):
        each = len(PAIRS) * len(mails_for("", "", False))
        for name, relay in relays.items():
            until(f"{name} is done with {each} mails", lambda r=relay: len(r.messages()) >= each, 40)
        for name, server in self.servers.items():
            until(f"{name} has logged each mail", lambda s=server: all(
                m.delivered or m.words for m in s.messages()), 10)

    def read(self):
        self.record = self.sensor.connections()
        self.logged = {}  # sender: what the server's log says
        for name, server in self.servers.items():
            for message in server.messages():
                if message.sender in self.logged:
                    raise Failed(f"{name}: two messages from {message.sender}")
                message.peer = name
                self.logged[message.sender] = message
        self.said, self.answered = collections.defaultdict(bytes), collections.defaultdict(bytes)
        self.pipelines, self.chunks = collections.Counter(), collections.Counter()
        for source, port, destination, to, payload in self.sensor.tshark(
                "tcp.port==25 && tcp.len>0 && !tcp.analysis.retransmission", "ip.src", "tcp.srcport", "ip.dst",
                "tcp.dstport", "tcp.payload"):
            data = bytes.fromhex(payload.replace(":", ""))
            if port == "25":
                self.answered[destination, int(to), source] += data
                continue
            self.said[source, int(port), destination] += data
            self.pipelines[NAMES.get(source)] += bool(PIPELINE.search(data))
            self.chunks[NAMES.get(source), destination] += len(re.findall(rb"(?m)^BDAT \d+( LAST)?\r$", data))

    def refusals_of(self, connection):
        """By tcpdump's file: replies of 400 and above, in order."""
        text = self.answered[connection["client"], connection["client_port"], connection["server"]].decode()
        replies = re.findall(r"(?m)^((?:\d\d\d-.*\n)*\d\d\d .*)\r$", text)
        return [reply[:4].replace("-", " ") + " ".join(line[4:].strip() for line in reply.split("\n"))
                for reply in replies if reply[0] in "45"]

    def theirs(self):
        """The clients' connections; the mail server's are another matter."""
        return [c for c in self.record if c["client"] in NAMES]

    def each_once(self):
        """Each sender that a server's log has from a session in clear is in one connection."""
        found = collections.Counter(s for c in self.theirs() for s in c["senders"])
        equal("senders", {s: 1 for s, m in self.logged.items() if not m.tls and not s.startswith("own-")}, dict(found))
        for client in SOURCES:
            clear = sum(not m.tls for m in self.logged.values() if m.helo.startswith(client))
            if not clear:
                raise Failed(f"{client} sent nothing in clear, so this shows nothing")

    def connections(self):
        """Message by message, as the servers say."""
        wrong = []
        for c in self.theirs():
            messages = [self.logged[s] for s in c["senders"]]
            if not messages:
                continue
            words = [m.words for m in messages if m.words]
            expected = {"server": [SERVERS[m.peer][m.sender.split("@")[0].endswith("-tls")] for m in messages],
                        "helo": sorted({m.helo for m in messages}), "client": {n.split(".")[0] for n in (
                            m.helo for m in messages)},
                        "recipients": sum(m.accepted for m in messages),
                        "messages": sum(m.delivered for m in messages),
                        "outcome": "sent" if any(m.delivered for m in messages) else "rejected",
                        "refused": bool(words)}
            found = {"server": [c["server"]] * len(messages), "helo": [c["helo"]], "client": {NAMES[c["client"]]},
                     "recipients": c["recipients"], "messages": c["messages"], "outcome": c["outcome"],
                     "refused": c["reply"] is not None}
            if expected != found:
                wrong.append(f"{c['senders']}: expected {expected}, found {found}")
        if wrong:
            raise Failed("\n".join(wrong))

    def replies(self):
        """The last refusal; its words are the server's log's, but for what it says to the rest of a pipeline."""
        alike = 0
        for c in self.theirs():
            if c["outcome"] == "encrypted":
                equal(f"reply within STARTTLS of {c['client']}", None, c["reply"])
                continue
            seen = [AUTH_REFUSED.sub(r"\1", masked(words)) for words in self.refusals_of(c)]
            if len(seen) > 1 and seen[-1].startswith(PARTING):
                seen.pop()
            equal(f"reply to {c['senders'] or c['client']}", seen[-1] if seen else None, c["reply"])
            words = [masked(self.logged[s].words) for s in c["senders"] if self.logged[s].words]
            if not words:
                continue
            alike += c["reply"] == words[-1]
            if c["reply"] != words[-1] and not (words[-1] in seen and SEQUEL.match(c["reply"])):
                raise Failed(f"reply to {c['senders']}: {c['reply']}, the server's log has {words[-1]}")
        if alike < 20:
            raise Failed(f"only {alike} refusals are in the words of the servers' logs")

    def clients_say_so(self):
        for name, client in self.clients.items():
            said = [m for m in client.messages() if m.accepted or m.refused or m.words or m.delivered or m.tls]
            for message in said:
                logged = self.logged.get(message.sender)
                if not logged:
                    if name in ("msmtp", "swaks"):
                        continue  # it came to no MAIL: see the tests of STARTTLS and AUTH
                    raise Failed(f"{name} sent {message}, which no server has")
                if name == "msmtp":
                    equal(f"{message.sender} of msmtp", (message.delivered, message.tls), (logged.delivered, logged.tls))
                else:
                    equal(f"{message.sender} of {name}", message.key(), logged.key())

    def as_many(self):
        """As many connections as the servers' logs have sessions."""
        found = collections.Counter(c["server"] for c in self.record)
        equal("connections", {name: server.sessions() for name, server in self.servers.items()},
              {name: sum(found[a] for a in addresses) for name, addresses in SERVERS.items()})

    def under_tls(self):
        for name in ("postfix", "exim"):
            rows = [c for c in self.theirs() if c["server"] == SERVERS[name][1]]
            for c in rows:
                equal(f"{NAMES[c['client']]} to {name} by STARTTLS",
                      ("encrypted", [], 0, 0, None, f"{NAMES[c['client']]}.client.example.org"),
                      (c["outcome"], c["senders"], c["messages"], c["recipients"], c["reply"], c["helo"]))
            equal("clients", set(NAMES), {c["client"] for c in rows})
            hidden = [s for s, m in self.logged.items() if m.peer == name and m.tls]
            if len(hidden) < 4 * 5:
                raise Failed(f"{name} had only {len(hidden)} messages by STARTTLS")
            self.absent(hidden)

    def failed_handshake(self):
        rows = [c for c in self.theirs() if c["server"] == FAILING]
        broken = [c for c in rows if c["outcome"] == "encrypted"]
        equal("sessions that ended in the handshake", self.servers["opensmtpd"].words().count("Ready to start TLS"),
              len(broken))
        equal("clients", set(NAMES), {c["client"] for c in broken})
        equal("senders there", [], [c["senders"] for c in broken if c["senders"]])
        if not any(m.delivered and m.sender.endswith("-opensmtpd-tls@example.org") for m in self.logged.values()):
            raise Failed("no client tried again in clear, so this shows less than it should")

    def totals(self):
        offenders = self.sensor.offenders()
        equal("offenders", set(NAMES), set(offenders))
        for address, name in NAMES.items():
            mine = [m for m in self.logged.values() if m.helo.split(".")[0] == name and not m.tls and
                    not m.sender.startswith("own-")]
            rows = [c for c in self.record if c["client"] == address]
            expected = (sum(m.delivered for m in mine), sum(m.accepted for m in mine), len(rows), len(rows),
                        [f"{name}.client.example.org"], dict(collections.Counter(c["outcome"] for c in rows)))
            o = offenders[address]
            equal(f"totals of {name}", expected, (o["messages"], o["recipients"], o["attempts"], o["connected"],
                                                  o["helo"], {k: n for k, n in o["outcomes"].items() if n}))
            if o["verdict"] == "bot":
                raise Failed(f"{name} is called a bot: {o['reasons']}")

    def really_used(self):
        """What the title of the test promises did happen, by tcpdump's file."""
        for name in ("postfix", "exim", "msmtp", "swaks"):
            if not self.pipelines[name]:
                raise Failed(f"{name} did not pipeline")
        for server in ("postfix", "exim"):
            if not self.chunks["exim", SERVERS[server][0]]:
                raise Failed(f"Exim sent no BDAT to {server}")
        several = {NAMES[c["client"]] for c in self.theirs() if c["messages"] >= 2 and len(c["senders"]) >= 2}
        equal("clients that sent several messages over a connection", {"postfix", "opensmtpd"}, several)

    def authenticated(self):
        rows = {c["senders"][0]: c for c in self.theirs() if c["senders"] and c["senders"][0].startswith("auth")}
        equal("with AUTH", {"auth0-swaks-exim@example.org": "sent", "auth1-swaks-exim@example.org": "sent"},
              {sender: c["outcome"] for sender, c in rows.items()})
        refused = [c for c in self.theirs() if c["reply"] and c["reply"].startswith("535")]
        equal("refused", [("10.25.3.75", "rejected", [])], [(c["client"], c["outcome"], c["senders"]) for c in refused])
        plain = base64.b64encode(f"\0{mtas.USER}\0{mtas.PASSWORD}".encode()).decode()
        secrets = [plain, *(base64.b64encode(word.encode()).decode() for word in (mtas.USER, mtas.PASSWORD))]
        self.absent(secrets)
        self.absent([mtas.USER, mtas.PASSWORD], on_the_wire=False)

    def mail_server(self):
        rows = {c["server"]: c for c in self.record if c["client"] == MAIL}
        equal("its servers", {addresses[0] for addresses in SERVERS.values()}, set(rows))
        for server, addresses in SERVERS.items():
            c, m = rows[addresses[0]], self.logged[f"own-{server}@example.org"]
            equal(f"to {server}", (True, None, [], m.accepted, int(m.delivered), "sent", m.helo),
                  (c["permitted"], c["offence"], c["senders"], c["recipients"], c["messages"], c["outcome"], c["helo"]))
            equal("accepted, refused", (1, 1), (m.accepted, m.refused))
        self.absent([f"own-{server}@" for server in SERVERS])

    def private(self):
        self.absent([SUBJECT, BODY, "bob@", "carol@", "nobody@", "nobody2@"])

    def absent(self, words, on_the_wire=True):
        """These are nowhere in the record's files, though tcpdump's has them."""
        files = [p for p in self.sensor.directory.iterdir() if p.name.startswith("record.db")]
        stored = b"".join(p.read_bytes() for p in files)
        wire = b"".join([*self.said.values()])
        for word in words:
            if word.encode() in stored:
                raise Failed(f"the record has '{word}'")
            if on_the_wire and word.encode() not in wire and not word.endswith("-tls@example.org"):
                raise Failed(f"'{word}' was never sent, so this shows nothing")

    def tests(self):
        yield "every mail in clear is in one connection of the record", self.each_once
        yield "recipients, messages, outcome and HELO are those of the servers' logs", self.connections
        yield "the last refusal is the server's", self.replies
        yield "the clients' logs say the same as the servers'", self.clients_say_so
        yield "there are as many connections as the servers had sessions", self.as_many
        yield "STARTTLS is encrypted, and nothing from inside is told", self.under_tls
        yield "a handshake that fails is encrypted; in clear it is another connection", self.failed_handshake
        yield "an offender's totals are the sums of the servers' logs; none is a bot", self.totals
        yield "pipelining, BDAT and several messages over a connection were really seen", self.really_used
        yield "AUTH is understood, and no credential is in the record", self.authenticated
        yield "the mail server's own mail is permitted, and its senders are not stored", self.mail_server
        yield "no recipient, subject or body is in the record", self.private


def tests(net, program):
    mail = Mail(net, program)
    yield "five clients send to three servers", mail.happen
    yield from mail.tests()


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    return report(lambda net: tests(net, sys.argv[1]), network.why_not() or mtas.why_not())


sys.exit(main())
