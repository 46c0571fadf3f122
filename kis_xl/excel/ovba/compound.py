"""A compound file (MS-CFB, version 3): streams of bytes in folders, which the format calls storages, in one file.

The file is a header and then sectors of 512 bytes. The file allocation table (FAT) has a number for each sector, the
sector that follows it in its stream; the header and, beyond 109, the DIFAT sectors say where the FAT's own sectors are.
Streams under 4096 bytes live in a stream of their own, in sectors of 64 bytes with a table of the same kind. The directory
is a list of entries, and the entries of one storage form a red-black tree.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

#: A storage: by name, the bytes of a stream or another storage.
Storage = Mapping[str, "bytes | Storage"]

_SECTOR = 512
_MINI_SECTOR = 64
_MINI_STREAM_LIMIT = 4096
_HEADER_DIFAT = 109
_PER_SECTOR = _SECTOR // 4

_DIFAT_SECTOR, _FAT_SECTOR, _END_OF_CHAIN, _FREE = 0xFFFFFFFC, 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF
_NO_ENTRY = 0xFFFFFFFF
_UNUSED, _STORAGE, _STREAM, _ROOT = 0, 1, 2, 5
_RED, _BLACK = 0, 1

_HEADER = struct.Struct("<8s16xHHHHH6xIIIIIIIII109I")
_ENTRY = struct.Struct("<64sHBBIII16x4x8x8xIQ")
_NAME = re.compile(r"[^\x00-\x1f/\\:!\x7f-\U0010ffff]{1,31}")


def compound_file(root: Storage) -> bytes:
    """The bytes of a compound file that holds `root`. No times are stored: the same content gives the same bytes.

    ValueError for a name that is empty, longer than 31, not ASCII, has one of / \\ : ! or differs from its neighbour's
    in upper and lower case only.
    """
    entries = [_Entry("Root Entry", _ROOT, color=_BLACK)]
    _add_children(entries, entries[0], root)
    sectors = _Chains(_SECTOR)
    minis = _Chains(_MINI_SECTOR)
    for entry in entries:
        if entry.kind == _STREAM:
            entry.start = (minis if len(entry.data) < _MINI_STREAM_LIMIT else sectors).add(entry.data)
            entry.size = len(entry.data)
    entries[0].start = sectors.add(bytes(minis.data))
    entries[0].size = len(minis.data)
    mini_fat = _numbers(minis.following)
    mini_fat_at = sectors.add(mini_fat)
    directory_at = sectors.add(_directory(entries))
    fat_sectors, difat_sectors = _add_fat(sectors)
    header = _HEADER.pack(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        0x3E, 3, 0xFFFE, 9, 6,  # version 3.62, little-endian, sectors of 2**9 and 2**6 bytes
        0, len(fat_sectors), directory_at, 0, _MINI_STREAM_LIMIT,
        mini_fat_at, len(mini_fat) // _SECTOR,
        difat_sectors[0] if difat_sectors else _END_OF_CHAIN, len(difat_sectors),
        *fat_sectors[:_HEADER_DIFAT], *[_FREE] * (_HEADER_DIFAT - len(fat_sectors)),
    )  # fmt: skip
    return header + sectors.data


class _Chains:
    """Sectors of one size: their bytes, and for each the number of the sector that follows it in its stream."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.data = bytearray()
        self.following: list[int] = []

    def add(self, stream: bytes) -> int:
        """Put a stream into sectors of its own, the last one filled up with zeroes; where it starts."""
        if not stream:
            return _END_OF_CHAIN
        first = len(self.following)
        count = -(-len(stream) // self.size)
        self.data += stream.ljust(count * self.size, b"\0")
        self.following += [*range(first + 1, first + count), _END_OF_CHAIN]
        return first


def _numbers(numbers: list[int]) -> bytes:
    """Sector numbers as they are stored, up to the end of a sector."""
    count = -(-len(numbers) // _PER_SECTOR) * _PER_SECTOR
    return struct.pack(f"<{count}I", *numbers, *[_FREE] * (count - len(numbers)))


def _add_fat(sectors: _Chains) -> tuple[list[int], list[int]]:
    """Put the FAT behind everything else, and its list before it: the FAT's sectors and the list's. Both count themselves."""
    used = len(sectors.following)
    fat = difat = 0
    while True:
        needed = -(-(used + fat + difat) // _PER_SECTOR)
        listing = -(-max(0, needed - _HEADER_DIFAT) // (_PER_SECTOR - 1))
        if (needed, listing) == (fat, difat):
            break
        fat, difat = needed, listing
    difat_sectors = [*range(used, used + difat)]
    fat_sectors = [*range(used + difat, used + difat + fat)]
    for number, place in enumerate(difat_sectors):
        first = _HEADER_DIFAT + number * (_PER_SECTOR - 1)
        listed = fat_sectors[first : first + _PER_SECTOR - 1]
        after = place + 1 if place + 1 in difat_sectors else _END_OF_CHAIN
        sectors.data += struct.pack("<128I", *listed, *[_FREE] * (_PER_SECTOR - 1 - len(listed)), after)
    sectors.following += [_DIFAT_SECTOR] * difat + [_FAT_SECTOR] * fat
    sectors.data += _numbers(sectors.following)
    return fat_sectors, difat_sectors


@dataclass
class _Entry:
    """A line of the directory: the root, a storage or a stream."""

    name: str
    kind: int
    data: bytes = b""
    color: int = _RED
    left: int = _NO_ENTRY
    right: int = _NO_ENTRY
    child: int = _NO_ENTRY
    start: int = 0
    size: int = 0

    def packed(self) -> bytes:
        name = self.name.encode("utf-16-le")
        length = len(name) + 2 if name else 0
        return _ENTRY.pack(name, length, self.kind, self.color, self.left, self.right, self.child, self.start, self.size)


def _directory(entries: list[_Entry]) -> bytes:
    unused = -len(entries) % (_SECTOR // _ENTRY.size)
    return b"".join(entry.packed() for entry in [*entries, *[_Entry("", _UNUSED)] * unused])


def _add_children(entries: list[_Entry], parent: _Entry, storage: Storage) -> None:
    names = sorted(storage, key=_sort_key)
    _check_names(names)
    first = len(entries)
    for name in names:
        content = storage[name]
        entries.append(_Entry(name, _STREAM, content) if isinstance(content, bytes) else _Entry(name, _STORAGE))
    parent.child = _tree(entries, first, len(entries), level=(len(names) + 1).bit_length())
    for entry, name in zip(entries[first:], names, strict=True):
        content = storage[name]
        if not isinstance(content, bytes):
            _add_children(entries, entry, content)


def _sort_key(name: str) -> tuple[int, str]:
    return len(name), name.upper()


def _check_names(names: list[str]) -> None:
    for name in names:
        if not _NAME.fullmatch(name):
            raise ValueError(f"not a name for a stream or storage: {name!r}")
    for name, after in pairwise(names):
        if _sort_key(name) == _sort_key(after):
            raise ValueError(f"two names differ in upper and lower case only: {name!r}, {after!r}")


def _tree(entries: list[_Entry], first: int, end: int, level: int) -> int:
    """Make a search tree of the sorted entries `first` to `end`; its top.

    Halving fills every level but the last. Red on level 1, which is the last one unless that is full too, and black above
    is what a red-black tree asks for: no two reds in a row, and as many blacks on every way down.
    """
    if first == end:
        return _NO_ENTRY
    middle = (first + end) // 2
    entry = entries[middle]
    entry.color = _BLACK if level > 1 else _RED
    entry.left = _tree(entries, first, middle, level - 1)
    entry.right = _tree(entries, middle + 1, end, level - 1)
    return middle
