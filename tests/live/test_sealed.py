#!/usr/bin/env python3
"""The rights of the running monitor, judged from outside: TAP.

usage: test_sealed.py EGRESS25

What the kernel says in /proc of each of its threads; that it does its whole work sealed; and who may do
what with its record, each as a process of that user.  Users and groups are made for the test in copies of
/etc/passwd and /etc/group, in its own mount table, where egress25-record(5)'s division is followed: the
directory is the readers' group's, the monitor's own group is the administrators'.  Needs root; ten seconds.
"""
import contextlib
import os
import pathlib
import re
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "faults"))

from mirror import FAR, PORT, Connection, Ear, Failed, Monitor, Wire, equal, report, run, until  # noqa: E402

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
WATCHER, READER, ADMIN, STRANGER = 54325, 54326, 54327, 54328
READERS, ADMINS, OTHERS = 54335, 54336, 54337
NAME = "eg25watcher"
USERS = ((NAME, WATCHER, ADMINS), ("eg25reader", READER, OTHERS), ("eg25admin", ADMIN, OTHERS),
         ("eg25stranger", STRANGER, OTHERS))
GROUPS = (("eg25readers", READERS, "eg25watcher,eg25reader,eg25admin"), ("eg25admins", ADMINS, "eg25admin"),
          ("eg25others", OTHERS, ""))
WHO = {"reader": (READER, OTHERS, READERS), "admin": (ADMIN, OTHERS, f"{READERS},{ADMINS}"),
       "stranger": (STRANGER, OTHERS, OTHERS)}


def add_lines(name, lines, directory):
    copy = directory / name
    copy.write_text(pathlib.Path("/etc", name).read_text() + "".join(line + "\n" for line in lines))
    copy.chmod(0o644)
    run("mount", "--bind", copy, f"/etc/{name}")


def make_users(directory):
    add_lines("passwd", [f"{name}:x:{uid}:{gid}::/:/usr/sbin/nologin" for name, uid, gid in USERS], directory)
    add_lines("group", [f"{name}:x:{gid}:{members}" for name, gid, members in GROUPS], directory)


def threads(pid):
    """What the kernel says of each thread: a dict of name and value."""
    found = []
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        lines = (line.split(":", 1) for line in (task / "status").read_text().splitlines())
        found.append({name: value.split() for name, value in lines})
    return found


class Sealed:
    def __init__(self, directory):
        self.directory = directory
        directory.chmod(0o755)
        self.wire, self.ear = Wire(), Ear()
        self.port = 30000
        make_users(directory)
        # where the users of the test can run it, whoever owns the directory it was built in
        self.program = directory / "egress25"
        shutil.copy(PROGRAM, self.program)
        self.program.chmod(0o755)
        self.monitor = None

    def make_directory(self, name, owner, group, mode):
        directory = self.directory / name
        directory.mkdir()
        os.chown(directory, owner, group)
        directory.chmod(mode)
        return directory

    def make_monitor(self, name, *settings, owner=WATCHER, group=READERS, mode=0o750):
        """Its record in a directory of its own, its words and configuration elsewhere."""
        monitor = Monitor(self.program, self.directory / f"{name}.d", 'sensor = "sealed"', *settings)
        monitor.directory.chmod(0o755)
        monitor.record = self.make_directory(name, owner, group, mode) / "record.db"
        return monitor

    def open(self, client="10.0.3.77"):
        self.port += 1
        return Connection(self.wire, client, self.port).open()

    def expect(self, monitor, attempts):
        until(f"{attempts} attempts", lambda: monitor.attempts() >= attempts)
        equal("attempts", attempts, monitor.attempts())

    # --- what it is left with -------------------------------------------------------------------

    def start(self):
        self.monitor = self.make_monitor("record", "reset = on", f'user = "{NAME}"')
        self.monitor.start()
        return self.monitor

    def none_has_rights(self):
        monitor = self.start()
        seen = threads(monitor.child.pid)
        if len(seen) < 2:
            raise Failed("it has one thread: what of the writer?")
        for thread in seen:
            self.check_thread(thread, [str(WATCHER)] * 4, [str(ADMINS)] * 4, {str(ADMINS), str(READERS)})
            equal("CapBnd", ["0" * 16], thread["CapBnd"])
        until("it says so", lambda: monitor.said(f"runs as {NAME} without capabilities"))
        said = f"runs as {NAME} without capabilities, confined by Landlock, sealed by seccomp"
        until("status says so too", lambda: monitor.query("status")["privileges"] == said)
        equal("the log", True, monitor.said(f"egress25: {said}\n"))
        equal("what is missing", [], monitor.query("status")["notes"])

    @staticmethod
    def check_thread(thread, uids, gids, groups):
        equal("Uid", uids, thread["Uid"])
        equal("Gid", gids, thread["Gid"])
        equal("Groups", groups, set(thread["Groups"]))
        for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            equal(name, ["0" * 16], thread[name])
        equal("NoNewPrivs", ["1"], thread["NoNewPrivs"])
        equal("Seccomp", ["2"], thread["Seccomp"])

    # --- its work -------------------------------------------------------------------------------

    def finds_and_resets(self):
        bot = self.open()
        bot.greet()
        self.ear.wait_for(bot.ports[0], 5)
        bot.message()
        self.expect(self.monitor, 1)
        found = self.monitor.query("offenders", "--all")[0]
        equal("the bot", ("10.0.3.77", True), (found["address"], found["resets"] > 0))

    def takes_up_an_interface(self):
        run("ip", "link", "set", PORT, "down")
        until("it says that it is down", lambda: self.monitor.said(f"{PORT}: is down"))
        run("ip", "link", "set", PORT, "up")
        until("it says that it is up", lambda: self.monitor.said(f"{PORT}: is up again"))
        self.ear.wait_for(self.open().ports[0], 5)
        run("ip", "link", "del", PORT)
        until("it says that it is gone", lambda: self.monitor.said("looking for it again"))
        run("ip", "link", "add", PORT, "type", "veth", "peer", "name", FAR)
        for device in (PORT, FAR):
            with contextlib.suppress(OSError):
                pathlib.Path(f"/proc/sys/net/ipv6/conf/{device}/disable_ipv6").write_text("1")
            run("ip", "link", "set", device, "arp", "off", "up")
        self.wire, self.ear = Wire(), Ear()
        until("it says that it is back", lambda: self.monitor.said(f"{PORT}: is back, and watched again"))
        self.ear.wait_for(self.open().ports[0], 5)
        self.expect(self.monitor, 3)

    def reloads_and_prunes(self):
        """What was found so far is older than the new configuration lets it become."""
        until("connections have rows", lambda: self.monitor.rows("SELECT count(*) FROM conn")[0][0] == 3)
        self.monitor.config.write_text(self.monitor.config.read_text().replace(
            "retention { rows_per_host_hour = 100000 }", "retention { age = 1s }"))
        self.monitor.tell(signal.SIGHUP)
        until("it reloads", lambda: self.monitor.said("reload: the new configuration is in force"))
        until("rows are pruned", lambda: self.monitor.rows("SELECT sum(rows) FROM pruned")[0][0], 15)
        self.ear.wait_for(self.open("10.0.3.78").ports[0], 5)
        until("it is found after that", lambda: self.monitor.rows(
            "SELECT count(*) FROM host WHERE address = '10.0.3.78'")[0][0] == 1)

    def ends(self):
        equal("exit status", 0, self.monitor.stop())
        equal("PRAGMA integrity_check", [("ok",)], self.monitor.rows("PRAGMA integrity_check"))

    # --- who may do what ------------------------------------------------------------------------

    def as_user(self, who, *words):
        """The program's exit status and all it says, run by that user."""
        uid, gid, groups = WHO[who]
        done = subprocess.run(["setpriv", f"--reuid={uid}", f"--regid={gid}", f"--groups={groups}", self.program, words[0],
                               "--record", self.monitor.record, *words[1:]], capture_output=True, check=False,
                              timeout=60, env={**os.environ, "HOME": "/"})
        return done.returncode, done.stdout.decode() + done.stderr.decode()

    def expect_of(self, who, status, *words, says=""):
        ended, said = self.as_user(who, *words)
        if ended != status or says not in said:
            raise Failed(f"{who}, {words}: {ended} instead of {status}, or without {says!r}: {said}")

    def reader(self):
        self.expect_of("reader", 0, "offenders", "--all", says="10.0.3.77")
        self.expect_of("reader", 3, "incident", "open", "--reason", "x", says="may be read by this user, not written")
        self.expect_of("reader", 3, "watch", "-i", PORT)

    def administrator(self):
        self.expect_of("admin", 0, "incident", "open", "--reason", "x")
        equal("incidents", [("x", None)], self.monitor.rows("SELECT reason, closed FROM incident"))
        self.expect_of("admin", 0, "incident", "close")

    def stranger(self):
        for words in (("offenders", "--all"), ("incident", "open", "--reason", "x")):
            ended, said = self.as_user("stranger", *words)
            if ended != 3 or "10.0.3.77" in said or not re.fullmatch(r"egress25: .*: .*\n", said):
                raise Failed(f"{words}: {ended}: {said}")

    def people(self):
        """All three, while the monitor runs, and when it has ended."""
        self.monitor = self.make_monitor("people", f'user = "{NAME}"').start()
        self.open()
        self.expect(self.monitor, 1)
        for name in ("", "-wal", "-shm"):
            file = pathlib.Path(f"{self.monitor.record}{name}").stat()
            equal(f"record{name}", (WATCHER, ADMINS, 0o664), (file.st_uid, file.st_gid, file.st_mode & 0o7777))
        self.reader()
        self.administrator()
        self.stranger()
        equal("exit status", 0, self.monitor.stop())
        self.expect_of("reader", 0, "offenders", "--all", says="10.0.3.77")

    # --- other ways of starting it --------------------------------------------------------------

    def by_one_capability(self):
        """A user with CAP_NET_RAW alone, as the service's unit starts it, and as setcap does."""
        program = self.directory / "egress25-setcap"
        shutil.copy(PROGRAM, program)
        program.chmod(0o755)
        run("setcap", "cap_net_raw=ep", program)
        ids = [f"--reuid={WATCHER}", f"--regid={ADMINS}", f"--groups={READERS}"]
        for name, words in (("ambient", ["setpriv", *ids, "--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw",
                                         "--bounding-set=-all,+net_raw", self.program]),
                            ("setcap", ["setpriv", *ids, "--inh-caps=-all", program])):
            self.start_by(name, words)

    def start_by(self, name, words):
        monitor = self.make_monitor(name, "reset = on")
        with open(monitor.words, "ab") as out:
            monitor.child = subprocess.Popen([*words, "watch", "-i", PORT, "--config", monitor.config, "--record",
                                              monitor.record], stdout=out, stderr=out)
        try:
            until("it watches", lambda: monitor.said(f"{PORT}: watching") or monitor.ended())
            if monitor.ended():
                raise Failed(f"by {name} it ends: {monitor.words.read_text()}")
            until("it is sealed", lambda: monitor.said("sealed by seccomp"))
            for thread in threads(monitor.child.pid):
                self.check_thread(thread, [str(WATCHER)] * 4, [str(ADMINS)] * 4, {str(READERS)})
            bot = self.open()
            self.ear.wait_for(bot.ports[0], 5)
            self.expect(monitor, 1)
        finally:
            status = monitor.ended() or monitor.stop()
        equal("exit status", 0, status)

    # --- read, which parses the same bytes ------------------------------------------------------

    def reads_sealed(self):
        """What was not named, or has another name's place by now, is not opened."""
        first, last, elsewhere = (self.directory / name for name in ("first", "last", "elsewhere"))
        capture = struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
        os.mkfifo(first)
        for file in (last, elsewhere):
            file.write_bytes(capture)
        child = subprocess.Popen([self.program, "read", "--record", self.make_directory("kept", 0, 0, 0o700) / "r.db",
                                  first, last], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            into = open(first, "wb")  # until it opens that too, and is sealed
            for thread in threads(child.pid):
                equal("NoNewPrivs, Seccomp", (["1"], ["2"]), (thread["NoNewPrivs"], thread["Seccomp"]))
            last.unlink()
            last.symlink_to(elsewhere)
            with into:
                into.write(capture)
            said = child.communicate(timeout=30)[1].decode()
        finally:
            child.kill()
            child.wait()
        equal("exit status", 3, child.returncode)
        if f"egress25: {last}: " not in said or "Permission denied" not in said:
            raise Failed(f"it opens what it was not given: {said}")

    # --- places that are refused ----------------------------------------------------------------

    def refused(self, monitor, says):
        monitor.child = None
        done = subprocess.run([self.program, "watch", "-i", PORT, "--config", monitor.config, "--record", monitor.record,
                               "--user", NAME], capture_output=True, check=False, timeout=30)
        said = done.stderr.decode()
        lines = [line for line in said.splitlines() if says in line]
        if done.returncode != 3 or len(lines) != 1 or not lines[0].startswith(f"egress25: {monitor.record}"):
            raise Failed(f"{says!r}: exit status {done.returncode}: {said}")

    def a_link(self):
        monitor = self.make_monitor("link")
        target = self.directory / "target"
        target.write_bytes(b"")
        os.chown(target, WATCHER, ADMINS)
        monitor.record.symlink_to(target)
        self.refused(monitor, "symbolic link")
        equal("what it points to", 0, target.stat().st_size)
        equal("what stands beside it", ["record.db"], [path.name for path in monitor.record.parent.iterdir()])

    def a_foreign_file(self):
        monitor = self.make_monitor("foreign")
        monitor.record.write_bytes(b"")
        os.chown(monitor.record, STRANGER, OTHERS)
        monitor.record.chmod(0o666)
        self.refused(monitor, "belongs to another user")

    def a_foreign_directory(self):
        self.refused(self.make_monitor("theirs", owner=STRANGER, mode=0o755), "directory")

    def a_group_of_writers(self):
        self.refused(self.make_monitor("writable", mode=0o770), "others may write its directory")

    def a_link_beside(self):
        monitor = self.make_monitor("beside")
        target = self.directory / "beside-target"
        target.write_text("kept")
        os.chown(target, WATCHER, ADMINS)
        pathlib.Path(f"{monitor.record}-wal").symlink_to(target)
        self.refused(monitor, "is no file of this record's")
        equal("what it points to", "kept", target.read_text())

    def tests(self):
        yield "no thread of it has a right left", self.none_has_rights
        yield "sealed, it finds a bot and resets it", self.finds_and_resets
        yield "sealed, it takes up a port that went down, and one that was made anew", self.takes_up_an_interface
        yield "sealed, it reloads and takes away what is too old", self.reloads_and_prunes
        yield "sealed, it ends by SIGTERM", self.ends
        yield "a reader reads, an administrator opens incidents, a stranger does neither", self.people
        yield "CAP_NET_RAW alone is enough, and is given up too", self.by_one_capability
        yield "read is sealed before it looks into a file", self.reads_sealed
        yield "a link in the record's place is refused", self.a_link
        yield "another user's file in the record's place is refused", self.a_foreign_file
        yield "another user's directory is refused", self.a_foreign_directory
        yield "a directory that its group may write is refused", self.a_group_of_writers
        yield "a link beside the record is refused", self.a_link_beside


def main():
    return report(lambda directory: Sealed(directory).tests())


sys.exit(main())
