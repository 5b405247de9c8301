"""Resets beside the kernel's own TCP: scripts/bench --resets.

A bot's host sends to a server over a wire of known length; the mirror port takes frames, so that
whoever listens there may reset what he sees.  Judged is by a capture of the host's own switch port:
when its SYN went in, when the first reset came out, and whether the server took a message.  Only
whether a client was left hanging is its own socket's word.  The number of segments is what the
mirror port counted.
"""
import contextlib
import json
import os
import re
import shutil
import signal
import statistics
import struct
import subprocess
import tempfile
import time

import network
from network import CLIENT, CLIENT6, CLIENT_MAC, MAIL
from sensor import Failed, Sensor, until

SINK, SINK6 = "198.51.100.40", "2001:db8:25::40"
SENSOR = "10.25.3.250"  # the others do not run without an address
PER_SECOND = 500
HIGH = 1_000_000  # a limit that is never reached: what the usual one costs is the difference
# round trip in milliseconds, and what the wire has to add for it, one way, in microseconds
TRIPS = ((0, None), (0.8, 350), (2.4, 1150), (20, 9950))
RIVALS = {"tcpkill -1": ("tcpkill", "-i", "mon0", "-1", "tcp", "port", "25"),
          "tcpkill -3": ("tcpkill", "-i", "mon0", "-3", "tcp", "port", "25"),
          "ngrep -K 1": ("ngrep", "-q", "-d", "mon0", "-K", "1", "", "tcp port 25")}
PACKAGES = {"tcpkill": "dsniff", "ngrep": "ngrep", "tcpdump": "tcpdump", "tc": "iproute2", "nft": "nftables",
            "ethtool": "ethtool"}
SYN, RST, ACK = 0x02, 0x04, 0x10


def why_not():
    if os.geteuid() != 0:
        return "--resets needs root, for network namespaces of its own"
    for tool, package in PACKAGES.items():
        if not shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
            return f"--resets needs {package}: apt-get install {package}"
    return None


class Segment:
    """One TCP segment of a capture."""

    def __init__(self, moment, frame):
        self.moment = moment
        self.source_mac = frame[6:12]
        size = 40 if frame[12:14] == b"\x86\xdd" else (frame[14] & 15) * 4
        tcp = frame[14 + size:]
        source, target, self.sequence = struct.unpack_from("!HHI", tcp)
        self.outward = target == 25
        self.port = source if self.outward else target
        self.flags = tcp[13]
        self.payload = tcp[(tcp[12] >> 4) * 4:]


def segments(path):
    data = path.read_bytes()
    if struct.unpack_from("<I", data)[0] != 0xA1B23C4D:
        raise Failed(f"{path}: not a capture with nanoseconds")
    offset = 24
    while offset + 16 <= len(data):
        seconds, nano, length, _ = struct.unpack_from("<IIII", data, offset)
        yield Segment(seconds * 10**9 + nano, data[offset + 16:offset + 16 + length])
        offset += 16 + length


class Connection:
    def __init__(self, syn):
        self.syn, self.answer, self.reset, self.taken = syn, None, None, False


def judged(path, injector):
    """The connections of a capture on the host's port, and what befell them.

    A reset counts from the injector's MAC address alone: the server's own kernel sends some too.
    """
    found, newest = {}, {}
    for segment in segments(path):
        if segment.outward:
            if segment.flags & (SYN | ACK | RST) == SYN:
                key = segment.port, segment.sequence
                newest[segment.port] = found.setdefault(key, Connection(segment.moment))
            continue
        connection = newest.get(segment.port)
        if not connection:
            continue
        if segment.flags & (SYN | RST) == SYN and connection.answer is None:
            connection.answer = segment.moment
        if segment.flags & RST and segment.source_mac == injector and connection.reset is None:
            connection.reset = segment.moment
        connection.taken |= segment.payload.startswith(b"250 2.0.0 taken")
    return list(found.values())


class Bench(network.Network):
    """network.py's Internet with a sink instead of a mail server, and a mirror port that takes frames."""

    def __init__(self, directory, tools):
        super().__init__(directory)
        self.tools = tools
        self.wire = self.port = None
        self.runs = 0

    def start_mta(self):
        """None: the sink is started below."""

    def build(self):
        super().build()
        network.run("ip", "-n", self.name("sensor"), "address", "add", f"{SENSOR}/24", "dev", "mon0")
        network.run("ip", "-n", self.name("sensor"), "route", "add", "default", "via", "10.25.3.1")
        self.router_mac = self.link_address("router", "lan0")
        self.injector = bytes.fromhex(self.link_address("sensor", "mon0").replace(":", ""))
        # Answers to the sensor's ARP would not reach a mirror port.
        for address, mac in ((CLIENT, CLIENT_MAC), ("10.25.3.1", self.router_mac)):
            self.on("sensor", "ip", "neighbor", "replace", address, "lladdr", mac, "dev", "mon0", "nud",
                    "permanent")
        self.address("inet", "eth0", f"{SINK}/24", f"{SINK6}/64")
        for number, address in enumerate((SINK, SINK6)):
            ready = self.directory / f"sink{number}"
            self.start("inet", "python3", network.HERE / "spam.py", "sink", address, ready)
            until("the sink listens", ready.exists)
        for host, device in (("router", "lan0"), ("client", "eth0")):
            self.plain(host, device)
        self.untagged()

    def link_address(self, host, device):
        return self.on(host, "cat", f"/sys/class/net/{device}/address").stdout.decode().strip()

    def plain(self, host, device):
        """No frame longer than the wire, no checksum left for a card to fill in."""
        self.on(host, "ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off", "tx", "off")

    def takes_frames(self, device):
        network.run("ip", "-n", self.name("switch"), "link", "set", device, "master", "br0")
        self.on("switch", "bridge", "link", "set", "dev", device, "learning", "off", "flood", "off",
                "mcast_flood", "off", "bcast_flood", "off")

    def untagged(self):
        if self.port:
            self.end(self.port)
            self.port = None
        subprocess.run(["ip", "-n", self.name("switch"), "link", "set", "span1", "nomaster"], check=True)
        self.takes_frames("span0")
        self.mirror("port3")

    def tagged(self, tags):
        """The mirror port is a trunk: both ways by spanport."""
        subprocess.run(["ip", "-n", self.name("switch"), "link", "set", "span0", "nomaster"], check=True)
        self.takes_frames("span1")
        self.mirror("port3", to="span1")
        ready = self.directory / "port"
        self.port = self.start("switch", self.tools["spanport"], "span2", "span0", tags, ready)
        until("the tagging port listens", ready.exists)
        ready.unlink()

    def length(self, microseconds):
        """How long the wire between router and Internet is, one way; None: plugged in directly."""
        if self.wire:
            self.end(self.wire)
            self.wire = None
        network.run("ip", "-n", self.name("router"), "link", "del", "wan0")
        if microseconds is None:
            self.link("router", "wan0", "inet", "eth0")
        else:
            with contextlib.suppress(subprocess.CalledProcessError):
                network.run("ip", "-n", self.name("sensor"), "link", "del", "long1")
            self.link("router", "wan0", "sensor", "long0")
            self.link("inet", "eth0", "sensor", "long1")
            ready = self.directory / "wire"
            self.wire = self.start("sensor", self.tools["delayline"], "long0", "long1", microseconds, ready)
            until("the wire is there", ready.exists)
            ready.unlink()
        self.address("router", "wan0", "198.51.100.1/24", "2001:db8:25::1/64")
        self.address("inet", "eth0", f"{SINK}/24", f"{SINK6}/64")
        network.run("ip", "-n", self.name("inet"), "-6", "route", "add", "fd25:3::/64", "via", "2001:db8:25::1")
        for host, device in (("router", "wan0"), ("inet", "eth0")):
            self.plain(host, device)
        until("the server is reached", lambda: self.send(1, host="mail")["delivered"], 20)

    def send(self, connections, *more, host="client", to=SINK):
        done = self.on(host, "python3", network.HERE / "spam.py", "send", to, connections, PER_SECOND, *more,
                       timeout=120)
        return json.loads(done.stdout)

    def injected(self):
        """Frames that came into the mirror port."""
        said = self.on("switch", "cat", "/sys/class/net/span0/statistics/rx_packets").stdout
        return int(said)

    @contextlib.contextmanager
    def captured(self, address):
        """The traffic of the host's port, its stamps the kernel's; yields the file, whole at the end."""
        self.runs += 1
        path = self.directory / f"port{self.runs}.pcap"
        with open(self.directory / f"port{self.runs}.words", "wb") as words:
            child = self.start("switch", "tcpdump", "-ni", "port1", "-B", "65536", "-s", "160", "-j", "host",
                               "--time-stamp-precision=nano", "-w", path, f"tcp port 25 and host {address}",
                               stdout=subprocess.DEVNULL, stderr=words)
            until("tcpdump begins", path.exists)
            time.sleep(0.2)
            yield path
            time.sleep(1.2)  # a block of its ring may be as old
            self.end(child, signal.SIGINT)
        dropped = re.search(r"(\d+) packets dropped", (self.directory / f"port{self.runs}.words").read_text())
        if not dropped or dropped[1] != "0":
            raise Failed(f"tcpdump lost {dropped[1] if dropped else 'who knows how many'} frames")


def processor(pid):
    """Seconds that all threads of a process have run."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(FileNotFoundError), open(f"/proc/{pid}/task/{thread}/schedstat", "rb") as file:
            total += int(file.read().split()[0])
    return total / 1e9


class Rival:
    def __init__(self, net, command):
        self.net = net
        self.child = net.start("sensor", *command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        if self.child.poll() is not None:
            raise Failed(f"{command[0]} ended with {self.child.returncode}")
        self.pid = self.child.pid

    def stop(self):
        self.net.end(self.child)
        return None


class Ours:
    def __init__(self, net, reset="on", limit=None):
        self.sensor = Sensor(net, net.tools["egress25"], f"run{net.runs}")
        self.limit = limit
        self.configure(reset)
        self.sensor.start(judge=False)
        self.pid = self.sensor.child.pid

    def configure(self, reset):
        limit = f"reset_limit = {self.limit}\n" if self.limit else ""
        self.sensor.configure(f'mail_servers = {{"{MAIL}"}}\nreset = {reset}\n{limit}')

    def switch_on(self):
        self.configure("on")
        self.sensor.child.send_signal(signal.SIGHUP)

    def stop(self):
        """Returns the number of segments that it held back for its limit."""
        self.sensor.stop()
        return self.sensor.status()["resets"]["limited"]


class Row:
    """What became of the connections of one run."""

    def __init__(self, connections, found, said, frames, seconds, limited):
        self.delivered = sum(c.taken for c in found)
        self.hung = said["hung"] + said.get("failed", 0)
        self.killed = connections - self.delivered - self.hung
        self.refused = said["refused"]
        self.frames = frames / connections
        self.limited = None if limited is None else limited / connections
        self.milliseconds = seconds * 1000
        trips = [(c.answer - c.syn) / 1e6 for c in found if c.answer is not None]
        self.trip = statistics.median(trips) if trips else None
        times = sorted((c.reset - c.syn) / 1000 for c in found if c.reset is not None)
        self.median = statistics.median(times) if times else None
        self.late = times[min(len(times) - 1, len(times) * 99 // 100)] if times else None


def measure(net, resetter, connections, address=CLIENT, to=SINK):
    """One run with one resetter; it is stopped whatever happens."""
    try:
        with net.captured(address) as path:
            before, used = net.injected(), processor(resetter.pid)
            said = net.send(connections, to=to)
            used, frames = processor(resetter.pid) - used, net.injected() - before
    finally:
        limited = resetter.stop()
    found = judged(path, net.injector)
    path.unlink()
    if len(found) < connections:
        raise Failed(f"the capture holds {len(found)} of {connections} connections")
    return Row(connections, found, said, frames, used, limited)


def switched_on(net, connections, limit):
    """The messages' bodies flow for ten seconds each; resets are switched on when all have begun."""
    ours = Ours(net, "off", limit)
    try:
        with net.captured(CLIENT) as path:
            child = net.start("client", "python3", network.HERE / "spam.py", "send", SINK, connections, PER_SECOND,
                              163840, "0.5", stdout=subprocess.PIPE)
            time.sleep(1.5 * connections / PER_SECOND + 2.5)
            before, used = net.injected(), processor(ours.pid)
            ours.switch_on()
            said = json.loads(child.communicate(timeout=120)[0])
            net.children.remove(child)
            used, frames = processor(ours.pid) - used, net.injected() - before
    finally:
        limited = ours.stop()
    found = judged(path, net.injector)
    path.unlink()
    for connection in found:
        connection.syn, connection.reset = 0, None
    return Row(connections, found, said, frames, used, limited)


def spread(rows, name, form="{:,.0f}"):
    values = [value for value in (getattr(row, name) for row in rows) if value is not None]
    if not values:
        return "-"
    words = [form.format(f(values)) for f in (statistics.median, min, max)]
    return words[0] if words[1] == words[2] else f"{words[0]} ({words[1]}..{words[2]})"


def table(title, runs):
    print(f"\n{title}")
    print(f"  {'':18}{'killed':>19}{'delivered':>17}{'hung':>15}{'before connect':>17}{'segments each':>18}"
          f"{'held back':>16}"
          f"{'CPU ms':>18}{'SYN to RST us, p50':>28}{'p99':>28}")
    for name, rows in runs.items():
        print(f"  {name:18}{spread(rows, 'killed'):>19}{spread(rows, 'delivered'):>17}{spread(rows, 'hung'):>15}"
              f"{spread(rows, 'refused'):>17}{spread(rows, 'frames', '{:.1f}'):>18}"
              f"{spread(rows, 'limited', '{:.1f}'):>16}"
              f"{spread(rows, 'milliseconds'):>18}{spread(rows, 'median'):>28}{spread(rows, 'late'):>28}",
              flush=True)


def all_of_them(net, connections, rounds, title):
    """Each resetter in turn; the order moves on by one each round."""
    starts = {"egress25": lambda: Ours(net), "egress25, no limit": lambda: Ours(net, limit=HIGH)}
    starts |= {name: lambda command=command: Rival(net, command) for name, command in RIVALS.items()}
    names = list(starts)
    runs = {name: [] for name in names}
    for number in range(rounds):
        for i in range(len(names)):
            name = names[(number + i) % len(names)]
            runs[name].append(measure(net, starts[name](), connections))
    trip = spread([row for name in RIVALS for row in runs[name]], "trip", "{:.2f}")
    table(f"{title}; SYN to SYN+ACK {trip} ms; {len(runs)} in turn, {rounds} rounds; "
          f"load {os.getloadavg()[0]:.1f}", runs)


def ours_alone(net, connections, rounds, trip):
    """What the others cannot, or where they would say no more than above."""
    runs = {"IPv6": [], "one tag": [], "QinQ": []}
    for _ in range(rounds):
        runs["IPv6"].append(measure(net, Ours(net), connections, CLIENT6, SINK6))
        for name, tags in (("one tag", "8100:30"), ("QinQ", "88a8:100,8100:30")):
            net.tagged(tags)
            try:
                runs[name].append(measure(net, Ours(net), connections))
            finally:
                net.untagged()
    table(f"egress25 alone, {trip} (tags are put on and taken off by a program: time for that)", runs)
    table(f"egress25 alone, {trip}, switched on amid the messages' bodies",
          {name: [switched_on(net, connections, limit) for _ in range(rounds)]
           for name, limit in (("usual limit", None), ("no limit", HIGH))})


def bench(tools, quick, rounds):
    """tools: the paths of egress25, delayline and spanport."""
    connections = 200 if quick else 1000
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))  # the network is removed
    with tempfile.TemporaryDirectory(prefix="eg25") as directory:
        os.chmod(directory, 0o755)
        with Bench(directory, tools) as net:
            for milliseconds, microseconds in TRIPS:
                net.length(microseconds)
                trip = f"round trip {milliseconds or 'nearly 0'} ms"
                all_of_them(net, connections, rounds, f"{trip}, {connections:,} connections at {PER_SECOND} a second")
                ours_alone(net, connections, rounds, trip)
