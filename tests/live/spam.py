#!/usr/bin/env python3
"""A bot's engine and a server that takes whatever comes, for tests of resets.

usage: spam.py sink ADDRESS READY
       spam.py send ADDRESS CONNECTIONS PER_SECOND [BODY_BYTES [PAUSE]]

The sender prints what became of its connections: refused (before they were established), reset,
delivered, hung (nothing for 8 s), each as a number.  Bodies of BODY_BYTES go out in pieces, a PAUSE of
seconds between them.
"""
import asyncio
import collections
import json
import pathlib
import sys

PIECE = 8192
PATIENCE = 8


def refuse_listed(line):
    """What it says instead of 250, or None."""
    if b"<listed@" in line:
        return b"554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org"
    return None


async def serve(reader, writer, refuse=refuse_listed):
    async def say(text):
        writer.write(text + b"\r\n")
        await writer.drain()

    try:
        await say(b"220 sink.example.net ESMTP")
        while line := await reader.readline():
            verb = line[:4].upper()
            if refusal := refuse(line):
                await say(refusal)
            elif verb == b"DATA":
                await say(b"354 go ahead")
                while (line := await reader.readline()) and line != b".\r\n":
                    pass
                if line:
                    await say(b"250 2.0.0 taken")
            elif verb == b"QUIT":
                await say(b"221 bye")
                break
            else:
                await say(b"250 ok")
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def sink(address, ready):
    server = await asyncio.start_server(serve, address, 25, backlog=4096)
    pathlib.Path(ready).touch()
    async with server:
        await server.serve_forever()


async def dialogue(address, size, pause):
    """One message; the first character of the last reply, once it is at the point of it."""
    reader, writer = await asyncio.open_connection(address, 25)
    try:
        for said in (b"", b"EHLO pc-77\r\n", b"MAIL FROM:<a@example.org>\r\n", b"RCPT TO:<b@example.net>\r\n",
                     b"DATA\r\n"):
            writer.write(said)
            if not (await reader.readline()).startswith((b"2", b"3")):
                raise ConnectionResetError
        for _ in range(size // PIECE):
            writer.write(b"x" * (PIECE - 2) + b"\r\n")
            await writer.drain()
            await asyncio.sleep(pause)
        writer.write(b"Subject: buy\r\n\r\nnow\r\n.\r\n")
        if not (await reader.readline()).startswith(b"2"):
            raise ConnectionResetError
    finally:
        writer.close()


async def one(address, size, pause, counts):
    try:
        await asyncio.wait_for(dialogue(address, size, pause), PATIENCE + size // PIECE * pause)
        counts["delivered"] += 1
    except ConnectionRefusedError:
        counts["refused"] += 1
    except ConnectionError:
        counts["reset"] += 1
    except (asyncio.TimeoutError, TimeoutError):
        counts["hung"] += 1
    except OSError:  # no route yet, say
        counts["failed"] += 1


async def send(address, connections, per_second, size=0, pause=0.0):
    counts = collections.Counter(refused=0, reset=0, delivered=0, hung=0)
    tasks = []
    for _ in range(int(connections)):
        tasks.append(asyncio.create_task(one(address, int(size), float(pause), counts)))
        await asyncio.sleep(1 / float(per_second))
    await asyncio.gather(*tasks)
    print(json.dumps(counts))


if __name__ == "__main__":
    asyncio.run({"sink": sink, "send": send}[sys.argv[1]](*sys.argv[2:]))
