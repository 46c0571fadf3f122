"""The file around the sheets: the ribbon is added, and the archive is written so that the same parts give the same bytes."""

from __future__ import annotations

import io
import zipfile
from typing import Final

from kis_xl.excel.workbook import ribbon
from kis_xl.language import Language

_RELATIONSHIPS: Final = "_rels/.rels"
_TYPES: Final = "[Content_Types].xml"
_DATE: Final = (1980, 1, 1, 0, 0, 0)


def finished(book: bytes, language: Language) -> bytes:
    """The .xlsm that XlsxWriter wrote, with the ribbon tab, as a stable archive."""
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    parts[ribbon.PART] = ribbon.ribbon_xml(language)
    parts[_RELATIONSHIPS] = _related(parts[_RELATIONSHIPS])
    return _archive(parts)


def _related(relationships: bytes) -> bytes:
    """The package's relationships and one more. Content types need no entry: the default for .xml is there and is the ribbon's."""
    end = b"</Relationships>"
    added = f'<Relationship Id="rIdKisRibbon" Type="{ribbon.RELATIONSHIP}" Target="{ribbon.PART}"/>'.encode()
    return relationships.replace(end, added + end)


def _archive(parts: dict[str, bytes]) -> bytes:
    """Content types first, as readers expect, the rest by name. Stored: what deflate makes of a part differs between systems."""
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(parts, key=lambda name: (name != _TYPES, name)):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = 0  # whatever system it is made on
            entry.external_attr = 0o600 << 16  # zipfile writes this where nothing is said
            archive.writestr(entry, parts[name])
    return whole.getvalue()
