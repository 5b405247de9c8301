#!/usr/bin/env python3
"""Writes the corpus of fuzz_dns.c: tests/fuzz/make_dns_corpus.py DIRECTORY."""
import pathlib
import struct
import sys

A, NS, CNAME, MX, TXT, AAAA, OPT, ANY = 1, 2, 5, 15, 16, 28, 41, 255


def name(text):
    return b"".join(bytes([len(label)]) + label for label in text.encode().split(b".") if label) + b"\0"


def question(text, kind, klass=1):
    return name(text) + struct.pack(">HH", kind, klass)


def record(owner, kind, data, ttl=300, klass=1):
    owner = owner if isinstance(owner, bytes) else name(owner)
    return owner + struct.pack(">HHIH", kind, klass, ttl, len(data)) + data


def message(questions, answers=(), authority=(), additional=(), flags=0x8180, number=77):
    counts = [len(part) for part in (questions, answers, authority, additional)]
    return struct.pack(">HHHHHH", number, flags, *counts) + b"".join(
        part for section in (questions, answers, authority, additional) for part in section)


def query(text, kind, **more):
    return message([question(text, kind)], flags=0x0100, **more)


V4 = bytes([198, 51, 100, 1])
V6 = bytes([0x20, 1, 0xd, 0xb8] + 12 * [1])
EDNS = record("", OPT, b"", klass=4096)
EXCHANGE = struct.pack(">H", 10) + name("mx.example.net")
POINTER = b"\xc0\x0c"
mx = message([question("example.com", MX)], [record(POINTER, MX, EXCHANGE)],
             additional=[record("mx.example.net", A, V4), record("mx.example.net", AAAA, V6), EDNS])
a = message([question("mx.example.net", A)], [record(POINTER, A, V4)])
chain = message([question("a.example", A)], [
    record(POINTER, CNAME, name("b.example")), record("b.example", CNAME, name("c.example")),
    record("c.example", A, V4)])
big = message([question("big.example", ANY)], 70 * [record(POINTER, A, V4)])

messages = {
    "query_a": query("mail.example.com", A), "query_mx": query("example.com", MX),
    "query_edns": query("example.com", MX, additional=[EDNS]), "query_root": query("", NS),
    "answer_a": a, "answer_mx": mx, "answer_chain": chain, "answer_big": big,
    "answer_aaaa": message([question("six.example", AAAA)], [record(POINTER, AAAA, V6)]),
    "answer_mapped": message([question("six.example", AAAA)], [record(POINTER, AAAA, bytes(10) + b"\xff\xff" + V4)]),
    "answer_null_mx": message([question("example.com", MX)], [record(POINTER, MX, b"\0\0\0")]),
    "answer_nxdomain": message([question("no.example", A)], flags=0x8183),
    "answer_truncated": message([question("a.example", A)], [record(POINTER, A, V4)], flags=0x8380),
    "authority": message([question("a.example", A)], [], [record("example", NS, name("ns.example"))]),
    "pointer_self": message([POINTER + b"\0\1\0\1"]),
    "pointer_forward": message([b"\xc0\x20\0\1\0\1"]),
    "pointer_circle": message([b"\1a\xc0\x0c\0\1\0\1"]),
    "pointer_header": message([b"\xc0\x00\0\1\0\1"]),
    "pointer_chain": message([question("x.example", A)], [
        record("y", TXT, b"\xc0\x0c" + b"".join(struct.pack(">H", 0xc000 | (42 + 2 * i)) for i in range(130))),
        record(struct.pack(">H", 0xc000 | 300), A, V4)]),
    "label_64": message([b"\x40" + 64 * b"a" + b"\0\0\1\0\1"]),
    "label_long": message([4 * (b"\x3f" + 63 * b"a") + b"\0\0\1\0\1"]),
    "label_bytes": query("\x01\x7f\xe9.\\.\u202e.\u4e2d.example", A),
    "label_dot": message([b"\3a.b\0\0\1\0\1"], flags=0x0100),
    "count_lies": message([question("a.example", A)], [record(POINTER, A, V4)])[:6] + b"\xff\xff" +
                  message([question("a.example", A)], [record(POINTER, A, V4)])[8:],
    "two_questions": message([question("a.example", A), question("b.example", A)]),
    "chaos": message([question("version.bind", TXT, 3)], flags=0x0100),
    "update": message([question("example.com", 6)], flags=0x2800),
    "rdlength_lies": a[:-6] + b"\xff\xff" + V4,
    "mx_rdlength": message([question("a.example", MX)], [record(POINTER, MX, b"\0\1\5ab")]),
    "dnsbl_4": query("9.113.0.203.zen.spamhaus.org", A),
    "dnsbl_6": query(".".join("b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2".split(".")) + ".zen.spamhaus.org", A),
    "dnsbl_key": query("9.113.0.203.key.zen.dq.spamhaus.net", TXT),
    "http": b"GET / HTTP/1.1\r\nHost: example.com\r\n\r\n",
}

TCP, ANSWER, OTHER, FLAG, LATE, CUT, ONE_SIDED, BACK = (1 << i for i in range(8))


def packet(what, data, seq=0):
    return struct.pack(">BHH", what, len(data), seq & 0xffff) + data


def framed(data):
    return struct.pack(">H", len(data)) + data


def pieces(what, data, seq, n):
    return b"".join(packet(what, data[i:i + n], seq + i) for i in range(0, len(data), n))


OPEN = packet(TCP | FLAG, b"", 99) + packet(TCP | ANSWER | FLAG, b"", 199)
tq, ta = framed(query("mx.example.net", A)), framed(a)
plays = {
    "udp": packet(0, query("mx.example.net", A)) + packet(ANSWER, a),
    "udp_mx": packet(0, query("example.com", MX)) + packet(ANSWER, mx),
    "udp_chain": packet(0, query("a.example", A)) + packet(ANSWER, chain),
    "udp_unasked": packet(ANSWER, a), "udp_one_sided": packet(ANSWER | ONE_SIDED, mx),
    "udp_late": packet(0, query("mx.example.net", A)) + packet(ANSWER | LATE, a),
    "udp_back": packet(0, query("mx.example.net", A)) + packet(ANSWER | BACK, a),
    "udp_cut": packet(0, query("example.com", MX)) + packet(ANSWER | CUT, mx),
    "udp_dnsbl": packet(OTHER, messages["dnsbl_4"]) + packet(0, messages["dnsbl_key"]),
    "tcp": OPEN + packet(TCP, tq, 100) + packet(TCP | ANSWER, ta, 200),
    "tcp_pieces": OPEN + pieces(TCP, tq, 100, 7) + pieces(TCP | ANSWER, ta, 200, 11),
    "tcp_twice": OPEN + pieces(TCP, tq, 100, 9) + packet(TCP, tq, 100) + packet(TCP, tq[5:], 105),
    "tcp_hole": OPEN + packet(TCP, tq[:9], 100) + packet(TCP, tq[12:], 112) + packet(TCP, tq, 100 + len(tq)),
    "tcp_middle": packet(TCP, tq[4:], 1) + packet(TCP, tq, 100) + packet(TCP | ANSWER, ta, 200),
    "tcp_cut": OPEN + packet(TCP | CUT, tq, 100) + packet(TCP, tq, 100 + len(tq)),
    "tcp_fin": OPEN + packet(TCP | FLAG | LATE, tq, 100) + packet(TCP, tq, 100),
    "tcp_empty": OPEN + packet(TCP, 8 * b"\0\0" + tq, 100),
}


def main():
    directory = pathlib.Path(sys.argv[1])
    for key, data in messages.items():
        (directory / key).write_bytes(b"\0\0\0" + data)
    (directory / "cut_on_wire").write_bytes(b"\0\0\x40" + mx[:60])
    for key, data in plays.items():
        (directory / ("play_" + key)).write_bytes(b"\1" + data)


main()
