"""The mail servers of mtas.py as the recipes of scripts/mta find them where they run in earnest.

Each takes mail for a domain of its own, which it delivers to a file, and relays the rest to the
receiver's.  Their states, queues and configuration are below a directory of the test's.
"""
import os
import pathlib
import re
import shutil
import subprocess

import mtas
from sensor import until

RECIPES = pathlib.Path(__file__).resolve().parents[2] / "scripts/mta"
LOCAL = "local.example.org"
REMOTE = mtas.domain_of("postfix")
HELD = "held.example.net"  # what Postfix's own settings, or other means of an admin's, keep back


STEPS = ("mv", "postfix", "postqueue", "rm", "setsid")
STEP = """#!/bin/sh
echo >>{top}/count
[ $(wc -l <{top}/count) -lt {step} ] || kill -s KILL 0
PATH=${{PATH#*:}}
exec "${{0##*/}}" "$@"
"""


class Frozen:
    """Of an Mta with `routes`: what a recipe does to it, and to the file `changed`."""

    changed = None

    def prepare_recipe(self):
        self.state, self.boot, self.mailbox = self.top / "state", self.top / "boot", self.top / "box/mail"
        self.boot.mkdir(exist_ok=True)
        self.mailbox.parent.mkdir(exist_ok=True)
        self.mailbox.parent.chmod(0o777)

    def inside(self, *command):
        """A command in the mount and network namespaces of the running server."""
        return ["nsenter", "-t", str(self.child.pid), "-m", "-n", *map(str, command)]

    def options(self):
        return ["--state", self.state, "--boot", self.boot]

    def recipe(self, *words, by_stdin=False, before=()):
        """Runs it, as a file or as `ssh HOST sh -s` does; yields exit status, {key: values}, errors."""
        path = RECIPES / self.name
        command = [*before, "sh", *(("-s", "--") if by_stdin else (path,)), *words, *self.options()]
        with open(path if by_stdin else os.devnull, "rb") as words_in:
            piped = subprocess.Popen(["cat"], stdin=words_in, stdout=subprocess.PIPE)
            done = subprocess.run(self.inside(*command), stdin=piped.stdout, capture_output=True, check=False,
                                  timeout=60)
            piped.stdout.close()
            piped.wait()
        said = {}
        for line in done.stdout.decode().splitlines():
            key, _, value = line.partition(" ")
            said.setdefault(key, []).append(value)
        return done.returncode, said, done.stderr.decode()

    def killing(self, step):
        """What precedes a command so that it is killed, with its process group, at the given step:
        where a program of STEPS is to be run for the so-manieth time."""
        top = self.top / "steps"
        shutil.rmtree(top, ignore_errors=True)
        top.mkdir()
        for name in STEPS:
            path = top / name
            path.write_text(STEP.format(top=top, step=step))
            path.chmod(0o755)
        return ["setsid", "-w", "sh", "-c", f'PATH={top}:$PATH exec "$@"', "-"]

    def kept(self):
        """What a freeze is to leave as it was: each configuration, with mode and owner."""
        return {path: (path.read_bytes(), path.stat().st_mode, path.stat().st_uid)
                for top in (self.top / "conf", self.top / "var/lib", self.boot) for path in sorted(top.rglob("*")) if path.is_file()}

    def again(self):
        """Stops and starts it."""
        self.stop()
        self.start()
        until(f"{self.name} listens again", self.listens, 20)

    def delivered_here(self):
        text = self.mailbox.read_text(errors="replace") if self.mailbox.exists() else ""
        return re.findall(r"^Subject: (\S+)", text, re.M)


class Postfix(Frozen, mtas.Postfix):
    def start(self):
        self.prepare_recipe()
        super().start()
        conf = self.top / "conf"
        self.changed = conf / "master.cf"
        with open(conf / "master.cf", "a", encoding="ascii") as master:
            # an entry over several lines, and one that is a filter's; the last line has no end
            master.write("pickup unix n - n 60 1 pickup\nshowq unix n - n - - showq\n"
                         "virtual unix - n n - - virtual\n# of the admin's own\n"
                         "slow unix - - n\n\t- -\n# between\n\tsmtp\n  -o syslog_name=postfix/slow\n"
                         "filter unix - - n - - smtp -o smtp_send_xforward_command=yes")
        with open(conf / "routes", "a", encoding="ascii") as routes:
            routes.write(f"{HELD} slow:[{self.routes[REMOTE]}]\n")
        with open(conf / "main.cf", "a", encoding="ascii") as main:
            main.write(f"defer_transports = slow\ncontent_filter =\nqueue_run_delay = 1000s\n"
                       f"virtual_mailbox_domains = {LOCAL}\nvirtual_mailbox_base = {self.mailbox.parent}\n"
                       "virtual_mailbox_maps = static:mail\nvirtual_uid_maps = static:65534\n"
                       "virtual_gid_maps = static:65534\nvirtual_transport = virtual\n")
        self.net.on(self.host, "postfix", "-c", conf, "reload")

    def inside(self, *command):
        return self.net.command(self.host, *command)

    def options(self):
        return ["--config", self.top / "conf", *super().options()]

    def flush(self):
        subprocess.run(self.inside("postqueue", "-c", self.top / "conf", "-f"), check=True)

    def hold(self, sender):
        """Puts a queued message on hold, as an admin does."""
        listed = subprocess.run(self.inside("postqueue", "-c", self.top / "conf", "-p"), check=True,
                                capture_output=True).stdout.decode()
        queue_id = re.search(rf"^(\w+)[*!]? .* {re.escape(sender)}$", listed, re.M)[1]
        subprocess.run(self.inside("postsuper", "-c", self.top / "conf", "-h", queue_id), check=True,
                       capture_output=True)


class Exim(Frozen, mtas.Exim):
    """As Debian runs it: with the generated configuration, and set-user-ID, without which a daemon
    cannot start anew; in the /run of its mount namespace, where nobody else finds it."""

    PROGRAM = "/run/bin/exim4"
    COMMON = mtas.Exim.COMMON.replace("deliver_drop_privilege = true\n", """
# a name with a comment
domainlist local_domains = {local_domain}
""").replace("{unpacked}/usr/sbin/exim4", "/run/bin/exim4")
    CLIENT = mtas.Exim.CLIENT.replace("begin routers", """begin routers
here:
  driver = accept
  domains = +local_domains
  local_parts = bob
  transport = box
forwarded:
  driver = redirect
  domains = +local_domains
  data = bob@{remote_domain}
""").replace("begin transports", """begin transports
box:
  driver = appendfile
  file = {box}
  user = nobody
""")

    def start(self):
        self.prepare_recipe()
        self.changed = self.top / "var/lib/exim4/config.autogenerated"
        config = {"local_domain": LOCAL, "remote_domain": REMOTE, "box": self.mailbox}
        for name in ("COMMON", "CLIENT"):
            text = getattr(self, name)
            for key, value in config.items():
                text = text.replace("{" + key + "}", str(value))
            setattr(self, name, text)
        super().start()

    def run(self, log, *command):
        """The copies are made within the namespaces that it runs in."""
        bringing = f"mkdir /run/bin && cp {mtas.UNPACKED}/usr/sbin/exim4 /run/bin/ && chmod 4755 {self.PROGRAM}"
        self.changed.parent.mkdir()
        shutil.copy(self.top / "conf/exim.conf", self.changed)
        super().run(log, "sh", "-c", f"{bringing} && exec {self.PROGRAM} -bdf -q1m")

    def inside(self, *command):
        return super().inside("env", "PATH=/run/bin:/usr/bin:/bin", *command)

    def exim(self, *words):
        return subprocess.run(self.inside(self.PROGRAM, *words), check=False, capture_output=True,
                              timeout=30).stdout.decode()

    def flush(self):
        self.exim("-qff")

    def hold(self, sender):
        queue_id = re.search(rf"(\S+) <{re.escape(sender)}>", self.exim("-bp"))[1]
        self.exim("-Mf", queue_id)


class OpenSmtpd(Frozen, mtas.OpenSmtpd):
    """smtpctl insists on being set-group-ID."""

    def start(self):
        self.prepare_recipe()
        super().start()

    def run(self, log, *command):
        bringing = ("mkdir /run/bin && cp {0}/usr/sbin/smtpctl /run/bin/ && chgrp {1} /run/bin/smtpctl && "
                    "chmod 2755 /run/bin/smtpctl").format(mtas.UNPACKED, mtas.USERS["opensmtpq"])
        super().run(log, "sh", "-c", bringing + ' && exec "$@"', "sh", *command)

    def inside(self, *command):
        return super().inside("env", "PATH=/run/bin:/usr/bin:/bin", *command)

    def smtpctl(self, *words):
        return subprocess.run(self.inside("smtpctl", *words), check=True, capture_output=True,
                              timeout=30).stdout.decode()

    def flush(self):
        self.smtpctl("schedule", "all")

    def hold(self, sender):
        queue_id = re.search(rf"^(\w+)\|[^|]*\|[^|]*\|[^|]*\|{re.escape(sender)}\|", self.smtpctl("show", "queue"),
                             re.M)[1]
        self.smtpctl("pause", "envelope", queue_id)
