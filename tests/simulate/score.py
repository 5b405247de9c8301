#!/usr/bin/env python3
"""Measures the verdict on simulated populations: confusion, precision, recall, and the bars.

usage: score.py [--simulate PROGRAM] [--egress25 PROGRAM] [MEASURE...]

Measures (all of them unless named; each ends in bars that hold or do not):

    full      drawn populations, dialogue visible: precision >= 0.97, recall >= 0.96
    blocked   the same behind a block, only SYN and DNS: accuracy >= 0.92
    burst     bots that burst, cut after N distinct servers: called by the sixth (share >= 0.96)
    month     every honest kind over 30 days: no device is called a bot

A host is judged at the end of its capture; `bot` alone counts as yes.  Left out: the mail server,
kinds of class other and quiet, bots with fewer than 6 attempts, hosts without any.
Exit status 1 where a bar is missed, 2 where nothing could be measured.  With --tap each bar is a test,
of the release build that EGRESS25_RELEASE names, where it does: with sanitizers it takes four times as long.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile

VERDICTS = ("bot", "device", "sender", "unclear", "none", "unseen")
LEAST = 6
tap = False
bars = 0


class Broken(Exception):
    pass


def simulate(o, path, *options):
    labels = f"{path}.json"
    r = subprocess.run([o.simulate, "--out", path, "--labels", labels, *map(str, options)],
                       capture_output=True, text=True)
    if r.returncode:
        raise Broken(f"simulate {' '.join(map(str, options))}: {r.stderr.strip()}")
    return json.loads(pathlib.Path(labels).read_text(encoding="ascii"))


def read(o, path, labels):
    """The verdict egress25 gives each address: address -> offender."""
    command = [o.egress25, "read", "--format", "json"]
    for x in labels:
        if x["class"] == "mailserver":
            command += ["--mail-server", x["address"]]
    r = subprocess.run([*command, path], capture_output=True, text=True)
    if r.returncode:
        raise Broken(f"{' '.join(command)}: status {r.returncode}: {r.stderr.strip()[-300:]}")
    answer = json.loads(r.stdout)
    if isinstance(answer, dict):
        answer = answer.get("offenders", [])
    return {x["address"]: x for x in answer}


def measure(o, name, *options):
    """One capture: yields a row for each host that has a label."""
    with tempfile.TemporaryDirectory(prefix="score-", dir=o.directory) as directory:
        path = os.path.join(directory, "capture.pcap")
        labels = simulate(o, path, *options)
        seen = read(o, path, labels)
    rows = []
    for label in labels:
        offender = seen.get(label["address"])
        verdict = "unseen" if offender is None else offender.get("verdict") or "none"
        rows.append({**label, "verdict": verdict, "capture": name,
                     "score": offender and offender.get("score"),
                     "seen": offender and offender.get("attempts"),
                     "reasons": offender and offender.get("reasons")})
    return rows


def counted(row):
    if row["class"] not in ("bot", "device", "sender") or not row["attempts"]:
        return False
    return row["class"] != "bot" or row["attempts"] >= LEAST


def gather(o, jobs):
    """Runs (name, options...) jobs; all rows in the order of the jobs."""
    with concurrent.futures.ThreadPoolExecutor(o.jobs) as pool:
        return [row for rows in pool.map(lambda job: measure(o, *job), jobs) for row in rows]


def say(text):
    print(f"# {text}" if tap else text, flush=True)


def ratio(a, b):
    return a / b if b else 1.0


def confusion(rows):
    table = collections.Counter((r["class"], r["verdict"]) for r in rows)
    say(f"    {'':8}" + "".join(f"{v:>9}" for v in VERDICTS))
    for c in ("bot", "sender", "device"):
        say(f"    {c:8}" + "".join(f"{table[c, v]:>9}" for v in VERDICTS))


def kinds(o, rows):
    groups = collections.defaultdict(list)
    for r in rows:
        groups[r["class"], r["kind"]].append(r["verdict"])
    for (c, kind), verdicts in sorted(groups.items()):
        n = collections.Counter(verdicts)
        right = n["bot"] if c == "bot" else len(verdicts) - n["bot"]
        rest = ", ".join(f"{k} {v}" for k, v in n.most_common())
        say(f"    {c:7} {kind:12} {right:4} of {len(verdicts):4} right   {rest}")
    for r in rows:
        if o.verbose and (r["verdict"] == "bot") != (r["class"] == "bot"):
            say(f"    wrong: {r['capture']} {r['address']} {r['kind']}: {r['verdict']} {r['score']} "
                f"({r['attempts']} attempts, {r['servers']} servers) {r['reasons']}")


def figures(rows):
    yes = [r for r in rows if r["verdict"] == "bot"]
    right = sum(r["class"] == "bot" for r in yes)
    bots = sum(r["class"] == "bot" for r in rows)
    good = right + sum(r["class"] != "bot" and r["verdict"] != "bot" for r in rows)
    return {"precision": ratio(right, len(yes)), "recall": ratio(right, bots), "accuracy": ratio(good, len(rows))}


def bar(missed, name, value, least):
    global bars
    ok = value >= least
    bars += 1
    if tap:
        print(f"{'ok' if ok else 'not ok'} {bars} - {name} {value:.4f}, wanted {least:.4f}", flush=True)
    else:
        say(f"  {'holds ' if ok else 'MISSED'}  {name} {value:.4f}, wanted {least:.4f}")
    if not ok:
        missed.append(name)


def check_counts(rows, missed):
    """The verdict is worth nothing where what it rests on is miscounted."""
    wrong = [r for r in rows if r["verdict"] != "unseen" and r["seen"] != r["attempts"]]
    for r in wrong[:5]:
        say(f"    counts: {r['capture']} {r['address']} {r['kind']}: {r['seen']} attempts, really {r['attempts']}")
    bar(missed, "hosts whose attempts are counted rightly", ratio(len(rows) - len(wrong), len(rows)), 1.0)


def population(o, view, missed):
    views = ("yes", "no", "resolver") if o.dns == "mixed" else (o.dns,)
    jobs = [(f"seed {s}", "--seed", s, "--days", o.days, "--view", view, "--dns", views[s % len(views)],
             "--hosts", o.hosts) for s in o.seeds]
    rows = [r for r in gather(o, jobs) if counted(r)]
    say(f"{view}: {len(o.seeds)} captures of {o.days} days, {len(rows)} hosts, DNS {o.dns}")
    confusion(rows)
    kinds(o, rows)
    f = figures(rows)
    say("    " + ", ".join(f"{k} {v:.4f}" for k, v in f.items()))
    if view == "full":
        visible = figures([r for r in rows if r["kind"] != "blockedbot"])
        say(f"    without bots behind a block of their own: recall {visible['recall']:.4f}")
        bar(missed, "full: precision", f["precision"], 0.97)
        bar(missed, "full: recall", f["recall"], 0.96)
    else:
        bar(missed, "blocked: accuracy", f["accuracy"], 0.92)
    check_counts(rows, missed)
    return rows


def burst(o, missed):
    chosen = o.burst_seeds or o.seeds
    say(f"burst: {len(chosen)} captures, 10 bots each, cut after N distinct servers")
    all_rows = []
    for n in sorted({*o.cuts, LEAST}):
        jobs = [(f"seed {s}", "--seed", s, "--days", 1, "--only", "burst", "--hosts", 10, "--observations", n,
                 "--dns", "no" if s % 2 else "yes") for s in chosen]
        rows = [r for r in gather(o, jobs) if r["class"] == "bot" and r["servers"] >= n]
        if not rows:
            raise Broken(f"burst: no bot of {n} servers")
        called = ratio(sum(r["verdict"] == "bot" for r in rows), len(rows))
        say(f"    {n} servers: {called:.4f} of {len(rows)} called a bot")
        if n == LEAST:
            bar(missed, "burst: called by the sixth observation", called, 0.96)
        all_rows += rows
    return all_rows


def month(o, missed):
    honest = [line.split(",")[0] for line in subprocess.run(
        [o.simulate, "--list-kinds"], check=True, capture_output=True, text=True).stdout.splitlines()
        if line.split(",")[1] in ("device", "sender", "mailserver")]
    jobs = [(f"seed {s}", "--seed", s, "--days", 30, "--view", o.month_view, "--dns", ("yes", "no", "resolver")[s % 3],
             "--kinds", ",".join(honest)) for s in o.month_seeds]
    rows = [r for r in gather(o, jobs) if counted(r)]
    say(f"month: {len(o.month_seeds)} captures of 30 days, {len(rows)} honest hosts")
    confusion(rows)
    kinds(o, rows)
    devices = [r for r in rows if r["class"] == "device"]
    false = sum(r["verdict"] == "bot" for r in devices)
    bar(missed, "month: devices not called bots", ratio(len(devices) - false, len(devices)), 1.0)
    return rows


def seeds(text):
    first, _, last = text.partition("..")
    return list(range(int(first), int(last or first) + 1))


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("measures", nargs="*", metavar="MEASURE")
    p.add_argument("--simulate", default="build/tests/simulate/simulate")
    p.add_argument("--egress25", default="build/src/commands/egress25")
    p.add_argument("--seeds", type=seeds, default=seeds("1..20"), metavar="A..B")
    p.add_argument("--burst-seeds", type=seeds, metavar="A..B", help="as --seeds unless given")
    p.add_argument("--cuts", type=seeds, default=seeds("1..8"), metavar="A..B", help="of burst; 6 always")
    p.add_argument("--month-seeds", type=seeds, default=seeds("1..6"), metavar="A..B")
    p.add_argument("--month-view", default="full", choices=("full", "blocked"))
    p.add_argument("--days", default="2")
    p.add_argument("--hosts", default="25")
    p.add_argument("--dns", default="mixed", choices=("yes", "no", "resolver", "mixed"))
    p.add_argument("--jobs", type=int, default=os.cpu_count())
    p.add_argument("--directory", help="where captures stand while they are read")
    p.add_argument("--tap", action="store_true")
    p.add_argument("--rows", help="writes every host with its verdict to this JSON file")
    p.add_argument("--verbose", action="store_true", help="names each host that is judged wrongly")
    o = p.parse_args()
    if o.tap:
        o.egress25 = os.environ.get("EGRESS25_RELEASE", o.egress25)
    return o


def main():
    global tap
    o = arguments()
    tap = o.tap
    missed, rows = [], []
    measures = {"full": lambda: population(o, "full", missed), "blocked": lambda: population(o, "blocked", missed),
                "burst": lambda: burst(o, missed), "month": lambda: month(o, missed)}
    try:
        for name in o.measures or measures:
            if name not in measures:
                raise Broken(f"no such measure: {name}")
            rows += [{**r, "measure": name} for r in measures[name]()]
    except (Broken, OSError, json.JSONDecodeError) as e:
        print(f"score.py: {e}", file=sys.stderr)
        sys.exit(2)
    if o.rows:
        pathlib.Path(o.rows).write_text(json.dumps(rows, indent=1), encoding="utf-8")
    judged = sum(r["verdict"] not in ("none", "unseen") for r in rows)
    if judged == 0:
        say("NOT JUDGED: no offender has a verdict; this egress25 does not judge yet")
    elif judged < len(rows):
        say(f"{len(rows) - judged} of {len(rows)} hosts have no verdict (none), or are no offenders (unseen)")
    if tap:
        print(f"1..{bars}")
    say("bars missed: " + ("; ".join(missed) or "none"))
    sys.exit(1 if missed or not rows else 0)


main()
