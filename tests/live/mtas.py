#!/usr/bin/env python3
"""Real mail servers and clients in namespaces: start, stop, and what their own logs say.

usage: mtas.py     shows each as client of each, and fails where two logs disagree

Debian lets one MTA be installed at a time.  So Exim and OpenSMTPD are unpacked from their packages
by scripts/setup test, never installed, and run from there.  What they have hard-coded (users, /var,
/run, /etc) they find in a mount namespace of their own, the one that `ip netns exec` makes: nothing
of the machine's is touched.

Each MTA is a server (address=...) or a client (relay=SERVER), which takes mail on its namespace's
loopback and passes it on.  As a server each refuses recipients at RCPT whose local part begins with
"nobody", senders at MAIL that begin with "refused"; Postfix and Exim also, after its end, a message
with the header "X-Refuse: yes".
"""
import collections
import dataclasses
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import network

UNPACKED = pathlib.Path("/usr/local/lib/egress25-test-mtas")
DOMAIN = "example.net"


@dataclasses.dataclass
class Message:
    """One mail transaction, as one MTA's log tells it."""

    peer: str  # the other side's address
    helo: str  # what the client called itself; "" where that log does not say
    sender: str
    accepted: int = 0  # RCPT
    refused: int = 0
    delivered: bool = False  # accepted after its end
    tls: bool = False

    def key(self):
        return (self.sender, self.accepted, self.refused, self.delivered, self.tls)


def why_not():
    """Why these cannot be run here, or None."""
    missing = [str(UNPACKED / p) for p in ("usr/sbin/exim4", "usr/sbin/smtpd") if not (UNPACKED / p).exists()]
    missing += [p for p in ("msmtp", "openssl", "postfix", "swaks") if not shutil.which(p, path="/usr/bin:/usr/sbin")]
    return f"needs {', '.join(missing)}: scripts/setup test brings them" if missing else None


USERS = {"opensmtpd": 64025, "opensmtpq": 64026, "Debian-exim": 64027}
# Runs "$@" where /etc/passwd, /var and /run are its own; it is in a mount namespace already.
WRAPPER = """set -e
top=$1; shift
for file in passwd group resolv.conf; do mount --bind "$top/etc/$file" "/etc/$file"; done
for dir in spool lib; do mount --bind "$top/var/$dir" "/var/$dir"; done
mount -t tmpfs none /run
exec "$@"
"""


def prepare(top):
    """The tree that WRAPPER puts in place of the machine's."""
    for name in ("etc", "var/spool/smtpd", "var/spool/exim4", "var/lib/opensmtpd/empty", "conf"):
        (top / name).mkdir(parents=True)
    (top / "var/spool/smtpd").chmod(0o711)
    shutil.chown(top / "var/spool/exim4", USERS["Debian-exim"], USERS["Debian-exim"])
    for name, line in (("passwd", "{0}:x:{1}:{1}::/nonexistent:/usr/sbin/nologin\n"), ("group", "{0}:x:{1}:\n")):
        added = "".join(line.format(user, number) for user, number in USERS.items())
        (top / "etc" / name).write_text(pathlib.Path("/etc", name).read_text() + added)
    (top / "etc/resolv.conf").write_text("nameserver 127.0.0.1\n")  # refuses at once
    (top / "wrapper").write_text(WRAPPER)


def make_certificate(top):
    # RSA: what every one of them takes
    network.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=mx",
                "-keyout", top / "conf/key.pem", "-out", top / "conf/cert.pem")
    (top / "conf/key.pem").chmod(0o600)


class Mta:
    """net is a network.Network; host the namespace's name there; tls is offered or used."""

    name = ""

    def __init__(self, net, host, directory, address=None, relay=None, tls=False):
        self.net, self.host, self.address, self.relay, self.tls = net, host, address, relay, tls
        self.top = pathlib.Path(directory)
        self.top.mkdir(parents=True)
        self.helo = f"{self.name}.client.example.org" if relay else f"{self.name}.{DOMAIN}"
        self.listen = "127.0.0.1" if relay else address
        self.log = self.top / "log"
        self.child = None

    def __enter__(self):
        prepare(self.top)
        if self.tls and self.address:
            make_certificate(self.top)
        self.start()
        for _ in range(200):
            found = self.net.on(self.host, "ss", "-Hltn", "src", f"{self.listen}:25").stdout
            if found.strip():
                return self
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"{self.name} does not listen: {self.words()[-800:]}")

    def __exit__(self, *_):
        self.stop()

    def start(self):
        raise NotImplementedError

    def run(self, log, *command):
        """Starts a program within the tree of prepare(); its output goes to a file."""
        with open(log, "ab") as words:
            self.child = self.net.start(self.host, "sh", self.top / "wrapper", self.top, *command, stdout=words,
                                        stderr=words)

    def stop(self):
        if self.child in self.net.children:
            self.net.end(self.child)

    def words(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def send(self, sender, recipients, *more):
        """Gives a client mail to pass on; returns before it is."""
        self.net.on(self.host, "swaks", "--server", "127.0.0.1", "--port", "25", "--helo", "localhost", "--from",
                    sender, "--to", ",".join(recipients), "--hide-all", *more, timeout=60)

    def messages(self):
        """As a server: what was received; as a client: what was sent.  In the log's order."""
        return self.received() if self.address else self.sent()

    def received(self):
        raise NotImplementedError

    def sent(self):
        raise NotImplementedError


def fields(pattern, text):
    found = re.search(pattern, text)
    return found.groups() if found else None


class Postfix(Mta):
    """The installed one, with a configuration of its own."""

    name = "postfix"
    # access(5)'s INFO tells of each recipient accepted too
    RECIPIENT = r"^(info|reject): (RCPT|MAIL) from .* from=<(.*?)>.* helo=<(.*?)>$"
    DELIVERY = r"^to=<.*?>, relay=.*?\[(.*?)\]:25, .*status=(\w+) \((.*)\)$"

    def start(self):
        for name in ("queue", "data"):
            (self.top / name).mkdir()
        shutil.chown(self.top / "data", "postfix")
        here = pathlib.Path(__file__).resolve().parent
        master = (here / "postfix-master.cf").read_text()
        master += "smtp unix - - n - - smtp\nrelay unix - - n - - smtp\ntlsmgr unix - - n 1000? 1 tlsmgr\n"
        (self.top / "conf/master.cf").write_text(master)
        (self.top / "conf/refuse").write_text("/^nobody/ REJECT no such user\n/./ INFO accepted\n")
        (self.top / "conf/senders").write_text("/^refused/ REJECT no mail from you\n")
        (self.top / "conf/headers").write_text("/^X-Refuse: yes/ REJECT no such message\n")
        lines = (here / "postfix-main.cf").read_text().replace("@TOP@", str(self.top)).splitlines()
        settings = dict(line.split(" = ", 1) if " = " in line else (line.rstrip(" ="), "") for line in lines if line)
        settings |= {"myhostname": self.helo, "inet_interfaces": self.listen, "smtpd_tls_loglevel": "1",
                     "smtp_tls_loglevel": "1", "mynetworks": "127.0.0.0/8", "disable_dns_lookups": "yes",
                     "header_checks": f"regexp:{self.top}/conf/headers"}
        if self.address:
            settings |= {"smtpd_recipient_restrictions": f"check_recipient_access regexp:{self.top}/conf/refuse",
                         "smtpd_sender_restrictions": f"check_sender_access regexp:{self.top}/conf/senders",
                         "smtpd_delay_reject": "no"}
            if self.tls:
                settings |= {"smtpd_tls_security_level": "may", "smtpd_tls_cert_file": self.top / "conf/cert.pem",
                             "smtpd_tls_key_file": self.top / "conf/key.pem"}
        else:
            settings |= {"default_transport": "smtp", "relayhost": f"[{self.relay}]", "mydestination": "",
                         "smtpd_relay_restrictions": "permit_mynetworks, reject", "smtpd_recipient_restrictions": "",
                         "smtp_tls_security_level": "may" if self.tls else "none", "header_checks": ""}
        (self.top / "conf/main.cf").write_text("".join(f"{k} = {v}\n" for k, v in settings.items()))
        self.net.on(self.host, "postfix", "-c", self.top / "conf", "start")

    def stop(self):
        subprocess.run(self.net.command(self.host, "postfix", "-c", self.top / "conf", "stop"), check=False,
                       capture_output=True)

    def received(self):
        found, session, queued = [], {}, {}
        for line in self.words().splitlines():
            parts = fields(r"postfix/(\w+)\[(\d+)\]: (?:(\w+): )?(.*)", line)
            if not parts:
                continue
            daemon, pid, queue_id, text = parts
            if daemon == "smtpd" and text.startswith("connect from"):
                session[pid] = {"peer": fields(r"\[(.*?)\]", text)[0], "tls": False, "message": None}
            elif daemon == "smtpd" and "TLS connection established from" in text:
                session[pid]["tls"] = True
            elif daemon == "smtpd" and (what := fields(self.RECIPIENT, text)):
                at = session[pid]
                if not at["message"] or at["message"].sender != what[2]:
                    at["message"] = Message(at["peer"], what[3], what[2], tls=at["tls"])
                    found.append(at["message"])
                at["message"].accepted += what[0] == "info"
                at["message"].refused += what[:2] == ("reject", "RCPT")
            elif daemon == "smtpd" and text.startswith("client="):
                queued[queue_id] = session[pid]["message"]
            elif daemon == "cleanup" and queue_id in queued:
                # its end: what follows, from the same sender too, is another
                for at in session.values():
                    at["message"] = None if at["message"] is queued[queue_id] else at["message"]
            elif daemon == "qmgr" and queue_id in queued and text.startswith("from="):
                queued[queue_id].delivered = True
        return found

    def sent(self):
        found, senders, tls = {}, {}, {}
        for line in self.words().splitlines():
            parts = fields(r"postfix/(\w+)\[(\d+)\]: (?:([0-9A-F]+): )?(.*)", line)
            if not parts:
                continue
            daemon, pid, queue_id, text = parts
            if daemon == "qmgr" and (who := fields(r"^from=<(.*?)>, ", text)):
                senders[queue_id] = who[0]
            elif daemon == "smtp" and "TLS connection established to" in text:
                tls[pid] = True
            elif daemon == "smtp" and (what := fields(self.DELIVERY, text)):
                if queue_id not in found:
                    found[queue_id] = Message(what[0], self.helo, senders[queue_id], tls=tls.pop(pid, False))
                note(found[queue_id], what[1] == "sent", what[2])
        return [m for m in found.values() if m.sender]


def note(message, sent, words):
    """Counts a recipient of a client's by what became of it, and by the words of our servers."""
    if sent:
        message.delivered = True
        message.accepted += 1
    elif "no such user" in words:
        message.refused += 1
    elif "no such message" in words:
        message.accepted += 1


class Exim(Mta):
    name = "exim"

    def start(self):
        (self.top / "spool").mkdir()
        (self.top / "logs").mkdir()
        for name in ("spool", "logs"):
            shutil.chown(self.top / name, USERS["Debian-exim"], USERS["Debian-exim"])
        self.top.chmod(0o755)
        tls = ""
        if self.address and self.tls:
            tls = (f"tls_advertise_hosts = *\ntls_certificate = {self.top}/conf/cert.pem\n"
                   f"tls_privatekey = {self.top}/conf/key.pem\n")
            shutil.chown(self.top / "conf/key.pem", USERS["Debian-exim"])
        config = f"""
exim_path = {UNPACKED}/usr/sbin/exim4
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = {self.top}/spool
log_file_path = {self.top}/logs/%s
primary_hostname = {self.helo}
local_interfaces = {self.listen}
daemon_smtp_ports = 25
host_lookup =
rfc1413_query_timeout = 0s
prdr_enable = false
log_selector = +all
keep_environment =
deliver_drop_privilege = true
bounce_return_body = false
{tls or "tls_advertise_hosts ="}
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
acl_smtp_data = data
begin acl
mail:
  deny condition = ${{if and{{{{match{{$sender_address}}{{^refused}}}}{{eq{{{self.relay or ""}}}{{}}}}}}}}
       message = no mail from you
  accept
rcpt:
  deny condition = ${{if and{{{{match{{$local_part}}{{^nobody}}}}{{eq{{{self.relay or ""}}}{{}}}}}}}}
       message = no such user
  accept logwrite = accepted RCPT <$local_part@$domain> F=<$sender_address>
data:
  deny condition = ${{if and{{{{match{{$h_x-refuse:}}{{yes}}}}{{eq{{{self.relay or ""}}}{{}}}}}}}}
       message = no such message
  accept
begin routers
bounces:
  driver = redirect
  senders = :
  data = :blackhole:
out:
  driver = {"manualroute" if self.relay else "accept"}
  {f"route_list = * {self.relay} byname" if self.relay else ""}
  transport = {"remote" if self.relay else "away"}
  self = send
begin transports
away:
  driver = appendfile
  file = /dev/null
  user = Debian-exim
remote:
  driver = smtp
  hosts_avoid_tls = {"" if self.tls else "*"}
  tls_verify_certificates =
  helo_data = {self.helo}
begin retry
* * F,1h,5m
"""
        if not self.relay:
            config = config.replace("  self = send\n", "")
        (self.top / "conf/exim.conf").write_text(config)
        (self.top / "conf/exim.conf").chmod(0o644)
        self.log = self.top / "logs/main"
        self.run(self.top / "words", UNPACKED / "usr/sbin/exim4", "-C", self.top / "conf/exim.conf", "-bdf", "-q1m")

    def words(self):
        return super().words() or ((self.top / "words").read_text() if (self.top / "words").exists() else "")

    def received(self):
        found, open_ = [], {}

        def get(pid, sender):
            if (pid, sender) not in open_:
                found.append(open_.setdefault((pid, sender), Message("", "", sender)))
            return open_[pid, sender]

        for line in self.words().splitlines():
            pid = fields(r"\[(\d+)\]", line)
            who = fields(r" H=(?:\S+ )?\(?([^ ()]*)\)? \[([^]]*)\]", line)
            message = None
            if sender := fields(r" accepted RCPT <.*?> F=<(.*?)>", line):
                get(pid, sender[0]).accepted += 1
            elif sender := fields(r" F=<(.*?)> .*?rejected (RCPT|after DATA)", line):
                message = get(pid, sender[0])
                message.refused += sender[1] == "RCPT"
                if sender[1] == "after DATA":
                    del open_[pid, sender[0]]
            elif sender := fields(r" rejected MAIL <(.*?)>", line):
                message = get(pid, sender[0])
                del open_[pid, sender[0]]
            elif (sender := fields(r" <= (\S+) .*?P=e?smtp", line)) and who:
                sender = "" if sender[0] == "<>" else sender[0]
                message = get(pid, sender)
                message.delivered = True
                del open_[pid, sender]
            if message:
                message.helo, message.peer, message.tls = who[0], who[1], " X=" in line
        return found

    def sent(self):
        found, senders = {}, {}
        for line in self.words().splitlines():
            # the queue's identifier: 6-6-2 characters
            if not (parts := fields(r"(\w{6}-\w{6}-\w{2}) (<=|=>|->|\*\*|==) (\S+) (.*)", line)):
                continue
            queue_id, sign, who, text = parts
            if sign == "<=":
                senders[queue_id] = "" if who == "<>" else who
            elif senders.get(queue_id) and sign != "==" and "T=remote" in text:
                peer = fields(r" H=\S* ?\[([^]]*)\]", text)
                message = found.setdefault(queue_id, Message(self.relay, self.helo, senders[queue_id]))
                message.peer = peer[0] if peer else message.peer
                message.tls |= " X=" in text
                note(message, sign in ("=>", "->"), text)
        return list(found.values())


class OpenSmtpd(Mta):
    """Debian 12's (6.8.0p2) cannot serve STARTTLS: with OpenSSL 3 its key process yields "missing
    private key", with RSA and with elliptic curves, and every handshake ends in an internal error.
    As a client it uses STARTTLS well."""

    name = "opensmtpd"

    def start(self):
        listen = f"listen on {self.listen} port 25 hostname {self.helo}"
        if self.address:
            config = 'table nobodies { "^nobody" }\ntable refused { "^refused" }\n'
            config += 'filter refuse-mail phase mail-from match mail-from regex <refused> reject "550 no mail from you"\n'
            config += 'filter refuse-rcpt phase rcpt-to match rcpt-to regex <nobodies> reject "550 no such user"\n'
            config += 'filter refusals chain { refuse-mail, refuse-rcpt }\n'
            if self.tls:
                config += f'pki own cert "{self.top}/conf/cert.pem"\npki own key "{self.top}/conf/key.pem"\n'
                listen += " tls pki own"
            config += listen + " filter refusals\n"
            # delivery agents are at a fixed place that does not exist here: mail stays in the queue
            config += 'action "away" relay host smtp://127.0.0.1:9\n'
            config += f'match from any for domain "{DOMAIN}" action "away"\n'
        else:
            scheme = "smtp" if self.tls else "smtp+notls"
            config = listen + f'\naction "out" relay host "{scheme}://{self.relay}" helo {self.helo}\n'
            config += 'match from local for any action "out"\n'
        path = self.top / "conf/smtpd.conf"
        path.write_text(config)
        path.chmod(0o600)
        self.run(self.log, UNPACKED / "usr/sbin/smtpd", "-d", "-v", "-T", "smtp", "-f", path)

    def received(self):
        """By its own trace (-T smtp), which has every command and reply, but no body."""
        found, session = [], {}
        last = None
        for line in self.words().splitlines():
            if address := fields(r"smtp connected address=\[?([^ \]]+)", line):
                session[last]["peer"] = address[0]
                continue
            if not (parts := fields(r"^smtp: (0x\w+): (.*)", line)):
                continue
            last, text = parts
            if text.startswith("connected to listener"):
                session[last] = {"peer": "", "helo": "", "tls": False, "asked": "", "message": None}
            at = session.get(last)
            if not at:
                continue
            if text.startswith("<<< "):
                at["asked"] = text[4:]
                if text[4:8].upper() in ("EHLO", "HELO"):
                    at["helo"] = text[8:].strip()
                elif text[4:].upper().startswith("MAIL FROM:"):
                    at["message"] = Message(at["peer"], at["helo"], fields(r": ?<(.*?)>", text)[0], tls=at["tls"])
                    found.append(at["message"])
            elif "STATE_TLS" in text and "->" in text and not text.endswith("STATE_TLS"):
                at["tls"] = True
            elif reply := fields(r"^>>> ([245])\d\d[ ]", text):
                self.answer(at, reply[0] == "2")
        return found

    @staticmethod
    def answer(at, well):
        asked, message = at["asked"].upper(), at["message"]
        if asked.startswith("STARTTLS"):
            at["tls"] = well
        elif asked.startswith("RCPT TO") and message:
            message.accepted += well
            message.refused += not well
        elif asked.startswith("DATA") and message and well:
            message.delivered = True

    def sent(self):
        found, tls = collections.OrderedDict(), set()
        for line in self.words().splitlines():
            if session := fields(r"^(\w{16}) mta tls ", line):
                tls.add(session[0])
            elif parts := fields(r'^(\w{16}) mta delivery evpid=(\w{8})\w* from=<(.*?)> to=<(.*?)> .*relay="?\[?([^" \]]*)'
                                 r'.* result="(\w+)" stat="(.*)"', line):
                session, message_id, sender, _, peer, result, words = parts
                if sender:
                    message = found.setdefault(message_id, Message(peer, self.helo, sender))
                    message.tls |= session in tls
                    note(message, result == "Ok", words)
        return list(found.values())


class Msmtp:
    """A client that speaks to the server itself."""

    name = "msmtp"

    def __init__(self, net, host, directory, relay, tls=False):
        self.net, self.host, self.relay, self.tls = net, host, relay, tls
        self.top = pathlib.Path(directory)
        self.helo = "msmtp.client.example.org"

    def __enter__(self):
        self.top.mkdir(parents=True)
        return self

    def __exit__(self, *_):
        pass

    def send(self, sender, recipients, *more):
        """`more` is swaks's: only --header LINE is understood."""
        headers = [more[i + 1] for i, word in enumerate(more) if word == "--header"]
        text = "\n".join([f"From: <{sender}>", "Subject: test", *headers, "", "Hello."]) + "\n"
        with open(self.top / "mail", "w", encoding="utf-8") as file:
            file.write(text)
        tls = "--tls=on" if self.tls else "--tls=off"
        command = ["msmtp", "--file=/dev/null", f"--host={self.relay}", "--port=25", f"--domain={self.helo}",
                   f"--from={sender}", f"--logfile={self.top}/log", "--auth=off", tls, "--tls-starttls=on",
                   "--tls-certcheck=off", *recipients]
        with open(self.top / "mail", "rb") as file:
            subprocess.run(self.net.command(self.host, *command), stdin=file, capture_output=True, check=False,
                           timeout=60)

    def messages(self):
        """It gives a message up where one recipient is refused, and logs the first refusal alone."""
        found = []
        log = self.top / "log"
        for line in log.read_text().splitlines() if log.exists() else ():
            say = dict(re.findall(r"(\w+)=('.*?'|\S+)", line))
            sent = say["exitcode"] == "EX_OK"
            message = Message(say["host"], self.helo, say["from"], delivered=sent, tls=say["tls"] == "on")
            if sent:
                message.accepted = len(say["recipients"].split(","))
            found.append(message)
        return found


CLIENTS = (Postfix, Exim, OpenSmtpd, Msmtp)
SERVERS = {Postfix: "198.51.100.41", Exim: "198.51.100.42", OpenSmtpd: "198.51.100.43"}


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.2)
    return condition()


MAILS = (("d@example.org", [f"b@{DOMAIN}", f"nobody@{DOMAIN}"]),
         ("e@example.org", [f"nobody@{DOMAIN}", f"b@{DOMAIN}", f"c@{DOMAIN}"]),
         ("f@example.org", [f"nobody@{DOMAIN}"]),
         ("refused@example.org", [f"b@{DOMAIN}"]),
         ("g@example.org", [f"b@{DOMAIN}", f"c@{DOMAIN}"], "--header", "X-Refuse: yes"))


def show(net, top, tls):
    wrong = 0
    for server_kind, address in SERVERS.items():
        if tls and server_kind is OpenSmtpd:
            continue
        with server_kind(net, "inet", top / f"{server_kind.name}-{tls}", address=address, tls=tls) as server:
            for client_kind in CLIENTS:
                with client_kind(net, "client", top / f"{client_kind.name}-to-{server.name}-{tls}", relay=address,
                                 tls=tls) as client:
                    before = len(server.messages())
                    client.send("a@example.org", [f"b@{DOMAIN}", f"c@{DOMAIN}"])
                    until(lambda: len(client.messages()) >= 1)
                    for number, mail in enumerate(MAILS[:0 if client_kind is Msmtp else None], 2):
                        client.send(*mail)
                        until(lambda: len(client.messages()) >= number)
                    until(lambda: len(server.messages()) - before >= len(client.messages()))
                    time.sleep(0.5)
                    ours = client.messages()
                    theirs = [m for m in server.messages()[before:] if m.sender]
                alike = [m.key() for m in ours] == [m.key() for m in theirs] and ours
                wrong += not alike
                print("ok" if alike else "NOT ALIKE", client.name, "to", server.name, "with STARTTLS" if tls else "")
                for message in (theirs[:1] if alike else ours + theirs):
                    print("   ", message)
    return wrong


def main():
    reason = network.why_not() or why_not()
    if reason:
        raise SystemExit(f"mtas.py: {reason}")
    with tempfile.TemporaryDirectory(prefix="eg25mtas") as directory:
        top = pathlib.Path(directory)
        top.chmod(0o755)
        with network.Network(directory) as net:
            for address in SERVERS.values():
                net.address("inet", "eth0", f"{address}/24")
            raise SystemExit(1 if show(net, top, False) + show(net, top, True) else 0)


if __name__ == "__main__":
    main()
