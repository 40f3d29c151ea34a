"""The classes of cases of Autobahn's suite, sections 1 to 7 and 10, over real connections."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from tests.realtime.wires import RawSocket, masked
from tests.servers import ServerProcess, free_port
from zzd.realtime.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT

LIMIT = 64 * 1024
MORE = 0x7F
Frame = tuple[int, bytes]


@pytest.fixture(scope="module")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """Answers every message with itself."""
    server = ServerProcess(
        {"ECHO_LIMIT": str(LIMIT)},
        tmp_path_factory.mktemp("echo") / "log",
        port=free_port(),
        application="tests.realtime.echo:app",
    )
    server.start()
    yield server
    server.stop()


def part(opcode: int, payload: bytes = b"") -> bytes:
    """A fragment that another follows."""
    return masked(opcode, payload, first=opcode & MORE)


def close(code: int, reason: bytes = b"") -> bytes:
    return masked(CLOSE, struct.pack("!H", code) + reason)


def talk(echo: ServerProcess, wire: bytes, chop: int) -> list[Frame]:
    """Send this, ``chop`` bytes at a time (0: at once), and a close after it; all answers."""
    with RawSocket(echo.port, "/") as peer:
        try:
            for start in range(0, len(wire), chop or len(wire)):
                peer.socket.sendall(wire[start : start + (chop or len(wire))])
            peer.socket.sendall(close(1000))
        except ConnectionError:
            # The server has closed already: what it said before can still be read.
            pass
        answers = []
        while (frame := peer.frame()) is not None:
            answers.append(frame)
        return answers


def code_of(frame: Frame) -> int:
    assert frame[0] == CLOSE, frame
    return int.from_bytes(frame[1][:2], "big")


SIZES = (0, 1, 125, 126, 127, 128, 65_535, LIMIT)
GREEK = "κόσμε".encode()
LAST_OF_LENGTHS = ("\x00", "\x7f", "\x80", "\u07ff", "\u0800", "\uffff", "\U00010000", "\U0010ffff")
AROUND_SURROGATES = ("\ud7ff", "\ue000", "\ufffd", "\ufffe", "\U0001fffe", "\U0010fffe")
SPLIT = GREEK[:3], GREEK[3:]

ANSWERED: dict[str, tuple[bytes, list[Frame]]] = {
    **{f"1.1 text of {n}": (masked(TEXT, b"*" * n), [(TEXT, b"*" * n)]) for n in SIZES},
    **{f"1.2 binary of {n}": (masked(BINARY, b"\xfe" * n), [(BINARY, b"\xfe" * n)]) for n in SIZES},
    **{f"2 ping of {n}": (masked(PING, b"\xfe" * n), [(PONG, b"\xfe" * n)]) for n in (0, 7, 125)},
    "2 pong unasked": (masked(PONG, b"unasked"), []),
    "2 pong, then ping": (masked(PONG, b"a") + masked(PING, b"b"), [(PONG, b"b")]),
    "2 ten pings": (
        b"".join(masked(PING, b"%d" % n) for n in range(10)),
        [(PONG, b"%d" % n) for n in range(10)],
    ),
    "5 two fragments": (part(TEXT, b"a") + masked(CONTINUATION, b"b"), [(TEXT, b"ab")]),
    "5 a ping between fragments": (
        part(TEXT, b"a") + masked(PING, b"?") + masked(CONTINUATION, b"b"),
        [(PONG, b"?"), (TEXT, b"ab")],
    ),
    "5 pings between five fragments": (
        part(TEXT, b"1")
        + b"".join(part(CONTINUATION, b"%d" % n) + masked(PING, b"%d" % n) for n in (2, 3, 4))
        + masked(CONTINUATION, b"5"),
        [(PONG, b"2"), (PONG, b"3"), (PONG, b"4"), (TEXT, b"12345")],
    ),
    "5 two messages in fragments": (
        (part(TEXT, b"a") + masked(CONTINUATION, b"b")) * 2,
        [(TEXT, b"ab")] * 2,
    ),
    "6.1 nothing in three fragments": (
        part(TEXT) + part(CONTINUATION) + masked(CONTINUATION, b""),
        [(TEXT, b"")],
    ),
    "6.1 something in the middle": (
        part(TEXT) + part(CONTINUATION, b"middle") + masked(CONTINUATION, b""),
        [(TEXT, b"middle")],
    ),
    "6.2 UTF-8 in one": (masked(TEXT, GREEK), [(TEXT, GREEK)]),
    "6.2 UTF-8 split in a character": (
        part(TEXT, SPLIT[0]) + masked(CONTINUATION, SPLIT[1]),
        [(TEXT, GREEK)],
    ),
    "6.2 UTF-8, each byte a fragment": (
        part(TEXT, GREEK[:1])
        + b"".join(part(CONTINUATION, bytes([byte])) for byte in GREEK[1:])
        + masked(CONTINUATION, b""),
        [(TEXT, GREEK)],
    ),
    **{
        f"6.5 U+{ord(one):04X}": (masked(TEXT, one.encode()), [(TEXT, one.encode())])
        for one in (*LAST_OF_LENGTHS, *AROUND_SURROGATES)
    },
    "7.1 nothing after the close": (close(1000) + masked(TEXT, b"late"), []),
    "10 in fragments of 1300": (
        part(TEXT, b"*" * 1300)
        + part(CONTINUATION, b"*" * 1300) * 49
        + masked(CONTINUATION, b"*" * 536),
        [(TEXT, b"*" * LIMIT)],
    ),
}

BAD_UTF8 = {
    "6.3 a character cut short inside": GREEK + b"\xed\xa0\x80" + b"edited",
    **{
        f"6.6 the first {n} bytes": GREEK[:n]
        for n in range(1, len(GREEK))
        if GREEK[n] & 0xC0 == 0x80
    },
    "6.8 five bytes": b"\xf8\x88\x80\x80\x80",
    "6.8 six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "6.10 beyond the last": b"\xf4\x90\x80\x80",
    **{f"6.14 alone {byte:02x}": bytes([byte]) for byte in (0x80, 0xBF, 0xC0, 0xE0, 0xF0, 0xFF)},
    "6.18 overlong slash of two": b"\xc0\xaf",
    "6.18 overlong slash of three": b"\xe0\x80\xaf",
    "6.18 overlong slash of four": b"\xf0\x80\x80\xaf",
    "6.19 the longest overlong": b"\xe0\x9f\xbf",
    "6.20 overlong nothing": b"\xf0\x80\x80\x80",
    "6.21 a high surrogate": b"\xed\xa0\x80",
    "6.21 a low surrogate": b"\xed\xbf\xbf",
    "6.22 a pair of them": b"\xed\xad\xbf\xed\xb0\x80",
}
BAD_CODES = (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535)

REFUSED: dict[str, tuple[bytes, int]] = {
    "2.5 ping of 126": (masked(PING, b"x" * 126), 1002),
    **{
        f"3 reserved bits {bits:02x}": (masked(TEXT, b"x", first=0x80 | bits | TEXT), 1002)
        for bits in range(0x10, 0x80, 0x10)
    },
    "3 reserved bits of a ping": (masked(PING, b"x", first=0xC0 | PING), 1002),
    "3 reserved bits of a close": (masked(CLOSE, b"", first=0xF0 | CLOSE), 1002),
    **{f"4 opcode {code}": (masked(code, b""), 1002) for code in (*range(3, 8), *range(11, 16))},
    "5.1 a ping in fragments": (part(PING, b"a") + masked(CONTINUATION, b"b"), 1002),
    "5.2 a pong in fragments": (part(PONG, b"a") + masked(CONTINUATION, b"b"), 1002),
    "5.9 nothing to continue": (masked(CONTINUATION, b"a") + masked(TEXT, b"b"), 1002),
    "5.11 nothing to continue, and on": (part(CONTINUATION, b"a") + masked(TEXT, b"b"), 1002),
    "5.18 a second beginning": (part(TEXT, b"a") + masked(TEXT, b"b"), 1002),
    **{name: (masked(TEXT, text), 1007) for name, text in BAD_UTF8.items()},
    **{
        f"{name}, in fragments": (
            b"".join(
                part(CONTINUATION if n else TEXT, bytes([byte])) for n, byte in enumerate(text)
            )
            + masked(CONTINUATION, b""),
            1007,
        )
        for name, text in BAD_UTF8.items()
    },
    "7.3 half a code": (masked(CLOSE, b"\x03"), 1002),
    "7.3 a reason of 124": (close(1000, b"*" * 124), 1002),
    "7.5 a reason that is no UTF-8": (close(1000, b"\xed\xa0\x80"), 1007),
    **{f"7.9 code {code}": (close(code), 1002) for code in BAD_CODES},
    "9 too long": (masked(TEXT, b"x" * (LIMIT + 1)), 1009),
    "9 too long in fragments": (part(TEXT, b"x" * LIMIT) + masked(CONTINUATION, b"x"), 1009),
}

CODES = (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999)


def chops(wire: bytes) -> tuple[int, ...]:
    """At once; what is not long also byte by byte."""
    return (0, 1) if len(wire) < 200 else (0, 997)


@pytest.mark.parametrize("name", ANSWERED)
def test_what_is_right_is_answered(echo: ServerProcess, name: str) -> None:
    wire, answers = ANSWERED[name]
    for chop in chops(wire):
        assert talk(echo, wire, chop) == [*answers, (CLOSE, struct.pack("!H", 1000))]


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_ends_the_connection_with_the_code_for_it(
    echo: ServerProcess, name: str
) -> None:
    wire, code = REFUSED[name]
    for chop in chops(wire):
        answers = talk(echo, masked(TEXT, b"before") + wire, chop)
        assert answers[0] == (TEXT, b"before")
        assert [code_of(frame) for frame in answers[1:]] == [code]


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("reason", [b"", b"*" * 123], ids=["no reason", "the longest reason"])
def test_a_close_is_answered_with_its_code(echo: ServerProcess, code: int, reason: bytes) -> None:
    assert [code_of(frame) for frame in talk(echo, close(code, reason), 0)] == [code]


def test_an_empty_close_is_answered(echo: ServerProcess) -> None:
    assert [frame[0] for frame in talk(echo, masked(CLOSE, b""), 0)] == [CLOSE]
