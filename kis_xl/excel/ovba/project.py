"""Modules of VBA, and the streams of a project (MS-OVBA 2.2 and 2.3)."""

from __future__ import annotations

import hashlib
import re
import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from kis_xl.excel.ovba.compound import compound_file
from kis_xl.excel.ovba.compression import compress

_LONGEST_LINE = 1023
_MOST_CONTINUATIONS = 24
_CODE_PAGE = 1252
_LCID = 0x0409
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
_UNUSUAL = re.compile(r"[^\t\x20-\x7e]")
_CONTINUED = re.compile(r"(?:^|[ \t])_[ \t]*$")
_LINE_END = re.compile(r"\r\n|\r|\n")
_ATTRIBUTE = re.compile(r"Attribute (VB_\w+) = ")
_VB_NAME = re.compile(r'Attribute VB_Name = "(.*)"')
#: A byte without a meaning in encrypted data; the value is the one in the specification's example.
_FILLER = b"\x07"


class ModuleKind(Enum):
    """What a module is: code, a class, or the code behind the workbook or one of its sheets."""

    STANDARD = auto()
    CLASS = auto()
    WORKBOOK = auto()
    WORKSHEET = auto()


#: What a module that is a class derives from: an object of VBA's, of Excel's.
_BASES = {
    ModuleKind.CLASS: "0{FCFB3D2A-A0FA-1068-A738-08002B3371B5}",
    ModuleKind.WORKBOOK: "0{00020819-0000-0000-C000-000000000046}",
    ModuleKind.WORKSHEET: "0{00020820-0000-0000-C000-000000000046}",
}
#: How the PROJECT stream lists a module.
_LISTED = {
    ModuleKind.STANDARD: "Module={}",
    ModuleKind.CLASS: "Class={}",
    ModuleKind.WORKBOOK: "Document={}/&H00000000",
    ModuleKind.WORKSHEET: "Document={}/&H00000000",
}


@dataclass(frozen=True)
class Module:
    """A module: its name, its text and what it is.

    The text is ASCII with any line ends. It needs no `Attribute` lines; those that it starts with are kept, so the file of
    an exported module will do. ValueError, which names the module and the line, for what the VBA editor could not hold.
    """

    name: str
    source: str
    kind: ModuleKind = ModuleKind.STANDARD

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise _wrong(self.name, "a name is an ASCII letter and up to 30 letters, digits and underscores")
        if self.name.upper() == "DIR":  # a module's stream has the module's name, and the project has a stream of that name
            raise _wrong(self.name, "this name is taken by the project itself")
        _check_lines(self.name, _LINE_END.split(self.source))

    def text(self) -> str:
        """The text as VBA stores it: every attribute that its kind has, then the code; lines end in CR LF."""
        lines = _LINE_END.split(self.source)
        if not lines[-1]:  # what follows the last line end is not a line
            lines.pop()
        if lines and lines[0].startswith("VERSION ") and "END" in lines:  # the head of a class file, which is not the module's
            del lines[: lines.index("END") + 1]
        own = {}
        while lines and (attribute := _ATTRIBUTE.match(lines[0])):
            own[attribute[1]] = lines.pop(0)
        return "".join(f"{line}\r\n" for line in (*{**_attributes(self), **own}.values(), *lines))


def vba_project(modules: Sequence[Module], *, name: str = "VBAProject") -> bytes:
    """The vbaProject.bin of a workbook with these modules, in this order. No password, not locked, no references.

    Excel wants a module of kind WORKBOOK and one of kind WORKSHEET for each sheet, and their names as code names in the
    workbook's own XML. With XlsxWriter:

        workbook.add_vba_project(io.BytesIO(vba_project(modules)), is_stream=True)
        workbook.set_vba_name("ThisWorkbook")
        worksheet.set_vba_name("Sheet1")

    ValueError where names are the same (VBA takes upper and lower case for the same) or the project's is not a name.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a name for a VBA project: {name!r}")
    taken = {name.upper()}
    for module in modules:
        if module.name.upper() in taken:
            raise _wrong(module.name, "another module or the project has the same name")
        taken.add(module.name.upper())
    streams = {"_VBA_PROJECT": b"\xcc\x61\xff\xff\x00\x00\x00", "dir": compress(_dir(modules, name))}
    streams |= {module.name: _module_stream(module) for module in modules}
    return compound_file({"VBA": streams, "PROJECT": _project(modules, name), "PROJECTwm": _project_wm(modules)})


def _wrong(name: str, problem: str, line: int = 0) -> ValueError:
    return ValueError(f"VBA module {name}, line {line}: {problem}" if line else f"VBA module {name}: {problem}")


def _check_lines(name: str, lines: list[str]) -> None:
    continued = 0
    for number, line in enumerate(lines, start=1):
        if unusual := _UNUSUAL.search(line):
            raise _wrong(name, f"the character {unusual[0]!r} is not printable ASCII", number)
        if len(line) > _LONGEST_LINE:
            raise _wrong(name, f"{len(line)} characters, more than {_LONGEST_LINE}", number)
        continued = continued + 1 if _CONTINUED.search(line) else 0
        if continued > _MOST_CONTINUATIONS:
            raise _wrong(name, f"more than {_MOST_CONTINUATIONS} line continuations in one statement", number)
        if (said := _VB_NAME.match(line)) and said[1] != name:
            raise _wrong(name, f"the text is that of module {said[1]}", number)


def _attributes(module: Module) -> dict[str, str]:
    """The attributes of a module's kind, in the order in which Excel writes them."""
    values: dict[str, str | bool] = {"VB_Name": f'"{module.name}"'}
    if module.kind is not ModuleKind.STANDARD:
        there_from_the_start = module.kind is not ModuleKind.CLASS
        values |= {
            "VB_Base": f'"{_BASES[module.kind]}"',
            "VB_GlobalNameSpace": False,
            "VB_Creatable": False,
            "VB_PredeclaredId": there_from_the_start,
            "VB_Exposed": there_from_the_start,
            "VB_TemplateDerived": False,
            "VB_Customizable": there_from_the_start,
        }
    return {attribute: f"Attribute {attribute} = {value}" for attribute, value in values.items()}


def _module_stream(module: Module) -> bytes:
    try:
        return compress(module.text().encode("ascii"))
    except ValueError as error:
        problem = str(error)
    raise _wrong(module.name, problem)


def _dir(modules: Sequence[Module], name: str) -> bytes:
    """The `dir` stream (2.3.4.2) before it is compressed: what the project is, and where its modules are."""
    records = [
        _record(0x01, struct.pack("<I", 1)),  # made for 32-bit Windows; others take it as well
        _record(0x02, struct.pack("<I", _LCID)),
        _record(0x14, struct.pack("<I", _LCID)),
        _record(0x03, struct.pack("<H", _CODE_PAGE)),
        _record(0x04, name.encode("ascii")),
        *_texts(0x05, 0x40, ""),  # description
        _record(0x06, b"") + _record(0x3D, b""),  # help file
        _record(0x07, struct.pack("<I", 0)),  # help topic
        _record(0x08, struct.pack("<I", 0)),  # flags
        struct.pack("<HIIH", 0x09, 4, 1, 0),  # version 1.0; its length counts only half of it
        *_texts(0x0C, 0x3C, ""),  # constants of conditional compilation
        _record(0x0F, struct.pack("<H", len(modules))),
        _record(0x13, struct.pack("<H", 0xFFFF)),
    ]
    for module in modules:
        records += [
            *_texts(0x19, 0x47, module.name),
            *_texts(0x1A, 0x32, module.name),  # the name of its stream
            *_texts(0x1C, 0x48, ""),  # description
            _record(0x31, struct.pack("<I", 0)),  # where its text begins in the stream: no compiled code before it
            _record(0x1E, struct.pack("<I", 0)),  # help topic
            _record(0x2C, struct.pack("<H", 0xFFFF)),
            _record(0x21 if module.kind is ModuleKind.STANDARD else 0x22, b""),
            _record(0x2B, b""),
        ]
    return b"".join(records) + _record(0x10, b"")


def _record(number: int, data: bytes) -> bytes:
    return struct.pack("<HI", number, len(data)) + data


def _texts(number: int, unicode_number: int, text: str) -> tuple[bytes, bytes]:
    """A text twice, as the format has it: in the code page and in UTF-16."""
    return _record(number, text.encode("ascii")), _record(unicode_number, text.encode("utf-16-le"))


def _project_wm(modules: Sequence[Module]) -> bytes:
    """The PROJECTwm stream (2.3.3): each name in the code page and in UTF-16."""
    names = [module.name.encode("ascii") + b"\0" + module.name.encode("utf-16-le") + b"\0\0" for module in modules]
    return b"".join(names) + b"\0\0"


def _project(modules: Sequence[Module], name: str) -> bytes:
    """The PROJECT stream (2.3.1): the modules once more, and that the project is open to all, as VBA wants it written."""
    said = "\0".join([name, *(f"{module.name}\0{module.kind.name}\0{module.text()}" for module in modules)])
    digest = hashlib.sha256(said.encode("ascii")).digest()
    identity = f"{{{uuid.UUID(bytes=digest[:16], version=4)}}}".upper()  # random enough, and the same for the same modules
    lines = [
        f'ID="{identity}"',
        *(_LISTED[module.kind].format(module.name) for module in modules),
        f'Name="{name}"',
        'HelpContextID="0"',
        'VersionCompatible32="393222000"',
        f'CMG="{encrypted(bytes(4), identity, digest[16])}"',  # protected by: nobody
        f'DPB="{encrypted(bytes(1), identity, digest[17])}"',  # password: none
        f'GC="{encrypted(bytes([0xFF]), identity, digest[18])}"',  # visible
        "",
        "[Host Extender Info]",
        "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000",
        "",
        "[Workspace]",
        *(f"{module.name}=0, 0, 0, 0, C" for module in modules),  # no window is open
    ]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def encrypted(data: bytes, identity: str, seed: int) -> str:
    """`data` in the encryption of 2.4.3.2, in hexadecimal. It hides nothing, but a project without it counts as damaged.

    `identity` is the project's GUID in braces, `seed` a byte, which changes how the result looks and not what it means.
    """
    key = sum(identity.encode("ascii")) & 0xFF
    result = bytearray([seed, seed ^ 2, seed ^ key])
    before = key
    for byte in _FILLER * ((seed & 6) // 2) + struct.pack("<I", len(data)) + data:
        result.append(byte ^ (result[-2] + before & 0xFF))
        before = byte
    return result.hex().upper()
