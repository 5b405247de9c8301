#!/usr/bin/env python3
"""Installs into an empty directory, and looks at what came there.

The judges: the shells, systemd's own tools where they are there, and the manual for the settings.

usage: test_install.py EGRESS25 SOURCE BUILD PREFIX      answers in TAP
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

program, source, build, prefix = sys.argv[1:]
FILES = {
    "bin/egress25": 0o755,
    "lib/systemd/system/egress25.service": 0o644,
    "lib/sysusers.d/egress25.conf": 0o644,
    "lib/tmpfiles.d/egress25.conf": 0o644,
    "share/bash-completion/completions/egress25.bash": 0o644,
    "share/doc/egress25/egress25.conf": 0o644,
    "share/doc/egress25/NEWS": 0o644,
    "share/egress25/mta/README": 0o644,
    "share/egress25/mta/exchange.ps1": 0o644,
    "share/egress25/mta/exim": 0o755,
    "share/egress25/mta/opensmtpd": 0o755,
    "share/egress25/mta/postfix": 0o755,
    "share/egress25/mta/qmail": 0o755,
    "share/egress25/mta/sendmail": 0o755,
    "share/fish/vendor_completions.d/egress25.fish": 0o644,
    "share/man/man1/egress25.1": 0o644,
    "share/man/man5/egress25-record.5": 0o644,
    "share/man/man5/egress25.conf.5": 0o644,
    "share/zsh/site-functions/_egress25": 0o644,
}


def run(*words, **more):
    return subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more)


def installed(root, name):
    return f"{root}{prefix}/{name}"


def all_files(root):
    """Each where it belongs, with its mode, and nothing else."""
    found = {}
    for directory, _, names in os.walk(root + prefix):
        for name in names:
            path = os.path.join(directory, name)
            found[os.path.relpath(path, root + prefix)] = os.stat(path).st_mode & 0o777
    wrong = [f"{name}: {found.get(name)} where {FILES.get(name)} belongs"
             for name in sorted({*found, *FILES}) if found.get(name) != FILES.get(name)]
    if os.stat(root + "/var/lib/egress25").st_mode & 0o777 != 0o750:
        wrong.append("/var/lib/egress25 is not 0750")
    return wrong


def version(root):
    said = run(installed(root, "bin/egress25"), "--version").stdout
    with open(f"{source}/meson.build", encoding="utf-8") as text:
        want = re.search(r"version: '([0-9.]+)'", text.read()).group(1)
    with open(f"{source}/docs/NEWS", encoding="utf-8") as text:
        newest = re.search(r"^egress25 ([0-9.]+)", text.read(), re.M).group(1)
    return [] if said == f"egress25 {want}\n" and newest == want else [said, want, newest]


def completions(root):
    wrong = []
    for shell, name in (("bash", "bash-completion/completions/egress25.bash"),
                        ("zsh", "zsh/site-functions/_egress25"),
                        ("fish", "fish/vendor_completions.d/egress25.fish")):
        path = installed(root, "share/" + name)
        if os.path.getsize(path) < 1000:
            wrong.append(f"{path} holds nothing")
        if shutil.which(shell):
            said = run(shell, "-n", path)
            wrong += [said.stdout] if said.returncode or said.stdout else []
    return wrong


def settings_of_manual():
    """Each as section.name; what stands before the first section has none."""
    names, section = set(), ""
    with open(f"{source}/docs/egress25.conf.5", encoding="utf-8") as page:
        for line in page:
            if line.startswith(".Ss Section "):
                section = line.split()[2] + "."
            elif found := re.match(r"\.It Cm ([a-z_]+) = ", line):
                names.add(section + found.group(1))
    return names


def sample(root):
    """As it is, and with all of it in force: no setting is missing or misspelt."""
    path = installed(root, "share/doc/egress25/egress25.conf")
    with open(path, encoding="utf-8") as text:
        lines = text.read().splitlines()
    in_force = [re.sub(r"^#(?=[a-z}\t])", "", line) for line in lines]
    names, section = set(), ""
    for line in in_force:
        if found := re.match(r"([a-z_]+) \{", line):
            section = found.group(1) + "."
        elif line == "}":
            section = ""
        elif found := re.match(r"\t?([a-z_]+) = ", line):
            names.add(section + found.group(1))
    wrong = [f"only in one of sample and manual: {name}" for name in names ^ settings_of_manual()]
    whole = f"{root}/whole.conf"
    with open(whole, "w", encoding="utf-8") as out:
        out.write("\n".join(in_force) + "\n")
    for each in (path, whole):
        said = run(program, "config", "--config", each)
        if said.returncode != 0 or "is in order" not in said.stdout:
            wrong.append(said.stdout)
    return wrong


def libraries(_):
    """The Debian package is built from what scripts/setup installs."""
    with open(f"{source}/scripts/setup", encoding="utf-8") as text:
        setup = re.search(r"^build=\((.*?)\)", text.read(), re.M | re.S).group(1)
    with open(f"{source}/scripts/debian/control", encoding="utf-8") as text:
        control = re.search(r"^Build-Depends:\n((?: .*\n)*)", text.read(), re.M).group(1)
    wanted, named = (set(re.findall(r"lib[a-z0-9.+-]+-dev", each)) for each in (setup, control))
    return [f"only in one of scripts/setup and scripts/debian/control: {name}" for name in wanted ^ named]


def unit(root):
    """systemd reads it without a word, and finds little that it could still take away."""
    path = installed(root, "lib/systemd/system/egress25.service")
    with open(path, encoding="utf-8") as text:
        lines = text.read()
    if f"ExecStart={prefix}/bin/egress25 watch\n" not in lines:
        return ["ExecStart is not what was installed"]
    here = f"{root}/egress25.service"
    with open(here, "w", encoding="utf-8") as out:
        out.write(lines.replace(f"{prefix}/bin/", f"{root}{prefix}/bin/"))
    wrong = []
    for words in (["verify", "--man=no", here], ["security", "--offline=true", "--no-pager", "--threshold=18", here]):
        said = run("systemd-analyze", *words)
        if said.returncode != 0 or (words[0] == "verify" and said.stdout):
            wrong.append(said.stdout)
    return wrong


def users(root):
    """The monitor's user, in both groups; by systemd's own reading of what was installed."""
    os.makedirs(root + "/etc", exist_ok=True)
    said = run("systemd-sysusers", "--root=" + root, installed(root, "lib/sysusers.d/egress25.conf"))
    wrong = [] if said.returncode == 0 else [said.stdout]
    with open(root + "/etc/group", encoding="utf-8") as groups:
        lines = dict(line.split(":", 1) for line in groups)
    with open(root + "/etc/passwd", encoding="utf-8") as accounts:
        account = next(line.split(":") for line in accounts if line.startswith("egress25:"))
    if account[3] != lines["egress25-admin"].split(":")[1] or not account[6].strip().endswith("nologin"):
        wrong.append(f"{account}")
    if not lines["egress25"].strip().endswith(":egress25"):
        wrong.append(lines["egress25"])
    return wrong


def main():
    tests = [("every file is in its place, and no other", all_files),
             ("the version is the project's, and the newest that NEWS tells of", version),
             ("the completions are read by their shells", completions),
             ("the Debian package is built with the libraries of scripts/setup", libraries),
             ("the sample configuration has every setting, and is accepted", sample)]
    if shutil.which("systemd-analyze"):
        tests.append(("systemd accepts the unit, and rates its exposure at 1.8 of 10 at most", unit))
    if shutil.which("systemd-sysusers") and os.getuid() == 0:
        tests.append(("systemd makes the user and the groups", users))
    print(f"1..{len(tests)}")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="egress25-install-") as root:
        os.chmod(root, 0o755)
        said = run("meson", "install", "--no-rebuild", "--quiet", "-C", build, env={**os.environ, "DESTDIR": root})
        if said.returncode != 0:
            print("Bail out!", said.stdout.replace("\n", " "))
            sys.exit(1)
        for number, (name, test) in enumerate(tests, 1):
            wrong = test(root)
            failed += bool(wrong)
            print(f"{'not ' if wrong else ''}ok {number} - {name}")
            for line in wrong:
                print("#", line.replace("\n", "\n# "))
    sys.exit(failed != 0)


main()
