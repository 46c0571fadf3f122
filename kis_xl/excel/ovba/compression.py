"""VBA's compression (MS-OVBA 2.4.1): chunks of 4096 bytes, in which what was there before is named instead of repeated."""

from __future__ import annotations

import struct

_CHUNK = 4096
#: Above the 12 bits of a chunk header that hold its size: the fixed signature 011 and, in front, whether it is compressed.
_COMPRESSED = 0xB000
_RAW = 0x3000
_SHORTEST = 3


def compress(data: bytes) -> bytes:
    """`data` as a compressed container, which VBA expands to exactly `data`.

    A chunk that does not fit into 4096 bytes is stored as it is. The format has no length for such a chunk, it is always
    4096 bytes long; ValueError where the last, shorter one would have to be stored so (text is never that irregular).
    """
    return b"\x01" + b"".join(_chunk(data, start) for start in range(0, len(data), _CHUNK))


def _chunk(data: bytes, start: int) -> bytes:
    plain = data[start : start + _CHUNK]
    packed = _token_sequences(plain)
    if len(packed) <= _CHUNK:
        return struct.pack("<H", _COMPRESSED | len(packed) - 1) + packed
    if len(plain) < _CHUNK:
        raise ValueError(f"the {len(plain)} bytes from byte {start} do not repeat enough to be compressed")
    return struct.pack("<H", _RAW | _CHUNK - 1) + plain


def _token_sequences(plain: bytes) -> bytes:
    """Eight tokens at a time, each a byte or a copy of earlier bytes, after a byte that says which they are."""
    packed = bytearray()
    earlier: dict[bytes, list[int]] = {}  # where each three bytes stood, the nearest last
    position = 0
    while position < len(plain):
        flags = len(packed)
        packed.append(0)
        for bit in range(8):
            if position == len(plain):
                break
            offset, length = _longest_match(plain, position, earlier)
            if length:
                packed[flags] |= 1 << bit
                packed += _copy_token(position, offset, length)
            else:
                packed.append(plain[position])
            for passed in range(position, position + (length or 1)):
                earlier.setdefault(plain[passed : passed + _SHORTEST], []).append(passed)
            position += length or 1
    return bytes(packed)


def _longest_match(plain: bytes, position: int, earlier: dict[bytes, list[int]]) -> tuple[int, int]:
    """How far back the most of what comes next can be copied from, and how much: the nearest of the longest, or (0, 0)."""
    longest = min(_longest_copy(position), len(plain) - position)
    offset = best = 0
    for candidate in reversed(earlier.get(plain[position : position + _SHORTEST], ())):
        if best == longest:
            break
        if best and plain[candidate + best] != plain[position + best]:
            continue
        length = _SHORTEST
        while length < longest and plain[candidate + length] == plain[position + length]:
            length += 1
        if length > best:
            offset, best = position - candidate, length
    return (offset, best) if best >= _SHORTEST else (0, 0)


def _offset_bits(position: int) -> int:
    """How many of a copy token's 16 bits hold the offset: as many as the part of the chunk that is done needs, at least 4."""
    return max((position - 1).bit_length(), 4)


def _longest_copy(position: int) -> int:
    return (0xFFFF >> _offset_bits(position)) + _SHORTEST


def _copy_token(position: int, offset: int, length: int) -> bytes:
    return struct.pack("<H", (offset - 1) << (16 - _offset_bits(position)) | (length - _SHORTEST))
