"""Small PNG files from printed pages, with a text in each: what a library for pictures would be too much for."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEYWORD = b"Source\0"
_WHITE = b"\xff\xff\xff"
_COLOURS = 256
#: How coarse colours may become, so that they fit into a palette: the steps of a channel. The last fits always.
_STEPS = (1, 3, 5, 15, 51)


class Picture(NamedTuple):
    """Rows of pixels, three bytes each."""

    width: int
    rows: list[bytes]


def trimmed(ppm: bytes) -> Picture:
    """A PPM picture (P6) without its white borders."""
    head = re.match(rb"P6\s+(\d+)\s+(\d+)\s+255\s", ppm)
    if head is None:
        raise ValueError("not a PPM picture")
    width = int(head[1])
    rows = [ppm[at : at + 3 * width] for at in range(head.end(), len(ppm), 3 * width)]
    inked = [place for place, row in enumerate(rows) if row.strip(b"\xff")]
    rows = rows[inked[0] : inked[-1] + 1]
    columns = [column for column in range(width) if any(row[3 * column : 3 * column + 3] != _WHITE for row in rows)]
    left, right = columns[0], columns[-1] + 1
    return Picture(right - left, [row[3 * left : 3 * right] for row in rows])


def written(picture: Picture, text: str) -> bytes:
    """The picture as a PNG file with a palette, and `text` in it."""
    pixels = [[row[at : at + 3] for at in range(0, len(row), 3)] for row in picture.rows]
    for step in _STEPS:
        coarse = {pixel: bytes(round(value / step) * step for value in pixel) for row in pixels for pixel in row}
        palette = {colour: place for place, colour in enumerate(sorted(set(coarse.values())))}
        if len(palette) <= _COLOURS:
            break
    places = {pixel: palette[colour] for pixel, colour in coarse.items()}
    lines = [b"\0" + bytes(places[pixel] for pixel in row) for row in pixels]
    head = struct.pack(">IIBBBBB", picture.width, len(picture.rows), 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", head),
        (b"PLTE", b"".join(palette)),
        (b"tEXt", _KEYWORD + text.encode("latin-1")),
        (b"IDAT", zlib.compress(b"".join(lines), 9)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(map(_chunk, *zip(*chunks, strict=True)))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def read_text(png: bytes) -> str:
    """The text in a PNG file, "" where there is none."""
    texts = (data.removeprefix(_KEYWORD) for kind, data in _chunks(png) if kind == b"tEXt" and data.startswith(_KEYWORD))
    return next(texts, b"").decode("latin-1")


def size(png: bytes) -> tuple[int, int]:
    """Width and height."""
    return struct.unpack(">II", dict(_chunks(png))[b"IHDR"][:8])


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + length]
        at += length + 12
