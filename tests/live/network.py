"""A small Internet in network namespaces of its own, removed on exit.

    client  10.25.3.77, fd25:3::77   --+
    mail    10.25.3.25               --+-- switch -- router (NAT) -- inet 198.51.100.0/24, 2001:db8:25::/64
                                            |
                                          sensor: mon0, which gets what the mirror copies

The switch is a Linux bridge.  Its mirror is tc's: every frame of a port, both ways, onto span0.
Between span0 and the sensor's mon0 runs tagger.py where a test wants VLAN tags: a kernel may lack
8021q, act_vlan and matchall, so that the tags are put on in user space and the mirror matches by u32.
"""
import os
import pathlib
import secrets
import shutil
import signal
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent

CLIENT, CLIENT6, MAIL = "10.25.3.77", "fd25:3::77", "10.25.3.25"
CLIENT_MAC, MAIL_MAC = "02:25:00:00:03:77", "02:25:00:00:03:25"
# Servers of the invented Internet, by what becomes of an attempt on them.
ACCEPT, ACCEPT_TOO, ACCEPT6 = "198.51.100.10", "198.51.100.11", "2001:db8:25::10"
DROP, DROP6, RESET, PROHIBIT, CLOSED = ("198.51.100.20", "2001:db8:25::20", "198.51.100.21",
                                        "198.51.100.22", "198.51.100.30")

FIREWALL = f"""
table ip nat {{
	chain postrouting {{
		type nat hook postrouting priority 100;
		oifname "wan0" masquerade
	}}
}}
table inet filter {{
	chain forward {{
		type filter hook forward priority 0;
		ip daddr {DROP} tcp dport 25 drop
		ip6 daddr {DROP6} tcp dport 25 drop
		ip daddr {RESET} tcp dport 25 reject with tcp reset
		ip daddr {PROHIBIT} tcp dport 25 reject with icmp type admin-prohibited
	}}
}}
"""


def run(*command, **more):
    return subprocess.run(list(map(str, command)), check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def why_not():
    """Why a network cannot be made here, or None."""
    if os.geteuid() != 0:
        return "needs root, for network namespaces of its own"
    for tool in ("ip", "tc", "nft", "tcpdump", "tshark", "swaks", "postfix"):
        if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            return f"needs {tool}: scripts/setup test installs it"
    probe = f"eg25p{secrets.token_hex(3)}"
    if subprocess.run(["ip", "netns", "add", probe], capture_output=True).returncode != 0:
        return "may not make network namespaces here (a container without CAP_SYS_ADMIN?)"
    subprocess.run(["ip", "netns", "del", probe], check=False)
    return None


class Network:
    NAMES = ("client", "mail", "switch", "router", "inet", "sensor")

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.mark = secrets.token_hex(3)
        self.children = []

    def name(self, host):
        return f"eg25{host}{self.mark}"

    def command(self, host, *command):
        return ["ip", "netns", "exec", self.name(host), *map(str, command)]

    def on(self, host, *command, **more):
        return run(*self.command(host, *command), **more)

    def start(self, host, *command, **more):
        child = subprocess.Popen(self.command(host, *command), stdin=subprocess.DEVNULL, **more)
        self.children.append(child)
        return child

    def link(self, host, device, other, peer):
        run("ip", "link", "add", "name", device, "netns", self.name(host), "type", "veth", "peer", "name",
            peer, "netns", self.name(other))
        for where, what in ((host, device), (other, peer)):
            run("ip", "-n", self.name(where), "link", "set", what, "up")

    def address(self, host, device, *addresses):
        for text in addresses:
            nodad = ["nodad"] if ":" in text else []
            run("ip", "-n", self.name(host), "address", "add", text, "dev", device, *nodad)

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
        for host in self.NAMES:
            run("ip", "netns", "add", self.name(host))
            self.on(host, "sysctl", "-qw", "net.ipv6.conf.default.accept_ra=0",
                    "net.ipv6.conf.default.accept_dad=0")
            run("ip", "-n", self.name(host), "link", "set", "lo", "up")
        self.link("client", "eth0", "switch", "port1")
        self.link("mail", "eth0", "switch", "port2")
        self.link("router", "lan0", "switch", "port3")
        self.link("router", "wan0", "inet", "eth0")
        self.link("switch", "span0", "sensor", "mon0")
        self.link("switch", "span1", "switch", "span2")  # for the tagger
        for host, device in (("switch", "span0"), ("sensor", "mon0")):
            run("ip", "-n", self.name(host), "link", "set", device, "mtu", "9000")  # room for tags
        run("ip", "-n", self.name("switch"), "link", "add", "name", "br0", "type", "bridge")
        for port in ("port1", "port2", "port3"):
            run("ip", "-n", self.name("switch"), "link", "set", port, "master", "br0")
        run("ip", "-n", self.name("switch"), "link", "set", "br0", "up")
        run("ip", "-n", self.name("client"), "link", "set", "eth0", "address", CLIENT_MAC)
        run("ip", "-n", self.name("mail"), "link", "set", "eth0", "address", MAIL_MAC)
        self.address("client", "eth0", f"{CLIENT}/24", f"{CLIENT6}/64")
        self.address("mail", "eth0", f"{MAIL}/24")
        self.address("router", "lan0", "10.25.3.1/24", "fd25:3::1/64")
        self.address("router", "wan0", "198.51.100.1/24", "2001:db8:25::1/64")
        self.address("inet", "eth0", *(f"{a}/24" for a in (ACCEPT, ACCEPT_TOO, CLOSED)), f"{ACCEPT6}/64")
        for host in ("client", "mail"):
            run("ip", "-n", self.name(host), "route", "add", "default", "via", "10.25.3.1")
        run("ip", "-n", self.name("client"), "-6", "route", "add", "default", "via", "fd25:3::1")
        run("ip", "-n", self.name("inet"), "-6", "route", "add", "fd25:3::/64", "via", "2001:db8:25::1")
        self.on("router", "sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1")
        self.on("router", "nft", FIREWALL)
        self.start_mta()

    def start_mta(self):
        """Debian's postfix, with everything of its own under our directory."""
        top = self.directory / "mta"
        (top / "queue").mkdir(parents=True)
        (top / "data").mkdir()
        (top / "conf").mkdir()
        shutil.chown(top / "data", "postfix")
        for name in ("main.cf", "master.cf"):
            text = (HERE / f"postfix-{name}").read_text().replace("@TOP@", str(top))
            (top / "conf" / name).write_text(text)
        self.on("inet", "postfix", "-c", top / "conf", "start")
        for _ in range(100):
            listening = self.on("inet", "ss", "-Hltn", "sport", "=", ":25").stdout
            if listening.strip():
                return
            time.sleep(0.1)
        raise RuntimeError("the mail server did not start: " + (top / "log").read_text()[-500:])

    def mirror(self, *ports, to="span0"):
        """Copies every frame of these ports, both ways, onto a device of the switch."""
        for port in ("port1", "port2", "port3"):
            subprocess.run(self.command("switch", "tc", "qdisc", "del", "dev", port, "clsact"),
                           capture_output=True, check=False)
        for port in ports:
            self.on("switch", "tc", "qdisc", "add", "dev", port, "clsact")
            for way in ("ingress", "egress"):
                self.on("switch", "tc", "filter", "add", "dev", port, way, "protocol", "all", "u32",
                        "match", "u32", "0", "0", "action", "mirred", "egress", "mirror", "dev", to)

    def tagger(self, outward, inward):
        """Mirrors by way of tagger.py, which puts these TPID:VLAN lists on either direction."""
        self.mirror("port3", to="span1")
        ready = self.directory / "tagger"
        child = self.start("switch", "python3", HERE / "tagger.py", "span2", "span0", outward, inward,
                           ready, f"{CLIENT_MAC},{MAIL_MAC}")
        for _ in range(100):
            if ready.exists():
                ready.unlink()
                return child
            time.sleep(0.05)
        raise RuntimeError("tagger.py did not start")

    def end(self, child, how=signal.SIGTERM):
        child.send_signal(how)
        try:
            return child.wait(timeout=15)
        finally:
            self.children.remove(child)

    def swaks(self, host, server, mails=1):
        for i in range(mails):
            self.on(host, "swaks", "--server", server, "--port", "25", "--helo", f"pc-{i}", "--from",
                    f"a{i}@example.org", "--to", "b@example.net", "--hide-all", timeout=60)

    def knock(self, host, server, seconds):
        """One connect() to port 25 that gives up after so many seconds; returns its process."""
        code = ("import socket,sys\n"
                "try: socket.create_connection((sys.argv[1], 25), float(sys.argv[2])).close()\n"
                "except OSError: pass\n")
        return self.start(host, "python3", "-c", code, server, str(seconds))

    def __exit__(self, *_):
        for child in self.children:
            if child.poll() is None:
                child.kill()
                child.wait()
        for host in self.NAMES:
            listed = subprocess.run(["ip", "netns", "pids", self.name(host)], capture_output=True, text=True)
            for pid in listed.stdout.split():
                try:
                    os.kill(int(pid), signal.SIGKILL)
                except ProcessLookupError:
                    pass
            subprocess.run(["ip", "netns", "del", self.name(host)], capture_output=True, check=False)
