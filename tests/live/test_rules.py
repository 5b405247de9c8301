#!/usr/bin/env python3
"""`egress25 rules nftables` and `iptables`, loaded on a router of namespaces: TAP, one test a behaviour.

usage: test_rules.py EGRESS25

    hosts 10.0.0.0/16, fd00:30::/64 -- lan0 router wan0 -- servers 198.51.100.0/24, 2001:db8:25::/64

The offenders are those of the bundled capture: 10.0.3.77, fd00:30::77, 10.0.4.12 and 10.0.4.30.
"""
import contextlib
import datetime
import difflib
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from network import run
from sensor import Failed, attempt, equal, until

CAPTURE = pathlib.Path(__file__).resolve().parent.parent / "data" / "morning.pcap"
MAIL, BOT, PRINTER, GATEWAY, OTHER = "10.0.0.25", "10.0.3.77", "10.0.4.12", "10.0.4.30", "10.0.9.9"
MAIL6, BOT6, OTHER6 = "fd00:30::25", "fd00:30::77", "fd00:30::99"
SERVER, SMART, SERVER6 = "198.51.100.10", "198.51.100.25", "2001:db8:25::10"
BRANCH = "10.8.0.25"  # internal, behind the router
PORTS = (25, 80, 587)

# What somebody else has there, under names like ours.
FOREIGN = """
table inet fw {
	set offenders { type ipv4_addr; elements = { 192.0.2.1 }; }
	chain forward { type filter hook forward priority filter; policy accept; ct state established accept; }
	chain outbound { tcp dport 25 counter; }
	chain refuse { counter; }
}
table ip nat {
	chain egress25 { type nat hook postrouting priority srcnat; policy accept; }
}
"""
SERVE = """
import socket, sys, threading
def echo(c):
	with c:
		while (data := c.recv(100)):
			c.sendall(data)
def accept(s):
	while True:
		threading.Thread(target=echo, args=(s.accept()[0],), daemon=True).start()
for port in map(int, sys.argv[1:]):
	s = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
	threading.Thread(target=accept, args=(s,)).start()
print("ready", flush=True)
"""
PROBE = """
import json, socket, sys
def probe(source, server, port):
	try:
		socket.create_connection((server, port), 2, source_address=(source, 0)).close()
		return "open"
	except ConnectionRefusedError:
		return "refused"
	except OSError as error:
		return str(error)
for line in sys.stdin:
	print(json.dumps([probe(*p) for p in json.loads(line)]), flush=True)
"""
# Says "ok" when connected, and what became of the connection for each line that it is given.
HOLD = """
import socket, sys
s = socket.create_connection((sys.argv[2], int(sys.argv[3])), 3, source_address=(sys.argv[1], 0))
print("ok", flush=True)
for line in sys.stdin:
	try:
		s.sendall(b"x")
		print("alive" if s.recv(1) == b"x" else "closed", flush=True)
	except ConnectionResetError:
		print("reset", flush=True)
	except OSError as error:
		print(error, flush=True)
"""


def same_rules(when, before, after):
    """Whether the rulesets are the same but for the times at which something ends."""
    lines = [re.sub(r"expires \S+|datestop \S+|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "", text).splitlines(True)
             for text in (before, after)]
    changed = "".join(difflib.unified_diff(*lines, n=0))
    if changed:
        raise Failed(f"{when} changed the ruleset:\n{changed}")


class Router:
    def __init__(self, directory, program):
        self.directory, self.program = pathlib.Path(directory), program
        self.mark = secrets.token_hex(3)
        self.record, self.config = self.directory / "record.db", self.directory / "conf"
        self.children, self.asked = [], {}

    def name(self, host):
        return f"eg25r{host}{self.mark}"

    def command(self, host, *command):
        return ["ip", "netns", "exec", self.name(host), *map(str, command)]

    def on(self, host, *command, **more):
        return subprocess.run(self.command(host, *command), capture_output=True, check=False, timeout=60,
                              text=True, **more)

    def start(self, host, *command):
        child = subprocess.Popen(self.command(host, *command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True)
        self.children.append(child)
        return child

    def __enter__(self):
        try:
            self.build()
        except BaseException as error:
            self.__exit__()
            if isinstance(error, subprocess.CalledProcessError):
                raise RuntimeError(f"{error.cmd}: {error.stderr.decode()}") from error
            raise
        return self

    def build(self):
        for host in ("lan", "router", "net"):
            run("ip", "netns", "add", self.name(host))
            run("ip", "-n", self.name(host), "link", "set", "lo", "up")
        self.link("lan", "lan0", [f"{a}/16" for a in (MAIL, BOT, PRINTER, GATEWAY, OTHER)] +
                  [f"{a}/64" for a in (MAIL6, BOT6, OTHER6)], ["10.0.0.1/16", "fd00:30::1/64"])
        self.link("net", "wan0", [f"{a}/24" for a in (SERVER, SMART)] + [f"{SERVER6}/64", f"{BRANCH}/32"],
                  ["198.51.100.1/24", "2001:db8:25::1/64"])
        run("ip", "-n", self.name("router"), "route", "add", BRANCH, "dev", "wan0")
        for name in ("net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1"):
            run(*self.command("router", "sysctl", "-qw", name))
        run(*self.command("router", "nft", FOREIGN))
        for tool in ("iptables", "ip6tables"):
            for words in ("-N FOREIGN", "-A FOREIGN -p tcp --dport 25 -j RETURN", "-A FORWARD -j FOREIGN"):
                run(*self.command("router", tool, *words.split()))
        self.start("net", sys.executable, "-c", SERVE, *PORTS).stdout.readline()
        self.prober = self.start("lan", sys.executable, "-c", PROBE)
        run(self.program, "read", "--record", self.record, "--config", self.configure(""), CAPTURE)

    def link(self, host, device, there, here):
        run("ip", "link", "add", "name", "eth0", "netns", self.name(host), "type", "veth", "peer", "name",
            device, "netns", self.name("router"))
        for name, what, addresses in ((host, "eth0", there), ("router", device, here)):
            run("ip", "-n", self.name(name), "link", "set", what, "up")
            for text in addresses:
                run("ip", "-n", self.name(name), "address", "add", text, "dev", what,
                    *(["nodad"] if ":" in text else []))
        for text in here:
            run("ip", "-n", self.name(host), "route", "add", "default", "via", text.split("/")[0])

    def configure(self, text):
        self.config.write_text(f'mail_servers = {{"{MAIL}", "{MAIL6}"}}\n{text}')
        return self.config

    def __exit__(self, *_):
        for child in self.children:
            child.kill()
            child.wait()
        for host in ("lan", "router", "net"):
            subprocess.run(["ip", "netns", "del", self.name(host)], capture_output=True, check=False)

    def rules(self, *arguments):
        """What it prints; asked once."""
        key = (arguments, self.config.read_text())
        if key not in self.asked:
            self.asked[key] = done = subprocess.run([self.program, "rules", *arguments, "--config", self.config],
                                                    check=False, capture_output=True, text=True, timeout=60)
            equal("exit status of rules", 0, done.returncode)
        return self.asked[key]

    def banned(self, *arguments):
        return self.rules("--offenders", "--since", "2026-03-03", "--record", self.record, *arguments)

    def ruleset(self):
        """All that the router's kernel has, without counters."""
        saved = self.on("router", "sh", "-c", "nft -s list ruleset; iptables-save; ip6tables-save").stdout
        return re.sub(r"^#.*\n|\[\d+:\d+\]", "", saved, flags=re.M)

    def probe(self, **expected):
        """Tries name="SOURCE SERVER PORT RESULT"; all at once."""
        wanted = [text.split() for text in expected.values()]
        self.prober.stdin.write(json.dumps([(a, b, int(port)) for a, b, port, _ in wanted]) + "\n")
        self.prober.stdin.flush()
        equal("what connects", dict(zip(expected, (w[3] for w in wanted))),
              dict(zip(expected, json.loads(self.prober.stdout.readline()))))

    @contextlib.contextmanager
    def session(self, source, server, port):
        child = self.start("lan", sys.executable, "-c", HOLD, source, server, port)
        equal(f"{source} connects", "ok\n", child.stdout.readline())

        def ask():
            child.stdin.write("\n")
            child.stdin.flush()
            return child.stdout.readline().strip()

        yield ask
        child.kill()


class Firewall:
    def __init__(self, router, name, *loader):
        self.router, self.name, self.loader = router, name, loader

    def load(self, text, ok=True):
        done = self.router.on("router", *self.loader, input=text)
        if ok and done.returncode:
            raise Failed(f"{self.name} refuses it: {done.stderr}\n{text}")
        return done

    @contextlib.contextmanager
    def applied(self, ask, *options):
        """What rules prints, applied as it is; undone at the end, when everything must be as before."""
        before = self.router.ruleset()
        self.load(ask(self.name, *options).stdout)
        undo = ask(self.name, *options, "--part", "undo").stdout
        try:
            yield
            self.load(undo)
        except BaseException:
            self.load(undo, ok=False)
            raise
        same_rules("undo", before, self.router.ruleset())

    def blocks(self):
        router = self.router
        router.configure(f'allow {{ source = {PRINTER}\n destination = {SMART} }}\n')
        with self.applied(router.rules):
            router.probe(mail=f"{MAIL} {SERVER} 25 open", mail6=f"{MAIL6} {SERVER6} 25 open",
                         other=f"{OTHER} {SERVER} 25 refused", other6=f"{OTHER6} {SERVER6} 25 refused",
                         web=f"{OTHER} {SERVER} 80 open", submission=f"{OTHER} {SERVER} 587 open",
                         inside=f"{OTHER} {BRANCH} 25 open", allowed=f"{PRINTER} {SMART} 25 open",
                         beyond=f"{PRINTER} {SERVER} 25 refused")
        router.probe(other=f"{OTHER} {SERVER} 25 open", other6=f"{OTHER6} {SERVER6} 25 open")

    def smart_hosts(self):
        router = self.router
        router.configure(f'smart_hosts = "{SMART}"\nports = {{25, 587}}\n')
        with self.applied(router.rules, "--lan-interface", "lan0", "--wan-interface", "wan0"):
            router.probe(smart=f"{MAIL} {SMART} 25 open", elsewhere=f"{MAIL} {SERVER} 25 refused",
                         mail6=f"{MAIL6} {SERVER6} 25 refused", port=f"{OTHER} {SERVER} 587 refused",
                         web=f"{OTHER6} {SERVER6} 80 open")
        with self.applied(router.rules, "--lan-interface", "lan1", "--wan-interface", "wan0"):
            router.probe(other=f"{OTHER} {SERVER} 25 open")

    def bans(self):
        router = self.router
        router.configure(f'never_reset = "{GATEWAY}"\nallow {{ source = {PRINTER}\n destination = {SMART} }}\n')
        with router.session(BOT, SERVER, 25) as bot, router.session(BOT6, SERVER6, 25) as bot6, \
                router.session(BOT, SERVER, 80) as web, router.session(MAIL, SERVER, 25) as mail:
            equal("before", ["alive"] * 4, [bot(), bot6(), web(), mail()])
            with self.applied(router.banned, "--incident", "42"):
                equal("sessions that ran", ["reset", "reset", "alive", "alive"], [bot(), bot6(), web(), mail()])
                router.probe(bot=f"{BOT} {SERVER} 25 refused", bot6=f"{BOT6} {SERVER6} 25 refused",
                             submission=f"{BOT} {SERVER} 587 refused", web=f"{BOT} {SERVER} 80 open",
                             inside=f"{BOT} {BRANCH} 25 open", mail=f"{MAIL} {SERVER} 25 open",
                             other=f"{OTHER} {SERVER} 25 open", gateway=f"{GATEWAY} {SERVER} 25 open",
                             allowed=f"{PRINTER} {SMART} 25 open", beyond=f"{PRINTER} {SERVER} 25 refused")
                if "egress25 incident 42" not in router.ruleset():
                    raise Failed("no comment names the incident")
        router.probe(bot=f"{BOT} {SERVER} 25 open")
        said = router.banned(self.name, "--part", "verify").stderr
        equal("who is refused", f"egress25: rules: {GATEWAY} is not banned: it stands in never_reset\n", said)

    def twice(self):
        router = self.router
        router.configure("")
        with self.applied(router.rules), self.applied(router.banned):
            once = router.ruleset()
            self.load(router.rules(self.name).stdout)
            self.load(router.banned(self.name).stdout)
            same_rules("a second time", once, router.ruleset())
            router.probe(bot=f"{BOT} {SERVER} 587 refused", other=f"{OTHER} {SERVER} 25 refused")
        self.load(router.rules(self.name, "--part", "undo").stdout)  # and once more is no error

    def verifies(self):
        router = self.router
        for ask in (router.rules, router.banned):
            verify = ask(self.name, "--part", "verify").stdout
            if self.load(verify, ok=False).returncode == 0:
                raise Failed("verify is content though nothing is applied")
            with self.applied(ask):
                router.probe(bot=f"{BOT} {SERVER} 25 refused")
                shown = self.load(verify).stdout
                if not re.search(r"packets 1 |^ *1 +\d+ +REJECT", shown, re.M):
                    raise Failed(f"verify does not show the packet that was refused: {shown}")

    def ends(self):
        """The ban's own words with a shorter time."""
        router = self.router
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=3)
        text = router.banned(self.name, "--for", "90m").stdout
        short = re.sub(r"timeout 5400s", "timeout 2s", text)
        short = re.sub(r"--datestop \S+", f"--datestop {soon:%Y-%m-%dT%H:%M:%S}", short)
        if short == text:
            raise Failed("no time limit stands there")
        self.load(short)
        try:
            router.probe(bot=f"{BOT} {SERVER} 25 refused")

            def is_open():
                with contextlib.suppress(Failed):
                    router.probe(bot=f"{BOT} {SERVER} 25 open", bot6=f"{BOT6} {SERVER6} 25 open")
                    return True
                return False

            until("the ban ends", is_open, 6)
        finally:
            self.load(router.banned(self.name, "--part", "undo").stdout)

    def tests(self):
        yield f"{self.name}: the block stops all but whom policy permits, outward alone", self.blocks
        yield f"{self.name}: mail servers reach smart hosts alone, through the named interfaces", self.smart_hosts
        yield f"{self.name}: a ban resets what runs, and spares whom it must", self.bans
        yield f"{self.name}: twice is once, block and ban stand side by side", self.twice
        yield f"{self.name}: verify tells whether it is in force", self.verifies
        yield f"{self.name}: a ban ends by itself", self.ends


def mistakes(program, directory):
    """Each is one line on standard error, with its exit status, and nothing on standard output."""
    config = pathlib.Path(directory) / "mistakes.conf"
    config.write_text('mail_servers = "10.0.0.25"\n')
    known = ("known are nftables, iptables, pf, opnsense, cisco-ios, cisco-asa, fortios, routeros, junos, windows, "
             "unifi")
    see = "; see egress25 rules --help"
    for words, status, said in (
            ("nftable", 2, f'rules: "nftable": unknown firewall, perhaps nftables; {known}'),
            ("frob", 2, f'rules: "frob": unknown firewall; {known}'),
            ("pf --for 2h", 2, f"rules: --for has a meaning with --offenders alone{see}"),
            ("pf --since 2h", 2, f"rules: --since has a meaning with --offenders alone{see}"),
            ("pf --offenders --for 10s", 2,
             f"rules: --for 10s: expected a duration from 1m to 366d, such as 2h{see}"),
            ("pf --lan-interface a;b", 2,
             f"rules: --lan-interface a;b: expected a name of letters, digits and . _ / -{see}"),
            ("pf --wan-interface $(x)", 2,
             f"rules: --wan-interface $(x): expected a name of letters, digits and . _ / -{see}"),
            ("pf --incident 4x", 2, f"rules: --incident 4x: expected the number of an incident{see}"),
            ("pf --part half", 2, f"rules: --part half: expected apply, verify, undo or all{see}"),
            ("pf --format csv", 2, f"rules: --format csv: expected table or json{see}"),
            ("pf --offenders --record /nonexistent", 3,
             "/nonexistent: no record yet: run egress25 watch, or name one with --record")):
        done = subprocess.run([program, "rules", "--config", config, *words.split()], capture_output=True,
                              check=False, text=True, timeout=60)
        equal(words, (status, f"egress25: {said}\n", ""), (done.returncode, done.stderr, done.stdout))
    config.write_text("")
    done = subprocess.run([program, "rules", "--config", config, "pf"], capture_output=True, check=False, text=True,
                          timeout=60)
    equal("without a mail server", (2, ""), (done.returncode, done.stdout))


def everything(router, program):
    yield "mistakes are told in one line, and print no rules", lambda: mistakes(program, router.directory)
    yield from Firewall(router, "nftables", "nft", "-f", "-").tests()
    yield from Firewall(router, "iptables", "sh", "-e").tests()


def why_not():
    if os.geteuid() != 0:
        return "needs root, for network namespaces of its own"
    for tool in ("ip", "nft", "iptables", "ip6tables"):
        if not shutil.which(tool):
            return f"needs {tool}: scripts/setup test installs it"
    probe = f"eg25p{secrets.token_hex(3)}"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True, check=False).returncode != 0:
        return "may not make network namespaces here (a container without CAP_SYS_ADMIN?)"
    subprocess.run(["ip", "netns", "del", probe], check=False)
    return None


def main():
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    reason = why_not()
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    number = failed = 0
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the namespaces are removed
    with tempfile.TemporaryDirectory(prefix="eg25") as directory, Router(directory, sys.argv[1]) as router:
        for number, (name, test) in enumerate(everything(router, sys.argv[1]), 1):
            failed += not attempt(number, name, test)
    print(f"1..{number}")
    return 1 if failed else 0


sys.exit(main())
