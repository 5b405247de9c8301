"""Real mail servers and clients in namespaces: start, stop, and what their own logs say.

Debian lets one MTA be installed at a time.  So Exim and OpenSMTPD are unpacked from their packages
by scripts/setup test, never installed, and run from there.  What they have hard-coded (users, /var,
/run, /etc) they find in a mount namespace of their own, the one that `ip netns exec` makes: nothing
of the machine's is touched.

A server listens on two addresses of the "inet" host and offers STARTTLS on the second alone: each
has a recipients' domain, see domain_of().  A client takes mail on an address of its namespace's
loopback, and passes it on from a source address of its own, to the server that the recipients'
domain tells; it uses STARTTLS where it is offered.

Each server refuses recipients at RCPT whose local part begins with "nobody", senders at MAIL that
begin with "refused", and after its end a message of a sender that begins with "late".
"""
import collections
import dataclasses
import json
import pathlib
import re
import shutil
import subprocess

import network

UNPACKED = pathlib.Path("/usr/local/lib/egress25-test-mtas")
CLIENT_DOMAIN = "example.org"  # where what bounces goes nowhere


@dataclasses.dataclass
class Message:
    """One mail transaction, as one log tells it."""

    peer: str  # the other side's address
    helo: str  # what the client called itself; "" where that log does not say
    sender: str
    accepted: int = 0  # RCPT
    refused: int = 0
    delivered: bool = False  # accepted after its end
    tls: bool = False
    words: str = ""  # the last reply that refused something, where the log tells it whole

    def key(self):
        return (self.sender, self.accepted, self.refused, self.delivered, self.tls)


def domain_of(server, tls=False):
    """The recipients' domain of a server's name, by which its clients find it."""
    return f"{server}{'-tls' if tls else ''}.example.net"


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
    """A server has `addresses`, the second for STARTTLS; a client listens on `address`, an address
    of the loopback, and has a `source` and `routes`, {domain: server's address}.  net is a
    network.Network, host the namespace's name there."""

    name = ""

    def __init__(self, net, host, directory, addresses=(), source=None, routes=None):
        self.net, self.host, self.addresses, self.source, self.routes = net, host, addresses, source, routes
        self.top = pathlib.Path(directory)
        self.top.mkdir(parents=True)
        self.helo = f"{self.name}.client.{CLIENT_DOMAIN}" if routes else domain_of(self.name)
        self.domains = [domain_of(self.name), domain_of(self.name, True)]
        self.log = self.top / "log"
        self.child = None

    def begin(self):
        """Starts it; listens() tells when it is ready."""
        prepare(self.top)
        if not self.routes:
            make_certificate(self.top)
        self.start()

    def listens(self):
        found = self.net.on(self.host, "ss", "-Hltn", "sport = :25").stdout.decode()
        return all(f"{address}:25 " in found for address in self.addresses)

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

    def send(self, mails):
        """Gives a client mails, (sender, recipients, text) each, to pass on; returns before they are."""
        subprocess.run(self.net.command(self.host, "python3", "-c", SUBMIT, self.addresses[0]), check=True,
                       input=json.dumps(mails).encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)

    def messages(self):
        """As a server: what was received; as a client: what was sent.  In the log's order."""
        return self.sent() if self.routes else self.received()

    def received(self):
        raise NotImplementedError

    def sent(self):
        raise NotImplementedError

    def sessions(self):
        """How many connections a server's log tells of."""
        return len(re.findall(self.SESSION, self.words()))


SUBMIT = """import json, smtplib, sys
with smtplib.SMTP(sys.argv[1], 25, "localhost", 60) as smtp:
    for sender, recipients, text in json.load(sys.stdin):
        smtp.sendmail(sender, recipients, text)
"""


def fields(pattern, text):
    found = re.search(pattern, text)
    return found.groups() if found else None


class Postfix(Mta):
    """The installed one, with a configuration of its own."""

    name = "postfix"
    # access(5)'s INFO tells of each recipient accepted too
    RECIPIENT = r"^(info|reject): (RCPT|MAIL) from \S+ (.*); from=<(.*?)>.* helo=<(.*?)>$"
    DELIVERY = r"^to=<.*?>, relay=.*?\[(.*?)\]:25, .*status=(\w+) \((.*)\)$"
    SESSION = r"postfix/\w+/?\w*\[\d+\]: connect from"

    def start(self):
        for name in ("queue", "data"):
            (self.top / name).mkdir()
        shutil.chown(self.top / "data", "postfix")
        here = pathlib.Path(__file__).resolve().parent
        lines = (here / "postfix-main.cf").read_text().replace("@TOP@", str(self.top)).splitlines()
        settings = dict(line.split(" = ", 1) if " = " in line else (line.rstrip(" ="), "") for line in lines if line)
        settings |= {"myhostname": self.helo, "inet_interfaces": self.addresses[0], "disable_dns_lookups": "yes",
                     "smtpd_tls_loglevel": "1", "smtp_tls_loglevel": "1", "mynetworks": "127.0.0.0/8"}
        settings |= self.as_client() if self.routes else self.as_server()
        (self.top / "conf/main.cf").write_text("".join(f"{k} = {v}\n" for k, v in settings.items()))
        master = (here / "postfix-master.cf").read_text()
        master += "smtp unix - - n - - smtp\nrelay unix - - n - - smtp\ntlsmgr unix - - n 1000? 1 tlsmgr\n"
        if not self.routes:
            master = master.replace("smtp      inet", f"{self.addresses[0]}:25 inet")
            master += f"{self.addresses[1]}:25 inet n - n - - smtpd\n -o smtpd_tls_security_level=may\n"
        (self.top / "conf/master.cf").write_text(master)
        self.net.on(self.host, "postfix", "-c", self.top / "conf", "start")

    def as_server(self):
        conf = self.top / "conf"
        (conf / "refuse").write_text("/^nobody/ REJECT no such user\n/./ INFO accepted\n")
        (conf / "senders").write_text("/^refused/ REJECT no mail from you\n")
        (conf / "headers").write_text("/^From: <late/ REJECT no such message\n")
        return {"smtpd_recipient_restrictions": f"check_recipient_access regexp:{conf}/refuse",
                "smtpd_sender_restrictions": f"check_sender_access regexp:{conf}/senders",
                "header_checks": f"regexp:{conf}/headers", "smtpd_delay_reject": "no",
                "mydestination": " ".join(self.domains), "inet_interfaces": "all", "inet_protocols": "ipv4",
                "smtpd_tls_cert_file": conf / "cert.pem", "smtpd_tls_key_file": conf / "key.pem"}

    def as_client(self):
        lines = [f"{domain} smtp:[{server}]\n" for domain, server in self.routes.items()]
        (self.top / "conf/routes").write_text("".join(lines) + f"{CLIENT_DOMAIN} discard:\n")
        return {"default_transport": "smtp", "transport_maps": f"texthash:{self.top}/conf/routes",
                "mydestination": "", "smtpd_relay_restrictions": "permit_mynetworks, reject",
                "smtpd_recipient_restrictions": "", "smtp_tls_security_level": "may",
                "smtp_bind_address": self.source,
                # one message behind the other over a connection
                "initial_destination_concurrency": "1", "default_destination_concurrency_limit": "1",
                "smtp_connection_cache_destinations": ", ".join(f"[{a}]" for a in self.routes.values())}

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
                if not at["message"] or at["message"].sender != what[3]:
                    at["message"] = Message(at["peer"], what[4], what[3], tls=at["tls"])
                    found.append(at["message"])
                at["message"].accepted += what[0] == "info"
                at["message"].refused += what[:2] == ("reject", "RCPT")
                if what[0] == "reject":
                    at["message"].words = what[2]
            elif daemon == "smtpd" and text.startswith("client="):
                queued[queue_id] = session[pid]["message"]
            elif daemon == "cleanup" and queue_id in queued:
                if refused := fields(r"^reject: .*: (\S+ no such message)$", text):
                    queued[queue_id].words = f"550 {refused[0]}"
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


USER, PASSWORD = "printer-3", "correct-horse-battery"  # of AUTH at Exim


class Exim(Mta):
    name = "exim"

    SESSION = r"SMTP connection from \[.*TCP/IP connection count"
    COMMON = """
exim_path = {unpacked}/usr/sbin/exim4
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = {top}/spool
log_file_path = {top}/logs/%s
primary_hostname = {helo}
local_interfaces = {listen}
daemon_smtp_ports = 25
smtp_accept_queue_per_connection = 0
smtp_accept_max = 100
host_lookup =
rfc1413_query_timeout = 0s
prdr_enable = false
log_selector = +all
keep_environment =
deliver_drop_privilege = true
bounce_return_body = false
acl_smtp_mail = mail
acl_smtp_rcpt = rcpt
acl_smtp_data = data
"""
    SERVER = """
tls_advertise_hosts = ${{if eq{{$received_ip_address}}{{{tls}}}{{*}}{{}}}}
tls_certificate = {top}/conf/cert.pem
tls_privatekey = {top}/conf/key.pem
auth_advertise_hosts = *
begin acl
mail:
  deny condition = ${{if match{{$sender_address}}{{^refused}}}}
       message = no mail from you
  accept
rcpt:
  deny condition = ${{if match{{$local_part}}{{^nobody}}}}
       message = no such user
  accept logwrite = accepted RCPT <$local_part@$domain> F=<$sender_address>
data:
  deny condition = ${{if match{{$sender_address}}{{^late}}}}
       message = no such message
  accept
begin routers
all:
  driver = accept
  transport = away
begin transports
away:
  driver = appendfile
  file = /dev/null
  user = Debian-exim
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${{if and{{{{eq{{$auth1}}{{{user}}}}}{{eq{{$auth2}}{{{password}}}}}}}}}
  server_set_id = $auth1
"""
    CLIENT = """
tls_advertise_hosts =
begin acl
mail:
  accept
rcpt:
  accept
data:
  accept
begin routers
bounces:
  driver = redirect
  domains = {client_domain}
  data = :blackhole:
out:
  driver = manualroute
  route_list = {routes}
  transport = remote
begin transports
remote:
  driver = smtp
  interface = {source}
  tls_verify_certificates =
  helo_data = {helo}
begin retry
* * F,1h,5m
"""

    def start(self):
        for name in ("spool", "logs"):
            (self.top / name).mkdir()
            shutil.chown(self.top / name, USERS["Debian-exim"], USERS["Debian-exim"])
        if not self.routes:
            shutil.chown(self.top / "conf/key.pem", USERS["Debian-exim"])
        config = (self.COMMON + (self.CLIENT if self.routes else self.SERVER)).format(
            unpacked=UNPACKED, top=self.top, helo=self.helo, listen=" : ".join(self.addresses),
            tls=self.addresses[-1], source=self.source, client_domain=CLIENT_DOMAIN, user=USER, password=PASSWORD,
            routes=" ; ".join(f"{domain} {address} byname" for domain, address in (self.routes or {}).items()))
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
                message.words = "550 " + line.rsplit(": ", 1)[1]
                if sender[1] == "after DATA":
                    del open_[pid, sender[0]]
            elif sender := fields(r" rejected MAIL <(.*?)>", line):
                message = get(pid, sender[0])
                message.words = "550 " + line.rsplit(": ", 1)[1]
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
                message = found.setdefault(queue_id, Message("", self.helo, senders[queue_id]))
                message.peer = peer[0] if peer else message.peer
                message.tls |= " X=" in text
                note(message, sign in ("=>", "->"), text)
        return list(found.values())


class OpenSmtpd(Mta):
    """Debian 12's (6.8.0p2) cannot serve STARTTLS: with OpenSSL 3 its key process yields "missing
    private key", with RSA and with elliptic curves, and every handshake ends in an internal error.
    As a client it uses STARTTLS well."""

    name = "opensmtpd"

    SESSION = r"smtp: 0x\w+: connected to listener"

    def start(self):
        path = self.top / "conf/smtpd.conf"
        path.write_text(self.as_client() if self.routes else self.as_server())
        path.chmod(0o600)
        self.run(self.log, UNPACKED / "usr/sbin/smtpd", "-d", "-v", "-T", "smtp", "-f", path)

    def as_server(self):
        config, chain = "", []
        for name, phase, match, words in (("late", "commit", "mail-from regex", "no such message"),
                                          ("refused", "mail-from", "mail-from regex", "no mail from you"),
                                          ("nobody", "rcpt-to", "rcpt-to regex", "no such user")):
            config += f'table {name} {{ "^{name}" }}\n'
            config += f'filter no-{name} phase {phase} match {match} <{name}> reject "550 {words}"\n'
            chain.append(f"no-{name}")
        config += f"filter refusals chain {{ {', '.join(chain)} }}\n"
        config += f'pki own cert "{self.top}/conf/cert.pem"\npki own key "{self.top}/conf/key.pem"\n'
        for address, tls in zip(self.addresses, ("", "tls pki own ")):
            config += f"listen on {address} port 25 {tls}hostname {self.helo} filter refusals\n"
        # delivery agents are at a fixed place that does not exist here: mail stays in the queue
        config += 'action "away" relay host smtp://127.0.0.1:9\n'
        return config + "".join(f'match from any for domain "{domain}" action "away"\n' for domain in self.domains)

    def as_client(self):
        config = f"listen on {self.addresses[0]} port 25 hostname {self.helo}\n"
        for number, (domain, server) in enumerate(self.routes.items()):
            config += f'action "out{number}" relay host "smtp://{server}" helo {self.helo} src {self.source}\n'
            config += f'match from any for domain "{domain}" action "out{number}"\n'
        return config

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
            elif reply := fields(r"^>>> (([245])\d\d .*)", text):
                self.answer(at, reply[1] == "2", reply[0])
        return found

    @staticmethod
    def answer(at, well, reply):
        asked, message = at["asked"].upper(), at["message"]
        if asked.startswith("STARTTLS"):
            at["tls"] = well
        elif asked.startswith("RCPT TO") and message:
            message.accepted += well
            message.refused += not well
        elif asked.startswith("DATA") and message and well:
            message.delivered = True
        if message and not well:
            message.words = reply

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


SERVERS = {"postfix": ("198.51.100.41", "198.51.100.51"), "exim": ("198.51.100.42", "198.51.100.52"),
           "opensmtpd": ("198.51.100.43", "198.51.100.53")}
KINDS = (Postfix, Exim, OpenSmtpd)


def routes():
    """What a client's `routes` are, for all of SERVERS."""
    return {domain_of(name, tls): addresses[tls] for name, addresses in SERVERS.items() for tls in (False, True)}
