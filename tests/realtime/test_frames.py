"""What a client may put on the wire, and what it may not."""

from __future__ import annotations

import os
import struct
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zzd.realtime import frames
from zzd.realtime.frames import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, FrameError

LIMIT = 64 * 1024
Event = tuple[int, str | bytes]


def sent(opcode: int, payload: bytes = b"", *, fin: bool = True, mask: bytes = b"mask") -> bytes:
    """A frame as a client writes it."""
    whole = bytearray(frames.encode(opcode, payload))
    if not fin:
        whole[0] &= 0x7F
    whole[1] |= 0x80
    start = len(whole) - len(payload)
    masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
    return bytes(whole[:start]) + mask + masked


def read(*chunks: bytes, limit: int = LIMIT) -> list[Event]:
    reader = frames.FrameReader(limit)
    return [event for chunk in chunks for event in reader.feed(chunk)]


def refusal(*chunks: bytes, limit: int = LIMIT) -> int:
    with pytest.raises(FrameError) as raised:
        read(*chunks, limit=limit)
    return raised.value.code


CLOSE_WITH_REASON = struct.pack("!H", 1000) + "再见".encode()


@pytest.mark.parametrize(
    ("wire", "events"),
    [
        (sent(TEXT, "各位".encode()), [(TEXT, "各位")]),
        (sent(TEXT), [(TEXT, "")]),
        (sent(BINARY, b"\xff\x00"), [(BINARY, b"\xff\x00")]),
        (sent(TEXT, b"x" * 125), [(TEXT, "x" * 125)]),
        (sent(TEXT, b"x" * 126), [(TEXT, "x" * 126)]),
        (sent(TEXT, b"x" * 65_535), [(TEXT, "x" * 65_535)]),
        (sent(TEXT, b"x" * LIMIT), [(TEXT, "x" * LIMIT)]),
        (sent(PING, b"p" * 125), [(PING, b"p" * 125)]),
        (sent(PONG), [(PONG, b"")]),
        (sent(CLOSE), [(CLOSE, b"")]),
        (sent(CLOSE, CLOSE_WITH_REASON), [(CLOSE, CLOSE_WITH_REASON)]),
        (sent(TEXT, b"a") + sent(TEXT, b"b"), [(TEXT, "a"), (TEXT, "b")]),
        (sent(TEXT, b"a", fin=False) + sent(CONTINUATION, b"b"), [(TEXT, "ab")]),
        (
            sent(TEXT, b"a", fin=False) + sent(PING, b"?") + sent(CONTINUATION, b"b"),
            [(PING, b"?"), (TEXT, "ab")],
        ),
        # A character cut in two by a fragment.
        (sent(TEXT, b"\xe4\xbd", fin=False) + sent(CONTINUATION, b"\xa0"), [(TEXT, "你")]),
        (sent(TEXT, fin=False) + sent(CONTINUATION, fin=False) + sent(CONTINUATION), [(TEXT, "")]),
    ],
)
def test_what_is_well_formed_is_read(wire: bytes, events: list[Event]) -> None:
    assert read(wire) == events
    if len(wire) < 1000:
        assert read(*(bytes([byte]) for byte in wire)) == events


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (frames.encode(TEXT, b"not masked"), 1002),
        *((bytes([0x81 | bit]) + sent(TEXT, b"x")[1:], 1002) for bit in (0x10, 0x20, 0x40, 0x70)),
        *((sent(opcode), 1002) for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 14, 15)),
        (sent(PING, b"x" * 126), 1002),
        (sent(PING, fin=False), 1002),
        (sent(CLOSE, b"x", fin=False), 1002),
        (sent(CONTINUATION, b"nothing"), 1002),
        (sent(TEXT, b"a", fin=False) + sent(TEXT, b"b"), 1002),
        (sent(BINARY, b"a") + sent(CONTINUATION, b"b"), 1002),
        # Lengths that could have been written shorter, or are negative.
        (b"\x81\xfe\x00\x7d" + b"mask", 1002),
        (b"\x81\xff" + (65_535).to_bytes(8, "big") + b"mask", 1002),
        (b"\x81\xff" + b"\x80" + bytes(7) + b"mask", 1002),
        *((sent(CLOSE, struct.pack("!H", code)), 1002) for code in (0, 999, 1004, 1005, 1006)),
        *((sent(CLOSE, struct.pack("!H", code)), 1002) for code in (1015, 1016, 2999, 5000)),
        (sent(CLOSE, b"\x03"), 1002),
        (sent(CLOSE, struct.pack("!H", 1000) + b"\xff"), 1007),
        (sent(TEXT, b"\xff"), 1007),
        (sent(TEXT, b"\xc0\xaf"), 1007),
        (sent(TEXT, b"\xed\xa0\x80"), 1007),
        (sent(TEXT, b"\xe4\xbd"), 1007),
        (sent(TEXT, b"\xe4\xbd", fin=False) + sent(CONTINUATION), 1007),
        (sent(TEXT, b"x" * (LIMIT + 1)), 1009),
        (sent(TEXT, b"x" * LIMIT, fin=False) + sent(CONTINUATION, b"x"), 1009),
    ],
)
def test_what_is_not_is_refused(wire: bytes, code: int) -> None:
    assert refusal(wire) == code
    if len(wire) < 1000:
        assert refusal(*(bytes([byte]) for byte in wire)) == code


def test_what_came_before_a_mistake_is_still_read() -> None:
    reader = frames.FrameReader(LIMIT)
    events = reader.feed(sent(TEXT, b"good") + sent(3))
    assert next(events) == (TEXT, "good")
    with pytest.raises(FrameError):
        next(events)


def test_text_is_refused_at_its_first_wrong_byte_and_not_when_it_is_complete() -> None:
    whole = sent(TEXT, b"ok\xf4\x90" + b"x" * 100)
    assert refusal(whole[: 2 + 4 + 4]) == 1007


def test_a_frame_of_100_megabytes_is_refused_by_its_header() -> None:
    header = b"\x81\xff" + (100_000_000).to_bytes(8, "big")
    tracemalloc.start()
    try:
        assert refusal(header) == 1009
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_fragments_without_content_cost_nothing() -> None:
    reader = frames.FrameReader(LIMIT)
    list(reader.feed(sent(TEXT, fin=False)))
    empty = sent(CONTINUATION, fin=False) * 1000
    tracemalloc.start()
    try:
        for _ in range(20):
            list(reader.feed(empty))
        assert tracemalloc.get_traced_memory()[0] < 10_000
    finally:
        tracemalloc.stop()


messages = st.one_of(
    st.text(max_size=300).map(lambda text: (TEXT, text)),
    st.binary(max_size=300).map(lambda data: (BINARY, data)),
    st.binary(max_size=125).map(lambda data: (PING, data)),
)


@given(data=st.data(), written=st.lists(messages, max_size=6))
def test_what_is_written_is_read_however_it_is_cut(
    data: st.DataObject, written: list[tuple[int, str | bytes]]
) -> None:
    wire = b""
    for opcode, message in written:
        payload = message.encode() if isinstance(message, str) else message
        cut = data.draw(st.integers(0, len(payload))) if opcode != PING else len(payload)
        fragments = [payload[:cut], payload[cut:]] if cut < len(payload) else [payload]
        for number, fragment in enumerate(fragments):
            last = number == len(fragments) - 1
            wire += sent(CONTINUATION if number else opcode, fragment, fin=last, mask=os.urandom(4))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=8)))
    chunks = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    assert read(*chunks) == written


@given(st.binary(max_size=200))
def test_noise_is_read_or_refused_and_nothing_else(noise: bytes) -> None:
    codes = []
    try:
        read(noise)
    except FrameError as error:
        codes.append(error.code)
    assert set(codes) <= {1002, 1007, 1009}
