#!/usr/bin/env python3
"""Writes the corpus of fuzz_stream: segments in order, turned round, overlapping, cut, and hostile.

usage: make_stream_corpus.py DIRECTORY
"""
import pathlib
import random
import sys

TALK = [(0, b"220 mx.example.net ESMTP\r\n"), (1, b"EHLO pc.example.com\r\n"),
        (0, b"250-mx\r\n250 PIPELINING\r\n"), (1, b"MAIL FROM:<a@example.com>\r\n"), (0, b"250 ok\r\n"),
        (1, b"RCPT TO:<b@example.org>\r\n"), (0, b"250 ok\r\n"), (1, b"DATA\r\n"), (0, b"354 go\r\n"),
        (1, b"Subject: x\r\n\r\nbody\r\n.\r\n"), (0, b"554 5.7.1 Client host [203.0.113.9] blocked using "
                                                   b"zen.spamhaus.org\r\n"), (1, b"QUIT\r\n"),
        (0, b"221 bye\r\n")]


def talk(flow=0, flags=0):
    """The segments of a dialogue as fuzz_stream reads them."""
    place, out = [0, 0], []
    for client, text in TALK:
        at, ack = place[client], place[1 - client]
        out.append(bytes([flow | client << 2 | flags | 64, at // 16, (at & 15) | (ack & 15) << 4, ack // 16,
                          len(text), 1]) + text)
        place[client] += len(text)
    return out


def main():
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    draw = random.Random(25)
    rows = {"order": talk(), "ends": talk(0, 128), "fin": talk(0, 8), "cut": talk(0, 16), "no-ack": talk(0, 32),
            "backward": talk()[::-1], "client": [s for s in talk() if s[0] & 4],
            "server": [s for s in talk() if not s[0] & 4], "twice": [s for s in talk() for _ in (0, 1)]}
    for i in range(8):
        mixed = talk() + talk(1)
        draw.shuffle(mixed)
        rows[f"mixed-{i}"] = mixed
    for i in range(4):
        rows[f"lossy-{i}"] = [s for s in talk() if draw.random() < 0.7]
    for lead in (1, 5, 48):  # acknowledgements of what was never sent, and nothing waits long for it
        rows[f"lies-{lead}"] = [s[:2] + bytes([(s[2] & 15) | ((s[2] >> 4) + lead & 15) << 4, s[3] + lead // 16,
                                               s[4], 60]) + s[6:] for s in talk()]
    for name, segments in rows.items():
        (directory / name).write_bytes(b"\0" + b"".join(segments))
    for i in range(10):
        segments = [bytes([draw.randrange(40), draw.randrange(4), draw.randrange(256),
                           draw.choice((0, 0, 0, 64, 128))]) for _ in range(60)]
        (directory / f"side-{i}").write_bytes(b"\1" + b"".join(segments))


main()
