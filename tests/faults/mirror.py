"""A mirror port of the test's own, what is seen on it, and the monitor that watches it.

The port is one end of a pair of virtual interfaces, in namespaces (network and mounts) that end with
the test; the frames are made here, so that it is known what must be found.
"""
import contextlib
import ipaddress
import json
import os
import pathlib
import random
import signal
import socket
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time

PORT, FAR = "mon0", "far0"
SYN, ACK, FIN, RST, PUSH = 0x02, 0x10, 0x01, 0x04, 0x08
INSIDE = "EGRESS25_TEST_NAMESPACES"


class Failed(Exception):
    pass


def equal(what, expected, found):
    if expected != found:
        raise Failed(f"{what}: expected {expected}, found {found}")


def until(what, condition, seconds=10.0):
    """Waits for condition() to give something true, and returns that."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds:g} s")
        time.sleep(0.02)


def run(*words):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True)


def enter_namespaces():
    """Runs this program once more, in a network and a mount table of its own; why not, or None."""
    if os.environ.get(INSIDE):
        run("ip", "link", "set", "lo", "up")
        make_port()
        return None
    if os.geteuid() != 0:
        return "needs root, for a network namespace"
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", sys.executable, *sys.argv])


def make_port():
    run("ip", "link", "add", PORT, "type", "veth", "peer", "name", FAR)
    for device in (PORT, FAR):
        with contextlib.suppress(OSError):
            pathlib.Path(f"/proc/sys/net/ipv6/conf/{device}/disable_ipv6").write_text("1")
        run("ip", "link", "set", device, "arp", "off", "up")


class Wire:
    """Sends frames into the far end."""

    def __init__(self, device=FAR):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.socket.bind((device, 0))

    def send(self, frame):
        self.socket.send(frame)


class Ear:
    """Hears the resets that come out of the port."""

    def __init__(self, device=FAR):
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.socket.bind((device, 0))

    def wait_for(self, port, seconds):
        """One to this port of a client."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                frame, (_, _, kind, *_) = self.socket.recvfrom(2048)
            except TimeoutError:
                break
            if kind != socket.PACKET_OUTGOING and frame[12:14] == b"\x08\0" and frame[47] & RST and frame[36:38] == port.to_bytes(2, "big"):
                return
        raise Failed(f"no reset to port {port} within {seconds} s")


class Connection:
    """One TCP connection as the mirror shows it."""

    def __init__(self, wire, client, client_port, server="203.0.113.9", server_port=25):
        self.wire = wire
        self.ends = (ipaddress.ip_address(client).packed, ipaddress.ip_address(server).packed)
        self.name = (client, client_port, server, server_port)
        self.ports = (client_port, server_port)
        self.numbers = [random.getrandbits(32), random.getrandbits(32)]
        self.sent = None

    def frame(self, from_server, flags, data=b""):
        a, b = (1, 0) if from_server else (0, 1)
        ack = self.numbers[b] if flags & ACK else 0
        tcp = struct.pack(">HHIIBBHHH", self.ports[a], self.ports[b], self.numbers[a], ack, 0x50, flags, 65535, 0, 0)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0, self.ends[a], self.ends[b])
        macs = (b"\x02\0\0\0\0\x01" + b"\x02" + self.ends[0][:4] + b"\0",
                b"\x02" + self.ends[0][:4] + b"\0" + b"\x02\0\0\0\0\x01")
        self.wire.send(macs[0 if from_server is False else 1] + b"\x08\x00" + ip + tcp + data)
        if self.sent is None:
            self.sent = time.monotonic()

    def segment(self, from_server, flags, data=b""):
        self.frame(from_server, flags, data)
        side = 1 if from_server else 0
        self.numbers[side] = (self.numbers[side] + len(data) + bool(flags & (SYN | FIN))) % 2**32

    def syn(self):
        """May be called again: the same SYN."""
        first = self.numbers[0]
        self.frame(False, SYN)
        self.numbers[0] = first

    def open(self):
        self.syn()
        self.numbers[0] = (self.numbers[0] + 1) % 2**32
        self.segment(True, SYN | ACK)
        self.segment(False, ACK)
        return self

    def say(self, data):
        self.segment(False, ACK | PUSH, data)

    def answer(self, data):
        self.segment(True, ACK | PUSH, data)

    def greet(self):
        self.answer(b"220 mx.example.net ESMTP\r\n")
        self.say(b"EHLO pc.example.org\r\n")
        self.answer(b"250 mx.example.net\r\n")

    def message(self, sender=b"a@example.org"):
        for said, answer in ((b"MAIL FROM:<%s>\r\n" % sender, b"250 ok\r\n"), (b"RCPT TO:<b@example.net>\r\n", b"250 ok\r\n"),
                             (b"DATA\r\n", b"354 go\r\n"), (b"Subject: x\r\n\r\ny\r\n.\r\n", b"250 taken\r\n")):
            self.say(said)
            self.answer(answer)

    def close(self):
        self.segment(False, FIN | ACK)
        self.segment(True, FIN | ACK)
        self.segment(False, ACK)


class Monitor:
    """The record, and the monitor that writes it."""

    def __init__(self, program, directory, *settings):
        self.program, self.directory = program, pathlib.Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.record = self.directory / "record.db"
        self.config = self.directory / "egress25.conf"
        self.words = self.directory / "words"
        self.words.touch()
        self.configure(*settings)
        self.child = None
        self.environment = dict(os.environ)

    def configure(self, *settings):
        self.config.write_text("\n".join(('internal = {"10.0.0.0/8"}', 'mail_servers = {"10.0.0.25"}',
                                          'retention { rows_per_host_hour = 100000 }', *settings)) + "\n")

    def start(self, *more, wait=True, port=PORT):
        said = len(self.words.read_text())
        with open(self.words, "ab") as words:
            self.child = subprocess.Popen(
                [self.program, "watch", "-i", port, "--config", self.config, "--record", self.record, *more],
                stdout=words, stderr=words, env=self.environment)
        if wait:
            until("it watches", lambda: self.said(f"{port}: watching", said) or self.ended(), 20)
            if self.child.poll() is not None:
                raise Failed(f"watch ended with {self.child.returncode}: {self.words.read_text()[-500:]}")
        return self

    def ended(self):
        return self.child.poll() is not None

    def said(self, text, since=0):
        return text in self.words.read_text()[since:]

    def tell(self, how):
        self.child.send_signal(how)

    def stop(self, how=signal.SIGTERM, seconds=20):
        self.child.send_signal(how)
        try:
            return self.child.wait(timeout=seconds)
        except subprocess.TimeoutExpired as late:
            self.child.kill()
            self.child.wait()
            raise Failed("it does not stop") from late

    def query(self, command, *arguments, status=0):
        done = subprocess.run([self.program, command, "--config", self.config, "--record", self.record, "--format",
                               "json", *arguments], capture_output=True, check=False, timeout=60)
        if done.returncode != status:
            raise Failed(f"{command} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def query_text(self, *words):
        done = subprocess.run([self.program, words[0], "--config", self.config, "--record", self.record, *words[1:]],
                              capture_output=True, check=False, timeout=60)
        if done.returncode:
            raise Failed(f"{words} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
        return done.stdout.decode()

    def attempts(self):
        return sum(o["attempts"] for o in self.query("offenders", "--all"))

    def blind(self):
        return self.query("status")["blind"]

    @contextlib.contextmanager
    def database(self, **more):
        with contextlib.closing(sqlite3.connect(self.record, isolation_level=None, **more)) as database:
            yield database

    def rows(self, sql, *values):
        with self.database() as database:
            return database.execute(sql, values).fetchall()

    def check(self):
        """The record is whole, and its sums are those of its rows."""
        equal("PRAGMA integrity_check", [("ok",)], self.rows("PRAGMA integrity_check"))
        sums = self.rows("SELECT h.address, a.standing, a.attempts, a.connected, a.messages, a.bytes_sent FROM host_sum a"
                         " JOIN host h ON h.id = a.host WHERE span = 0 ORDER BY 1, 2")
        rows = self.rows("SELECT h.address, c.standing, count(*), sum(connected), sum(coalesce(messages, 0)),"
                         " sum(bytes_sent) FROM conn c JOIN host h ON h.id = c.host GROUP BY 1, 2 ORDER BY 1, 2")
        equal("sums of the hosts", rows, sums)


def set_mount_private():
    run("mount", "--make-rprivate", "/")


@contextlib.contextmanager
def small_disk(directory, size):
    directory.mkdir(exist_ok=True)
    run("mount", "-t", "tmpfs", "-o", f"size={size},mode=755", "tmpfs", directory)
    try:
        yield directory
    finally:
        run("umount", "-l", directory)


@contextlib.contextmanager
def loop_disk(directory, mebibytes):
    """A disk of its own, of a real file system."""
    image, disk = directory / "image", directory / "loop"
    disk.mkdir()
    with open(image, "wb") as file:
        file.truncate(mebibytes << 20)
    run("mkfs.ext4", "-q", image)
    run("mount", "-o", "loop", image, disk)
    try:
        yield disk
    finally:
        run("umount", "-l", disk)


def report(tests):
    """Runs them as TAP; the exit status.  tests(directory) yields (name, test)."""
    reason = enter_namespaces()
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    set_mount_private()
    number = failed = 0
    only = os.environ.get("ONLY", "")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="eg25faults") as directory:
        for name, test in tests(pathlib.Path(directory)):
            if only not in name:
                continue
            number += 1
            began = time.monotonic()
            try:
                test()
                print(f"ok {number} - {name} # {time.monotonic() - began:.1f} s", flush=True)
            except (Failed, OSError, LookupError, ValueError, TypeError, subprocess.SubprocessError, sqlite3.Error) as error:
                failed += 1
                print(f"not ok {number} - {name}", flush=True)
                for line in f"{type(error).__name__}: {error}".splitlines():
                    print(f"# {line}")
    print(f"1..{number}")
    return 1 if failed else 0
