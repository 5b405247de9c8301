#!/usr/bin/env python3
"""What an ordinary network says all day, for test_mixed.py.

usage: traffic.py serve READY ADDRESS:PORT...
       traffic.py visit SECONDS PER_SECOND SOURCE TARGET:PORT

Visitors hold dialogues in the manner of SMTP, of all kinds: short ones, several messages in one, long
bodies, silences, ends without QUIT, half-closed ones.  They print what became of them, each as a number:
whole, refused, reset, hung (nothing for 20 s), failed; and how many messages were taken.
"""
import asyncio
import collections
import json
import pathlib
import random
import sys

import spam

PATIENCE = 20


def refuse_some(line):
    if line[:4].upper() == b"RCPT" and random.random() < 0.1:
        return b"550 5.1.1 no such user"
    return None


async def serve_one(reader, writer):
    await spam.serve(reader, writer, refuse_some)


def split(text):
    address, port = text.rsplit(":", 1)
    return address, int(port)


async def serve(ready, *places):
    servers = [await asyncio.start_server(serve_one, *split(place), backlog=4096) for place in places]
    pathlib.Path(ready).touch()
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def ask(reader, writer, text):
    writer.write(text + b"\r\n")
    reply = await reader.readline()
    if not reply:
        raise ConnectionResetError
    return reply


async def message(reader, writer, counts):
    await ask(reader, writer, b"MAIL FROM:<a@example.org>")
    if (await ask(reader, writer, b"RCPT TO:<b@example.net>")).startswith(b"5"):
        await ask(reader, writer, b"RSET")
        return
    await ask(reader, writer, b"DATA")
    for _ in range(random.choice((0, 1, 3, 40))):
        writer.write(b"x" * 8190 + b"\r\n")
        await writer.drain()
    counts["messages"] += (await ask(reader, writer, b".")).startswith(b"2")


async def visit_once(source, target, counts):
    reader, writer = await asyncio.open_connection(*target, local_addr=(source, 0))
    try:
        if not await reader.readline():
            raise ConnectionResetError
        await ask(reader, writer, b"EHLO host")
        if random.random() < 0.1:
            await asyncio.sleep(random.random() * 8)
        for _ in range(random.choice((0, 1, 1, 1, 4))):
            await message(reader, writer, counts)
        end = random.random()
        if end < 0.7:
            await ask(reader, writer, b"QUIT")
        elif end < 0.85:
            writer.write_eof()
            await reader.read()
    finally:
        writer.close()


async def visit_and_count(source, target, counts):
    try:
        await asyncio.wait_for(visit_once(source, target, counts), PATIENCE + 10)
        counts["whole"] += 1
    except ConnectionRefusedError:
        counts["refused"] += 1
    except ConnectionError:
        counts["reset"] += 1
    except (asyncio.TimeoutError, TimeoutError):
        counts["hung"] += 1
    except OSError:
        counts["failed"] += 1


async def visit(seconds, per_second, source, target):
    counts = collections.Counter(whole=0, refused=0, reset=0, hung=0, failed=0, messages=0)
    loop, tasks = asyncio.get_running_loop(), set()
    end = loop.time() + float(seconds)
    while loop.time() < end:
        task = asyncio.create_task(visit_and_count(source, split(target), counts))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        await asyncio.sleep(random.expovariate(float(per_second)))
    await asyncio.gather(*tasks)
    print(json.dumps(counts))


asyncio.run({"serve": serve, "visit": visit}[sys.argv[1]](*sys.argv[2:]))
