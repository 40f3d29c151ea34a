"""The load generator of bench/cluster.py: many WebSockets in one thread, and who asks for events.

Reads orders from standard input, a JSON object a line, and answers each with one:

  {"connect": [[port, clients, "d20"], ...]}  the clients of a set with so many rooms -> {}
  {"rate": [port, "h", rooms, members, events_per_second, seconds]}
  {"flood": [[port, ...], "d", rooms, members, events_in_flight, seconds]}
      -> {"seconds", "deliveries", "delays": sampled milliseconds, "cpu": of this process}
"""

import json
import select
import socket
import sys
import time
from contextlib import suppress

FIND = b'"t":"'
PING, PONG = b"\x81\x012", b"\x81\x81\x00\x00\x00\x003"
CARRY = len(FIND) - 1
# Events in one request, so that asking costs little beside delivering.
AT_ONCE = 5


class Asker:
    """A connection of its own to a process, on which events are asked for."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))

    def emit(self, room, times):
        request = f"POST /bench/emit?room={room}&times={times} HTTP/1.1\r\nHost: l\r\n"
        self.socket.sendall(f"{request}Content-Length: 0\r\n\r\n".encode())

    def drain(self):
        with suppress(BlockingIOError):
            self.socket.recv(65536, socket.MSG_DONTWAIT)


class Load:
    def __init__(self):
        self.poll = select.epoll()
        self.clients = {}
        self.buffer = bytearray(262_144)
        # Behind the last bytes of what the same client got before: a mark may lie across.
        self.view = memoryview(self.buffer)[CARRY:]
        self.last = {}
        self.received = 0
        self.delays = []

    def connect(self, port, count, name):
        for number in range(count):
            client = socket.create_connection(("127.0.0.1", port))
            client.sendall(
                b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
            )
            read_until(client, b'"maxPayload"')
            hello = b'40{"token":"%s-%d"}' % (name.encode(), number)
            client.sendall(bytes([0x81, 0x80 | len(hello), 0, 0, 0, 0]) + hello)
            read_until(client, b'40{"sid"')
            client.setblocking(False)
            self.clients[client.fileno()] = client
            self.last[client.fileno()] = bytes(CARRY)
            self.poll.register(client, select.EPOLLIN)

    def hear(self, timeout):
        """Take what has come. Messages are counted by what each carries once; of those that came
        together the last is timed."""
        for number, _ in self.poll.poll(timeout):
            client = self.clients[number]
            try:
                size = client.recv_into(self.view)
            except BlockingIOError:
                continue
            if not size:
                raise SystemExit("a server closed a connection")
            size += CARRY
            self.buffer[:CARRY] = self.last[number]
            self.last[number] = self.buffer[size - CARRY : size]
            came = self.buffer.count(FIND, 0, size)
            if came:
                self.received += came
                at = self.buffer.rfind(FIND, 0, size) + len(FIND)
                stamp = self.buffer[at : at + 20]
                if len(stamp) == 20 and at + 20 <= size:
                    self.delays.append((time.monotonic_ns() - int(stamp)) / 1e6)
            if (
                self.buffer.find(PING, CARRY, CARRY + 3) >= 0
                or self.buffer.find(PING, size - 3, size) >= 0
            ):
                client.send(PONG)

    def rate(self, port, name, rooms, members, per_second, seconds):
        asker, begin, asked = Asker(port), time.monotonic(), 0
        total = int(per_second * seconds)
        while asked < total or (
            self.received < total * members and self.since(begin) < seconds + 5
        ):
            if asked < total and self.since(begin) >= asked / per_second:
                asker.emit(f"{name}:{asked % rooms}", 1)
                asked += 1
            self.hear(0.0005 if asked < total else 0.1)
            asker.drain()
        self.expect(total * members)
        return self.since(begin)

    def flood(self, ports, name, rooms, members, in_flight, seconds):
        askers, begin, asked = [Asker(port) for port in ports], time.monotonic(), 0
        while self.since(begin) < seconds:
            while asked * members - self.received < in_flight * members * len(askers):
                turn = asked // AT_ONCE
                askers[turn % len(askers)].emit(f"{name}:{turn % rooms}", AT_ONCE)
                asked += AT_ONCE
            self.hear(0.1)
            for asker in askers:
                asker.drain()
        deliveries, taken = self.received, self.since(begin)
        while self.received < asked * members and self.since(begin) < seconds + 20:
            self.hear(0.1)
        self.expect(asked * members)
        self.received = deliveries
        return taken

    def expect(self, deliveries):
        if self.received != deliveries:
            raise SystemExit(f"{self.received} of {deliveries} events were delivered")

    @staticmethod
    def since(begin):
        return time.monotonic() - begin


def read_until(client, mark):
    text = b""
    while mark not in text:
        if not (more := client.recv(4096)):
            raise SystemExit(f"refused: {text!r}")
        text += more


def main():
    load = Load()
    for line in sys.stdin:
        ((order, arguments),) = json.loads(line).items()
        answer = {}
        if order == "connect":
            for each in arguments:
                load.connect(*each)
        else:
            load.received, load.delays = 0, []
            cpu = time.process_time()
            seconds = getattr(load, order)(*arguments)
            answer = {
                "seconds": seconds,
                "deliveries": load.received,
                "delays": load.delays[:: len(load.delays) // 5_000 + 1],
                "cpu": time.process_time() - cpu,
            }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
