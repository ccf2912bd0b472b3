"""Messages: two 64-bit lengths, a header in JSON padded with spaces to a multiple of 8, and a body of little-endian 64-bit floats."""

import array
import json
import os
import struct
import sys

LENGTHS = struct.Struct("<QQ")


def read_frame(source):
    """The next (header, body); None at the end of the stream."""
    start = _read(source, LENGTHS.size)
    if start is None:
        return None
    header_length, body_length = LENGTHS.unpack(start)
    header = _read(source, header_length)
    body = _read(source, body_length)
    if header is None or body is None:
        return None
    return json.loads(header.decode("utf-8")), memoryview(body)


def write_frame(target, header, parts=()):
    """Sends a header and the bytes of its body."""
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode("ascii")
    text += b" " * (-len(text) % 8)
    size = sum(len(part) for part in parts)
    for part in (LENGTHS.pack(len(text), size), text, *parts):
        _write(target, part)


def floats(values):
    """Numbers as bytes of a body."""
    packed = array.array("d", values)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()


def _read(source, size):
    chunks = bytearray()
    while len(chunks) < size:
        chunk = os.read(source, min(size - len(chunks), 1 << 20))
        if not chunk:
            return None
        chunks += chunk
    return bytes(chunks)


def _write(target, data):
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(target, rest[: 1 << 20]) :]
