#!/usr/bin/env python3
"""Memory that is refused: TAP, one test a command.

usage: test_memory.py EGRESS25 STARVE CAPTURE [--all]

Each command is run again and again, the first, second, third... of its allocations failing (starve.c),
alone and with all that come after it.  It may end well, and must then say word for word what it says
with memory enough; else it must end with status 3, or 2 for a wrong configuration, and one line that
says why.  It must not end by a signal, nor hang, and under AddressSanitizer nothing may be left behind.

Without --all a few runs a command are spread over its allocations, for the suite; with it there
is one run for each allocation, which takes half an hour under AddressSanitizer.
"""
import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

SHORT = 3
FAILED = 3
# A sanitizer's words that are no finding: a run that fails by the shim is one of many.
FINDING = re.compile(r"ERROR: (Address|Leak)Sanitizer|runtime error|Sanitizer:")


class Failed(Exception):
    pass


def says_why(errors):
    return any(line.startswith("egress25: ") for line in errors.splitlines())


class Starved:
    def __init__(self, arguments, directory):
        self.program, self.starve, self.capture = arguments.program, arguments.starve, arguments.capture
        self.all = arguments.all
        self.directory = directory
        self.config = directory / "egress25.conf"
        self.config.write_text('internal = {"10.0.0.0/8", "fd00::/8"}\nmail_servers = {"10.0.0.25"}\n'
                               'also_watch = {587}\nnever_reset = {"10.0.0.1"}\nsensor = "starved"\n'
                               'allow { source = 10.0.9.9\n destination = 203.0.113.7\n note = "printer" }\n'
                               'retention { age = 30d }\n')
        self.record = directory / "record.db"
        suppressions = directory / "lsan"
        suppressions.write_text("leak:_nl_normalize_codeset\n")  # setlocale()'s own
        self.environment = {"PATH": os.environ["PATH"], "LD_PRELOAD": str(self.starve), "TZ": ":Europe/Berlin",
                            "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=1:abort_on_error=0:exitcode=99:"
                                            "allocator_may_return_null=1",
                            "LSAN_OPTIONS": f"suppressions={suppressions}:print_suppressions=0",
                            "UBSAN_OPTIONS": "halt_on_error=1:exitcode=98"}

    def run(self, command, at=0, on=False, count=None, directory=None):
        environment = dict(self.environment)
        if at:
            # Without any memory a leak's origin could not be told.
            environment["ASAN_OPTIONS"] += f":detect_leaks={int(not on)}"
            environment |= {"STARVE_AT": str(at), "STARVE_ON": "1" if on else "0"}
        if count:
            environment["STARVE_COUNT"] = str(count)
        words = [str(word).replace("@", str(directory or self.directory)) for word in command]
        try:
            return subprocess.run([self.program, *words], env=environment, capture_output=True, timeout=60,
                                  check=False, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"{' '.join(words)}: allocation {at}: hangs") from late

    def count(self, command):
        """What it says with memory enough, and by how many allocations."""
        place = self.directory / "count"
        done = self.run(command, count=place, directory=self.fresh())
        if done.returncode not in (0, 2):
            raise Failed(f"{command}: ends with {done.returncode}: {done.stderr.decode()}")
        return done, struct.unpack("=q", place.read_bytes())[0]

    def fresh(self):
        """A directory for one run, with the record that a command may write."""
        return pathlib.Path(tempfile.mkdtemp(dir=self.directory))

    def judge(self, command, whole, at, on):
        directory = self.fresh()
        done = self.run(command, at, on, directory=directory)
        shutil.rmtree(directory)
        errors = done.stderr.decode(errors="replace")
        where = f"allocation {at}{' and all behind it' if on else ''}"
        if FINDING.search(errors):
            raise Failed(f"{where}: {errors[:3000]}")
        if done.returncode == whole.returncode:
            if done.stdout != whole.stdout or (whole.returncode and not says_why(errors)):
                raise Failed(f"{where}: ends with {done.returncode} and says something else: "
                             f"{done.stdout.decode(errors='replace')[-1500:]} {errors}")
        elif done.returncode != FAILED:
            raise Failed(f"{where}: ends with {done.returncode}: {errors}")
        elif not says_why(errors):
            raise Failed(f"{where}: ends with 3 and does not say why: {errors}")
        return done.returncode == FAILED

    def places(self, allocations):
        step = 1 if self.all else max(1, allocations // SHORT)
        for at in range(1, allocations + 1, step):
            yield at, bool((at // step) % 2) if not self.all else False
            if self.all:
                yield at, True

    def command(self, *command):
        whole, allocations = self.count(command)
        failures, refused = [], 0
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            jobs = [pool.submit(self.judge, command, whole, *place) for place in self.places(allocations)]
            for job in jobs:
                try:
                    refused += job.result()
                except Failed as failure:
                    failures.append(str(failure))
        print(f"# {command[0]}: {allocations} allocations, {len(jobs)} runs, {refused} refused")
        if failures:
            raise Failed(f"{len(failures)} runs: " + "\n".join(failures[:int(os.environ.get('SHOW', '3'))]))
        if refused == 0:
            raise Failed("no run lacked memory, so this shows nothing")

    def tests(self):
        common = ("--config", self.config)
        query = (*common, "--record", self.record)
        yield "read", lambda: self.command("read", *common, "--format", "json", self.capture)
        yield "read as a table", lambda: self.command("read", *common, self.capture)
        yield "read into a record", lambda: self.command("read", *common, "--record", "@/r.db", self.capture)
        yield "config", lambda: self.command("config", *common)
        yield "config explain", lambda: self.command("config", *common, "explain", "10.0.3.77", "203.0.113.7")
        broken = self.directory / "broken.conf"
        broken.write_text('mail_servers = {"10.0.0.25"}\nallow { source = 10.0.0.300 }\n')
        yield "config with a mistake", lambda: self.command("config", "--config", broken)
        self.run(("read", *query, self.capture))
        for words in (("offenders", "--all"), ("offenders", "--all", "--format", "csv"), ("host", "10.0.3.77"),
                      ("connections", "--all", "--format", "json"), ("status", "--format", "json"),
                      ("rules", "nftables", "--mail-server", "10.0.0.25"), ("incident", "list")):
            yield " ".join(words), lambda words=words: self.command(words[0], *query, *words[1:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("starve")
    parser.add_argument("capture")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only")
    arguments = parser.parse_args()
    number = failed = 0
    with tempfile.TemporaryDirectory(prefix="egress25-memory-") as name:
        for what, test in Starved(arguments, pathlib.Path(name)).tests():
            if arguments.only and not what.startswith(arguments.only):
                continue
            number += 1
            try:
                test()
                print(f"ok {number} - {what} without memory", flush=True)
            except Failed as failure:
                failed += 1
                print("\n".join("# " + line for line in str(failure).splitlines()))
                print(f"not ok {number} - {what} without memory", flush=True)
    print(f"1..{number}")
    return 1 if failed else 0


sys.exit(main())
