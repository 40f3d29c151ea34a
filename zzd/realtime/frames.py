"""WebSocket frames (RFC 6455), server side, without I/O and without extensions."""

from __future__ import annotations

import codecs
import struct
from collections.abc import Iterator

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

# Why a connection is closed (section 7.4.1 and the IANA registry).
NORMAL, GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED, INCONSISTENT = 1000, 1001, 1002, 1003, 1007
POLICY, TOO_BIG, TRY_AGAIN_LATER = 1008, 1009, 1013

_KNOWN = frozenset((CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG))
_MAY_BE_SENT = frozenset((*range(1000, 1004), *range(1007, 1015)))


class FrameError(Exception):
    """The peer broke the protocol; ``code`` and ``reason`` go into our close frame."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


def encode(opcode: int, payload: bytes) -> bytes:
    """One whole, unmasked frame."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 0x10000:
        return struct.pack("!BBH", 0x80 | opcode, 126, size) + payload
    return struct.pack("!BBQ", 0x80 | opcode, 127, size) + payload


def encode_message(message: str | bytes) -> bytes:
    if isinstance(message, str):
        return encode(TEXT, message.encode())
    return encode(BINARY, message)


def encode_close(code: int, reason: str = "") -> bytes:
    return encode(CLOSE, struct.pack("!H", code) + reason.encode()[:123])


def close_code(payload: bytes) -> int:
    """The code of a close frame that was read; NORMAL if it carries none."""
    return int.from_bytes(payload[:2], "big") if payload else NORMAL


class FrameReader:
    """Turns what a client sends into messages and control frames.

    Nothing over ``limit`` bytes is ever held: a frame that is too long is refused by its header,
    a message in fragments by the header of the one that would make it too long.
    """

    __slots__ = ("_fin", "_left", "_limit", "_mask", "_opcode", "_parts", "_raw", "_size", "_text")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._raw = bytearray()
        # Of the frame that is being read; _left is None between frames.
        self._left: int | None = None
        self._fin = True
        self._opcode = CONTINUATION
        self._mask = b""
        # Of the message that is being read: kind and decoder of text (None: binary or nothing).
        self._parts: list[str] | list[bytes] | None = None
        self._text: codecs.IncrementalDecoder | None = None
        self._size = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, str | bytes]]:
        """Yield (opcode, payload) of what became complete: TEXT with str, all others with bytes.

        To be exhausted before the next call. Raises FrameError as soon as the client is wrong,
        after what it sent correctly before.
        """
        self._raw += data
        while self._left is not None or self._read_header():
            left = self._left or 0
            control = self._opcode >= CLOSE
            if left and (not self._raw or (control and len(self._raw) < left)):
                return
            chunk = self._unmask(left)
            left -= len(chunk)
            self._left = left or None
            if control:
                yield self._opcode, _checked_close(chunk) if self._opcode == CLOSE else chunk
                continue
            self._add(chunk, last=self._fin and not left)
            if self._fin and not left:
                yield self._finish()

    def _read_header(self) -> bool:
        """Whether a header was whole. Its frame becomes the one that is being read."""
        raw = self._raw
        if len(raw) < 2:
            return False
        opcode, fin, size = raw[0] & 0x0F, raw[0] >= 0x80, raw[1] & 0x7F
        self._check(raw[0], raw[1])
        start = {126: 4, 127: 10}.get(size, 2)
        if len(raw) < start:
            return False
        if start > 2:
            size = int.from_bytes(raw[2:start], "big")
            if size >= 1 << 63 or size < (126 if start == 4 else 0x10000):
                raise FrameError(PROTOCOL_ERROR, "length badly written")
        if opcode < CLOSE and self._size + size > self._limit:
            raise FrameError(TOO_BIG, f"messages are at most {self._limit} bytes")
        if len(raw) < start + 4:
            return False
        self._mask = bytes(raw[start : start + 4])
        del raw[: start + 4]
        self._left, self._opcode, self._fin = size, opcode, fin
        if opcode in (TEXT, BINARY):
            self._parts = []
            self._text = codecs.getincrementaldecoder("utf-8")() if opcode == TEXT else None
        if opcode < CLOSE:
            self._size += size
        return True

    def _check(self, first: int, second: int) -> None:
        """Raises FrameError if no frame may begin with these two bytes now."""
        opcode, continues = first & 0x0F, self._parts is not None
        for wrong, reason in (
            (first & 0x70, "reserved bits are set"),
            (opcode not in _KNOWN, "unknown kind of frame"),
            (not second & 0x80, "a client's frames are masked"),
            (
                opcode >= CLOSE and (first < 0x80 or second & 0x7F > 125),
                "control frames are short and whole",
            ),
            (opcode in (TEXT, BINARY) and continues, "the message before is not complete"),
            (opcode == CONTINUATION and not continues, "there is nothing to continue"),
        ):
            if wrong:
                raise FrameError(PROTOCOL_ERROR, reason)

    def _unmask(self, left: int) -> bytes:
        """Take at most ``left`` bytes of payload; the mask turns with them."""
        masked = bytes(self._raw[:left])
        del self._raw[:left]
        plain = _xor(masked, self._mask)
        turn = len(masked) % 4
        self._mask = self._mask[turn:] + self._mask[:turn]
        return plain

    def _add(self, chunk: bytes, *, last: bool) -> None:
        """Keep a part of a message. Text is checked as it comes, not when it is complete."""
        assert self._parts is not None
        if self._text is None:
            part: str | bytes = chunk
        else:
            try:
                part = self._text.decode(chunk, last)
            except UnicodeDecodeError:
                raise FrameError(INCONSISTENT, "text is UTF-8") from None
        if part:
            self._parts.append(part)  # type: ignore[arg-type]

    def _finish(self) -> tuple[int, str | bytes]:
        parts, text = self._parts, self._text
        assert parts is not None
        self._parts, self._text, self._size = None, None, 0
        if text is not None:
            return TEXT, "".join(parts)  # type: ignore[arg-type]
        return BINARY, b"".join(parts)  # type: ignore[arg-type]


def _xor(data: bytes, mask: bytes) -> bytes:
    size = len(data)
    keys = (mask * (size // 4 + 1))[:size]
    whole = int.from_bytes(data, "little") ^ int.from_bytes(keys, "little")
    return whole.to_bytes(size, "little")


def _checked_close(payload: bytes) -> bytes:
    if len(payload) == 1:
        raise FrameError(PROTOCOL_ERROR, "half a close code")
    code = close_code(payload)
    if code not in _MAY_BE_SENT and not 3000 <= code < 5000:
        raise FrameError(PROTOCOL_ERROR, "no such close code")
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        raise FrameError(INCONSISTENT, "text is UTF-8") from None
    return payload
