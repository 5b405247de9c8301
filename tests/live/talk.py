#!/usr/bin/env python3
"""Conversations that have nothing to do with mail.

usage: talk.py serve ADDRESS PORT READY
       talk.py talk ADDRESS PORT BYTES       connection after connection, each with so many bytes

The server answers each piece with a byte.
"""
import contextlib
import pathlib
import socket
import sys
import threading
import time


def answer(connection):
    with connection, contextlib.suppress(OSError):
        while connection.recv(1 << 20):
            connection.send(b".")


def serve(address, port, ready):
    with socket.create_server((address, int(port)), family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                              backlog=100) as server:
        pathlib.Path(ready).touch()
        while True:
            threading.Thread(target=answer, args=(server.accept()[0],), daemon=True).start()


def talk(address, port, size):
    while True:
        try:
            with socket.create_connection((address, int(port)), 2) as connection:
                for _ in range(4):
                    connection.sendall(bytes(int(size)))
                    connection.recv(100)
        except OSError:
            pass
        time.sleep(0.05)


{"serve": serve, "talk": talk}[sys.argv[1]](*sys.argv[2:])
