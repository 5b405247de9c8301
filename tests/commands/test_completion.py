#!/usr/bin/env python3
"""Completes command lines by the shells themselves, at a terminal of their own.

The judges are the program's own help, which says what there is, and its refusals, which say what has
no meaning.  zsh and fish are asked where they are installed; bash is everywhere.

usage: test_completion.py EGRESS25      answers in TAP
"""
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

program = sys.argv[1]
# What was typed before TAB, and the words that the command then gets.  "a file.pcap" and "lo" are there.
LINES = [
    ("off", ["offenders"]),
    ("read --form", ["read", "--format"]),
    ("read --format j", ["read", "--format", "json"]),
    ("incident --format h", ["incident", "--format", "html"]),
    ("read --mail-server 10.0.0.25 a", ["read", "--mail-server", "10.0.0.25", "a file.pcap"]),
    ("read --record a", ["read", "--record", "a file.pcap"]),
    ("watch -i l", ["watch", "-i", "lo"]),
    ("watch --reset d", ["watch", "--reset", "dry-run"]),
    ("incident rep", ["incident", "report"]),
    ("incident --res", ["incident", "--reset"]),
    ("rules cisco-a", ["rules", "cisco-asa"]),
    ("rules nftables --part ver", ["rules", "nftables", "--part", "verify"]),
    ("freeze --mta pos", ["freeze", "--mta", "postfix"]),
    ("config ex", ["config", "explain"]),
    ("help conn", ["help", "connections"]),
    # nothing of the kind: it stays as it is
    ("status --again", ["status", "--again"]),
    ("host a", ["host", "a"]),
]
EQUALS = ("read --format=j", ["read", "--format=json"])


def run(*words, **more):
    return subprocess.run([program, *words], capture_output=True, text=True, **more)


def commands():
    return re.findall(r"^  ([a-z]+) ", run("--help").stdout, re.M)


def options_of_help(command):
    lines = re.findall(r"^  (?:-|    --).*", run(command, "--help").stdout, re.M)
    return set(re.findall(r"--[a-z-]+", " ".join(lines)))


def refused(command, options):
    """What the program says of all of them at once.  It runs nothing: the last one is refused."""
    words = [word for option in sorted(options - {"--help", "--version"})
             for word in (option, "json" if option == "--format" else "x")]
    said = run(command, *words, "--nonsense").stderr
    return "" if "unknown option --nonsense" in said else said


class Terminal:
    """A shell at a terminal, in which egress25 prints the words that it gets."""

    def __init__(self, argv, directory, prepare):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(directory)
            os.execvpe(argv[0], argv, {"PATH": os.environ["PATH"], "HOME": directory, "TERM": "vt100",
                                       "INPUTRC": "/dev/null", "PS1": "$ ", "LC_ALL": "C.UTF-8"})
        self.send(prepare + "\necho begun\n")
        self.read_until("\nbegun")

    def send(self, text):
        os.write(self.fd, text.encode())

    def read_until(self, end):
        seen, deadline = "", time.monotonic() + 20
        while end not in re.sub(r"\r|\x1b\[[?0-9;]*[a-zA-Z]", "", seen):
            if not select.select([self.fd], [], [], max(0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"no {end!r} in {seen!r}")
            seen += os.read(self.fd, 65536).decode(errors="replace")
        return seen

    def words(self, typed):
        self.send(f"egress25 {typed}\t")
        time.sleep(0.05)  # what comes behind TAB at once is taken for pasted text
        self.send("\n")
        return re.findall(r"<([^<>]*)>", re.search(r"words(<.*>)end", self.read_until(">end")).group(1))

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


SHOW = "egress25() { printf 'words'; printf '<%s>' \"$@\"; echo end; }"


def wrong_lines(complete, lines):
    return [f"{typed!r}: {got}" for typed, want in lines if (got := complete(typed)) != want]


def bash_terminal(directory):
    shell = Terminal(["bash", "--norc", "--noprofile", "-i"], directory,
                     f"set +o history; bind 'set bell-style none'; {SHOW}; . ./completion.bash")
    try:
        return wrong_lines(shell.words, LINES + [EQUALS])
    finally:
        shell.close()


def zsh_terminal(directory):
    shell = Terminal(["zsh", "-f", "-i"], directory,
                     f"unsetopt prompt_sp beep; bindkey -e; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; {SHOW}")
    try:
        return wrong_lines(shell.words, LINES + [EQUALS])
    finally:
        shell.close()


def fish_lines(directory):
    script = "source completion.fish\n" + "".join(
        f"echo begin; complete -C 'egress25 {typed}'\n" for typed, _ in LINES)
    said = subprocess.run(["fish", "--no-config", "-c", script], cwd=directory, capture_output=True, text=True)
    answers = said.stdout.split("begin\n")[1:]
    wrong = [said.stderr] if said.stderr else []
    for (typed, want), answer in zip(LINES, answers):
        got = [line.split("\t")[0] for line in answer.splitlines()]
        kept = want[-1] == typed.split()[-1]  # nothing to complete
        if got != ([] if kept else [want[-1]]):
            wrong.append(f"{typed!r}: {got}")
    return wrong


def every_command_and_option(directory):
    """One bash for all: each command's options, and the commands."""
    script = SHOW + "\n. ./completion.bash\n"
    for command in ["", *commands()]:
        words = f"egress25 {command} --" if command else "egress25 ''"
        script += f"COMP_WORDS=({words}) COMP_CWORD={2 if command else 1}; _egress25; echo {command}: ${{COMPREPLY[*]}}\n"
    said = subprocess.run(["bash", "-euc", script], cwd=directory, capture_output=True, text=True)
    offered = dict(line.split(": ", 1) for line in said.stdout.splitlines())
    wrong = [said.stderr] if said.stderr else []
    if set(offered[""].split()) != {*commands(), "help", "--help", "--version"}:
        wrong.append(f"commands: {offered['']}")
    for command in commands():
        options = set(offered[command].split())
        missing = options_of_help(command) - options
        without = refused(command, options)
        if missing or without or len(options) < 5:
            wrong.append(f"{command}: missing {missing}; {without}")
    return wrong


def other_shells_are_refused(_):
    said = run("completion", "csh")
    return [] if said.returncode == 2 and said.stdout == "" and "expected bash, zsh or fish" in said.stderr \
        else [said.stderr]


def help_is_told(_):
    said = run("completion", "--help")
    return [] if said.returncode == 0 and said.stdout.startswith("usage: egress25 completion") \
        and said.stderr == "" else [said.stderr]


def main():
    tests = [("every command and option is completed, and nothing else", every_command_and_option),
             ("bash completes at a terminal", bash_terminal),
             ("completion for an unknown shell is refused", other_shells_are_refused),
             ("completion tells its own help", help_is_told)]
    if shutil.which("zsh"):
        tests.append(("zsh completes at a terminal", zsh_terminal))
    if shutil.which("fish"):
        tests.append(("fish completes", fish_lines))
    print(f"1..{len(tests)}")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="egress25-completion-") as directory:
        for name, shell in (("completion.bash", "bash"), ("_egress25", "zsh"), ("completion.fish", "fish")):
            with open(f"{directory}/{name}", "w", encoding="utf-8") as out:
                out.write(run("completion", shell, check=True).stdout)
        open(f"{directory}/a file.pcap", "w", encoding="utf-8").close()
        for number, (name, test) in enumerate(tests, 1):
            wrong = test(directory)
            failed += bool(wrong)
            print(f"{'not ' if wrong else ''}ok {number} - {name}")
            for line in wrong:
                print("#", line)
    sys.exit(failed != 0)


main()
