"""Receivers of webhooks on loopback: most accept, ``/fails`` answers 500, ``/hangs`` nothing.

Prints its port, and from then on each second how many requests to those that accept have come."""

from __future__ import annotations

import asyncio
import time

count, first, last = 0, 0.0, 0.0


class Receiver(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.buffer = transport, b""

    def data_received(self, data: bytes) -> None:
        global count, first, last
        self.buffer += data
        head, separator, body = self.buffer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if not separator or len(body) < length:
            return
        path = head.split(b" ", 2)[1]
        if path == b"/hangs":
            return
        status = b"500 No" if path == b"/fails" else b"200 OK"
        if path == b"/takes":
            last = time.monotonic()
            first = first or last
            count += 1
        self.transport.write(b"HTTP/1.1 %s\r\nContent-Length: 0\r\n\r\n" % status)  # type: ignore[attr-defined]
        self.transport.close()


async def main() -> None:
    server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    while True:
        await asyncio.sleep(0.2)
        print(count, last - first, flush=True)


asyncio.run(main())
