"""A TCP proxy that cuts connections in the middle, lets some fall silent, and delays what passes:

    proxy.py UPSTREAM_PORT PORT_FILE SEED [SILENT]

SILENT is the part of the connections, 0 to 1, that end half-open, as a NAT or a load balancer leaves them: what is sent on one of
them is swallowed from then on, both ways, and neither side hears of an end. New connections work. Runs until SIGTERM and prints what
it did as one JSON line.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys


class Proxy:
    SILENT_SECONDS = 240  # then its ends learn of it after all

    def __init__(self, upstream_port: int, seed: int, silent: float) -> None:
        self.upstream_port = upstream_port
        self.random = random.Random(seed)
        self.silent = silent
        self.counts = {"connections": 0, "cut": 0, "silent": 0, "delays": 0, "bytes": 0}

    async def pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: list[int]) -> None:
        """Passes bytes on until either side ends or the connection's budget of bytes is used up."""
        while True:
            data = await reader.read(65536)
            if not data:
                return
            if self.random.random() < 0.01:
                self.counts["delays"] += 1
                await asyncio.sleep(self.random.expovariate(1 / 0.2))
            data = data[: budget[0]]
            budget[0] -= len(data)
            self.counts["bytes"] += len(data)
            writer.write(data)
            await writer.drain()
            if budget[0] <= 0:
                return

    async def swallow(self, *readers: asyncio.StreamReader) -> None:
        """Reads and forgets what either side still sends, until both have given up or the time is over."""

        async def drain(reader: asyncio.StreamReader) -> None:
            while await reader.read(65536):
                pass

        await asyncio.wait([asyncio.ensure_future(drain(reader)) for reader in readers], timeout=self.SILENT_SECONDS)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counts["connections"] += 1
        upstream = None
        try:
            up_reader, upstream = await asyncio.open_connection("127.0.0.1", self.upstream_port)
            # Both directions share the budget, so that a cut falls anywhere: inside a frame, a request or its answer.
            budget = [int(self.random.expovariate(1 / 200_000)) + 1]
            both = [asyncio.ensure_future(self.pump(reader, upstream, budget)), asyncio.ensure_future(self.pump(up_reader, writer, budget))]
            _, pending = await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            for task in pending:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            if budget[0] <= 0 and self.random.random() < self.silent:
                self.counts["silent"] += 1
                await self.swallow(reader, up_reader)
            elif budget[0] <= 0:
                self.counts["cut"] += 1
        except OSError:
            pass
        finally:
            for end in (writer, upstream):
                if end is not None:
                    end.transport.abort()


async def main() -> None:
    proxy = Proxy(int(sys.argv[1]), int(sys.argv[3]), float(sys.argv[4]) if len(sys.argv) > 4 else 0.0)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    part = sys.argv[2] + ".part"
    with open(part, "w") as out:
        out.write(str(server.sockets[0].getsockname()[1]))
    os.rename(part, sys.argv[2])
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    await ended.wait()
    server.close()
    print(json.dumps(proxy.counts), flush=True)
    os._exit(0)  # connections that are still open are cut


asyncio.run(main())
