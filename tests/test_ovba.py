"""VBA projects: read back by other programs' readers, and held against the specifications by a reader of the test's own."""

from __future__ import annotations

import io
import random
import re
import struct
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import olefile  # type: ignore[import-untyped]
import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from kis_xl.excel.ovba import Module, ModuleKind, vba_project
from kis_xl.excel.ovba.compound import Storage, compound_file
from kis_xl.excel.ovba.compression import compress
from kis_xl.excel.ovba.project import encrypted

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # about the names of its parser's functions
    from oletools.olevba import VBA_Parser, decompress_stream  # type: ignore[import-untyped]


# compression


def expanded(packed: bytes) -> bytes:
    return bytes(decompress_stream(bytearray(packed)))


LENGTHS = st.one_of(st.integers(0, 400), st.integers(4080, 4112), st.integers(8180, 8200), st.integers(0, 3 * 4096))


@given(st.integers(1, 12), LENGTHS, st.integers())
def test_random_text_of_few_letters_comes_back(letters: int, length: int, seed: int) -> None:
    data = bytes(random.Random(seed).choices(b"\r\n aeinorst_"[:letters], k=length))
    assert expanded(compress(data)) == data


@given(st.binary(min_size=1, max_size=40), LENGTHS)
def test_repetitive_data_comes_back(pattern: bytes, length: int) -> None:
    data = (pattern * (length // len(pattern) + 1))[:length]
    assert expanded(compress(data)) == data


@given(st.lists(st.sampled_from(["Dim x As Long\r\n", "    ", "If x Then ", "End If\r\n", "'", "KIS_HOLDINGS", "=", '"'])))
def test_lines_come_back(words: list[str]) -> None:
    data = "".join(words * 40).encode()
    assert expanded(compress(data)) == data


@pytest.mark.parametrize("length", [0, 1, 3640, 4096, 4097, 8192, 4096 + 3640, 40960])
def test_what_does_not_get_smaller_is_stored_as_it_is(length: int) -> None:
    data = random.Random(length).randbytes(length)
    packed = compress(data)
    assert expanded(packed) == data
    raw = [at for at in range(1, len(packed) - 1, 4098) if packed[at : at + 2] == b"\xff\x3f"]
    assert len(raw) == length // 4096


@pytest.mark.parametrize("length", [3641, 4095, 8191])
def test_a_last_chunk_that_the_format_cannot_hold_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"the {length % 4096} bytes from byte {length // 4096 * 4096} do not repeat"):
        compress(random.Random(1).randbytes(length))


def test_the_specifications_examples() -> None:
    assert compress(b"abcdefghijklmnopqrstuv.").hex() == "0119b000616263646566676800696a6b6c6d6e6f70007172737475762e"
    assert compress(b"a" * 73).hex() == "0103b002614500"


def test_of_matches_of_one_length_the_nearest_is_named() -> None:
    assert compress(b"abc1abc2abc").hex(" ") == "01 09 b0 50 61 62 63 31 00 30 32 00 30"


def test_a_chunk_that_just_fits_is_compressed() -> None:
    start = random.Random(2).randbytes(3586)  # and then 29 copies of 18 bytes, the most that one can be so late in a chunk
    packed = compress(start + start[:510])
    assert (len(packed), packed[:3]) == (3 + 4096, b"\x01\xff\xbf")
    assert expanded(packed) == start + start[:510]


def test_code_gets_smaller() -> None:
    code = Path(__file__).read_bytes()
    assert len(compress(code)) < 0.6 * len(code)


# the compound file

FREE, END, FAT, DIFAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFC
ROOT, STORAGE, STREAM, RED, BLACK = 5, 1, 2, 0, 1


@dataclass
class Entry:
    name: str
    kind: int
    color: int
    left: int
    right: int
    child: int
    start: int
    size: int


@dataclass
class Compound:
    """A compound file, read by the letter of MS-CFB: whatever is not as it has to be fails."""

    data: bytes
    fat: list[int] = field(default_factory=list)
    used: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        head = struct.unpack("<8s16xHHHHH6xIIIIIIIII", self.data[:76])
        assert head[:6] == (bytes.fromhex("d0cf11e0a1b11ae1"), 0x3E, 3, 0xFFFE, 9, 6)
        no_directory_count, fat_count, directory, transaction, cutoff, mini_fat, mini_fat_count, difat, difat_count = head[6:]
        assert (no_directory_count, transaction, cutoff) == (0, 0, 4096)
        assert len(self.data) % 512 == 0
        self._read_fat(fat_count, difat, difat_count)
        self.entries = [self._entry(record) for record in blocks(self._chain(directory, "directory"), 128)]
        while self.entries[-1] == Entry("", 0, 0, FREE, FREE, FREE, 0, 0):
            self.entries.pop()
        minis = self._chain(mini_fat, "mini FAT")
        assert len(minis) == 512 * mini_fat_count
        self.mini_fat = numbers(minis)
        self.root = self.entries[0]
        assert self.root == Entry("Root Entry", ROOT, BLACK, FREE, FREE, self.root.child, self.root.start, self.root.size)
        self.mini_stream = self._chain(self.root.start, "mini stream")[: self.root.size]
        self.mini_used: dict[int, str] = {}
        self.streams: dict[str, bytes] = {}
        self.seen = {0}
        self._walk(self.root.child, "")
        assert self.seen == set(range(len(self.entries)))
        owned = {number for number, following in enumerate(self.fat) if following not in (FREE, FAT, DIFAT)}
        assert owned == set(self.used)
        assert {number for number, following in enumerate(self.mini_fat) if following != FREE} == set(self.mini_used)

    def _read_fat(self, fat_count: int, difat: int, difat_count: int) -> None:
        listed = numbers(self.data[76:512])
        difat_places = []
        while difat != END:
            difat_places.append(difat)
            *more, difat = numbers(self._sector(difat))
            listed += more
        assert len(difat_places) == difat_count
        assert listed[fat_count:] == [FREE] * (len(listed) - fat_count)
        listed = listed[:fat_count]
        self.fat = numbers(b"".join(self._sector(number) for number in listed))
        count = len(self.data) // 512 - 1
        assert self.fat[count:] == [FREE] * (len(self.fat) - count)
        assert len(self.fat) - count < 128
        assert FREE not in self.fat[:count]
        assert [number for number, following in enumerate(self.fat) if following == FAT] == sorted(listed)
        assert [number for number, following in enumerate(self.fat) if following == DIFAT] == sorted(difat_places)

    def _sector(self, number: int) -> bytes:
        assert 512 * (number + 2) <= len(self.data)
        return self.data[512 * (number + 1) : 512 * (number + 2)]

    def _chain(self, number: int, owner: str) -> bytes:
        found = []
        while number != END:
            assert number not in self.used, f"{owner} crosses {self.used[number]}"
            self.used[number] = owner
            found.append(self._sector(number))
            number = self.fat[number]
        return b"".join(found)

    def _mini_chain(self, number: int, owner: str) -> bytes:
        found = []
        while number != END:
            assert number not in self.mini_used, f"{owner} crosses {self.mini_used[number]}"
            self.mini_used[number] = owner
            found.append(self.mini_stream[64 * number : 64 * number + 64])
            number = self.mini_fat[number]
        return b"".join(found)

    def _entry(self, record: bytes) -> Entry:
        name, length, kind, color, left, right, child, rest, start, size = struct.unpack("<64sHBBIII36sIQ", record)
        assert rest == bytes(36)  # no class, no state, no times
        text = str(name.decode("utf-16-le").rstrip("\0"))
        assert length == (2 * len(text) + 2 if text else 0)
        return Entry(text, kind, color, left, right, child, start, size)

    def _walk(self, top: int, path: str) -> None:
        names, _ = self._in_order(top, parent_color=BLACK)
        keys = [(len(entry.name), entry.name.upper()) for entry in names]
        assert keys == sorted(set(keys))
        for entry in names:
            if entry.kind == STORAGE:
                assert (entry.start, entry.size) == (0, 0)
                self._walk(entry.child, f"{path}{entry.name}/")
            else:
                self.streams[path + entry.name] = self._content(entry, path + entry.name)
        assert top == FREE or self.entries[top].color == BLACK

    def _in_order(self, number: int, parent_color: int) -> tuple[list[Entry], int]:
        """The entries of a tree from left to right, and how many black ones are on every way down."""
        if number == FREE:
            return [], 0
        assert number not in self.seen
        self.seen.add(number)
        entry = self.entries[number]
        assert not (entry.color == RED and parent_color == RED)
        left, black_left = self._in_order(entry.left, entry.color)
        right, black_right = self._in_order(entry.right, entry.color)
        assert black_left == black_right
        return [*left, entry, *right], black_left + (entry.color == BLACK)

    def _content(self, entry: Entry, path: str) -> bytes:
        assert (entry.kind, entry.child) == (STREAM, FREE)
        size, content = (64, self._mini_chain) if entry.size < 4096 else (512, self._chain)
        data = content(entry.start, path)
        assert 0 <= len(data) - entry.size < size
        assert not any(data[entry.size :])
        return data[: entry.size]


def blocks(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


def numbers(data: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(data) // 4}I", data))


def flat(storage: Storage, path: str = "") -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, content in storage.items():
        found |= {path + name: content} if isinstance(content, bytes) else flat(content, f"{path}{name}/")
    return found


def check_both_ways(storage: Storage) -> bytes:
    data = compound_file(storage)
    assert Compound(data).streams == flat(storage)
    with olefile.OleFileIO(data, raise_defects=olefile.DEFECT_POTENTIAL) as file:
        assert {"/".join(path): file.openstream(path).read() for path in file.listdir()} == flat(storage)
        assert not file.parsing_issues
    return data


SIZES = [0, 1, 63, 64, 65, 511, 512, 513, 4095, 4096, 4097, 8192, 70000]


@pytest.mark.parametrize("size", SIZES)
def test_a_stream_of_any_size_comes_back(size: int) -> None:
    check_both_ways({"a": random.Random(size).randbytes(size)})


def test_streams_of_all_sizes_come_back_together() -> None:
    streams = {f"s{size}": random.Random(size).randbytes(size) for size in SIZES}
    check_both_ways({"VBA": {**streams, "deeper": {**streams, "empty": {}}}, **streams})
    check_both_ways({})


@pytest.mark.parametrize("sectors", range(120, 132))
def test_the_table_counts_its_own_sectors(sectors: int) -> None:
    check_both_ways({"a": random.Random(sectors).randbytes(512 * sectors)})


# 109 sectors of the table, for 128 each, are listed in the header, 127 in each sector of the list; all count themselves
@pytest.mark.parametrize(("used", "lists"), [(109 * 127, 0), (109 * 127 + 1, 1), (110 * 127 - 1, 1), (110 * 127, 1), (32_000, 2)])
def test_a_big_file_lists_its_table_in_sectors(used: int, lists: int) -> None:
    data = check_both_ways({"a": random.Random(used).randbytes(512 * (used - 1))})  # one more is the directory
    assert int.from_bytes(data[72:76], "little") == lists


@settings(deadline=None)
@given(st.sets(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True), min_size=1, max_size=70))
def test_the_directory_is_a_search_tree(names: set[str]) -> None:
    check_both_ways({"VBA": {name: name.encode() for name in {name.upper(): name for name in names}.values()}})


@pytest.mark.parametrize("name", ["", "a/b", "a\\b", "a:b", "a!b", "x" * 32, "현재_통합_문서", "a\0"])
def test_a_name_that_the_format_does_not_allow_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a name"):
        compound_file({"VBA": {name: b""}})


def test_names_that_differ_in_case_only_are_refused() -> None:
    with pytest.raises(ValueError, match="upper and lower case only: 'dir', 'DIR'"):
        compound_file({"dir": b"", "PROJECT": b"", "DIR": b""})


# the project

CODE = 'Option Explicit\nPublic Function KIS_TEST(ByVal x As Double) As Double\n    KIS_TEST = 2 * x\nEnd Function\n\n\' "end"\n'
MODULES = [
    Module("ThisWorkbook", "Private Sub Workbook_Open()\r\nEnd Sub\r\n", ModuleKind.WORKBOOK),
    Module("Sheet1", "", ModuleKind.WORKSHEET),
    Module("Code", CODE),
    Module("Cache", "Public Size As Long", ModuleKind.CLASS),
    Module("Long_1", "".join(f"Sub S{number}()\rEnd Sub\r" for number in range(3000))),
]
DOCUMENT = """\
Attribute VB_Name = "{}"
Attribute VB_Base = "0{{{}-0000-0000-C000-000000000046}}"
Attribute VB_GlobalNameSpace = False
Attribute VB_Creatable = False
Attribute VB_PredeclaredId = True
Attribute VB_Exposed = True
Attribute VB_TemplateDerived = False
Attribute VB_Customizable = True
"""
CLASS = """\
Attribute VB_Name = "Cache"
Attribute VB_Base = "0{FCFB3D2A-A0FA-1068-A738-08002B3371B5}"
Attribute VB_GlobalNameSpace = False
Attribute VB_Creatable = False
Attribute VB_PredeclaredId = False
Attribute VB_Exposed = False
Attribute VB_TemplateDerived = False
Attribute VB_Customizable = False
"""


def macros(project: bytes) -> dict[str, tuple[str, str]]:
    """What oletools reads: by stream, the file name that it gives the module (.bas or .cls) and the text."""
    parser = VBA_Parser("vbaProject.bin", data=project, relaxed=False)
    try:
        return {stream: (name, text) for _, stream, name, text in parser.extract_macros()}
    finally:
        parser.close()


def test_every_module_reads_back_with_exactly_its_text() -> None:
    expected = {
        "VBA/ThisWorkbook": ("ThisWorkbook.cls", DOCUMENT.format("ThisWorkbook", "00020819") + "Private Sub Workbook_Open()\nEnd Sub\n"),
        "VBA/Sheet1": ("Sheet1.cls", DOCUMENT.format("Sheet1", "00020820")),
        "VBA/Code": ("Code.bas", 'Attribute VB_Name = "Code"\n' + CODE),
        "VBA/Cache": ("Cache.cls", CLASS + "Public Size As Long\n"),
        "VBA/Long_1": ("Long_1.bas", 'Attribute VB_Name = "Long_1"\n' + MODULES[4].source.replace("\r", "\n")),
    }
    read = macros(vba_project(MODULES))
    assert read == {stream: (name, text.replace("\n", "\r\n")) for stream, (name, text) in expected.items()}
    assert list(read) == list(expected)


def test_the_file_holds_these_streams_and_no_compiled_code() -> None:
    streams = Compound(vba_project(MODULES, name="KISBalance")).streams
    assert set(streams) == {"PROJECT", "PROJECTwm", "VBA/_VBA_PROJECT", "VBA/dir", *(f"VBA/{module.name}" for module in MODULES)}
    assert streams["VBA/_VBA_PROJECT"].hex() == "cc61ffff000000"
    assert [expanded(streams[f"VBA/{module.name}"]).decode() for module in MODULES] == [module.text() for module in MODULES]


def records(stream: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(stream):
        number, length = struct.unpack_from("<HI", stream, at)
        length += 2 if number == 9 else 0  # the version's minor number is not counted
        found.append((number, stream[at + 6 : at + 6 + length]))
        at += 6 + length
    assert at == len(stream)
    return found


def test_the_dir_stream_holds_what_the_specification_asks_for_and_no_references() -> None:
    zero = bytes(4)
    found = records(expanded(Compound(vba_project(MODULES, name="KISBalance")).streams["VBA/dir"]))
    assert found[:16] == [
        (0x01, b"\x01\0\0\0"), (0x02, b"\x09\x04\0\0"), (0x14, b"\x09\x04\0\0"), (0x03, b"\xe4\x04"), (0x04, b"KISBalance"),
        (0x05, b""), (0x40, b""), (0x06, b""), (0x3D, b""), (0x07, zero), (0x08, zero), (0x09, b"\x01\0\0\0\0\0"),
        (0x0C, b""), (0x3C, b""), (0x0F, b"\x05\0"), (0x13, b"\xff\xff"),
    ]  # fmt: skip
    expected = [
        record
        for module in MODULES
        for name, wide in [(module.name.encode(), module.name.encode("utf-16-le"))]
        for record in [
            (0x19, name), (0x47, wide), (0x1A, name), (0x32, wide), (0x1C, b""), (0x48, b""), (0x31, zero), (0x1E, zero),
            (0x2C, b"\xff\xff"), (0x21 if module.kind is ModuleKind.STANDARD else 0x22, b""), (0x2B, b""),
        ]
    ]  # fmt: skip
    assert found[16:] == [*expected, (0x10, b"")]


def test_the_project_stream_lists_the_modules() -> None:
    streams = Compound(vba_project(MODULES, name="KISBalance")).streams
    text = streams["PROJECT"].decode("ascii")
    hidden = re.sub(r'"(\{[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\}|[0-9A-F]{16,28})"', '"*"', text)
    assert hidden.split("\r\n") == [
        'ID="*"', "Document=ThisWorkbook/&H00000000", "Document=Sheet1/&H00000000", "Module=Code", "Class=Cache", "Module=Long_1",
        'Name="KISBalance"', 'HelpContextID="0"', 'VersionCompatible32="393222000"', 'CMG="*"', 'DPB="*"', 'GC="*"', "",
        "[Host Extender Info]", "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000", "",
        "[Workspace]", *(f"{module.name}=0, 0, 0, 0, C" for module in MODULES), "",
    ]  # fmt: skip
    names = [module.name.encode() + b"\0" + (module.name + "\0").encode("utf-16-le") for module in MODULES]
    assert streams["PROJECTwm"] == b"".join(names) + b"\0\0"


def decrypted(text: str, identity: str) -> bytes:
    """MS-OVBA 2.4.3.3, from the specification: the data, when version, key and length are right."""
    seed, version, key, *rest = bytes.fromhex(text)
    assert version ^ seed == 2
    assert key ^ seed == sum(identity.encode()) % 256
    plain, last, one, two = [], key ^ seed, key, version
    for byte in rest:
        last = byte ^ (two + last) % 256
        one, two = byte, one
        plain.append(last)
    plain = plain[(seed & 6) // 2 :]
    assert int.from_bytes(plain[:4], "little") == len(plain) - 4
    return bytes(plain[4:])


@settings(deadline=None)
@given(st.integers())
def test_the_project_is_open_to_all(number: int) -> None:
    text = Compound(vba_project([Module("Code", f"' {number}")])).streams["PROJECT"].decode()
    said = dict(re.findall(r'^(ID|CMG|DPB|GC)="(.*)"\r$', text, re.MULTILINE))
    assert decrypted(said["CMG"], said["ID"]) == bytes(4)  # nobody protects it
    assert decrypted(said["DPB"], said["ID"]) == b"\0"  # no password
    assert decrypted(said["GC"], said["ID"]) == b"\xff"  # visible
    assert 22 <= len(said["CMG"]) <= 28
    assert 16 <= len(said["GC"]) <= 22


def test_the_specifications_example_of_encryption() -> None:
    identity = "{917DED54-440B-4FD1-A5C1-74ACF261E600}"
    assert encrypted(bytes(4), identity, 0x07) == "0705D8E3D8EDDBF1DBF1DBF1DBF1"
    assert encrypted(bytes(1), identity, 0x0E) == "0E0CD1ECDFF4E7F5E7F5E7"
    assert encrypted(b"\xff", identity, 0x15) == "1517CAF1D6F9D7F9D706"


def test_the_same_modules_give_the_same_bytes_and_others_another_identity() -> None:
    assert vba_project(MODULES) == vba_project(list(MODULES))
    projects = [
        vba_project(MODULES),
        vba_project(MODULES, name="Other"),
        vba_project(MODULES[:-1]),
        vba_project([*MODULES[:-1], Module("Long_1", "")]),
    ]
    assert len({Compound(project).streams["PROJECT"].split(b"\r\n")[0] for project in projects}) == len(projects)


def test_the_file_of_an_exported_module_is_kept_as_it_is() -> None:
    text = 'Attribute VB_Name = "xlwings"\r\n#Const App = "Microsoft Excel"\r\n\r\n'
    assert Module("xlwings", text).text() == text


def test_the_file_of_an_exported_class_loses_its_head_and_gets_what_excel_adds() -> None:
    head = "VERSION 1.0 CLASS\nBEGIN\n  MultiUse = -1  'True\nEND\n"
    own = 'Attribute VB_Name = "Cache"\nAttribute VB_Exposed = True\nAttribute VB_Description = "kept"\n'
    module = Module("Cache", head + own + "Public Size As Long\n", ModuleKind.CLASS)
    expected = CLASS.replace("VB_Exposed = False", "VB_Exposed = True") + 'Attribute VB_Description = "kept"\nPublic Size As Long\n'
    assert module.text() == expected.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("Sub A()\n' 한글\nEnd Sub", "VBA module Code, line 2: the character '한' is not printable ASCII"),
        ("a = 1\r\nb = \0", r"VBA module Code, line 2: the character '\x00' is not printable ASCII"),
        ("\n\n" + "x" * 1024, "VBA module Code, line 3: 1024 characters, more than 1023"),
        ("a = 1 + _\n" * 25 + "1", "VBA module Code, line 25: more than 24 line continuations in one statement"),
        ('\'\nAttribute VB_Name = "Other"\n', "VBA module Code, line 2: the text is that of module Other"),
    ],
)
def test_text_that_vba_cannot_hold_is_refused_by_module_and_line(source: str, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Module("Code", source)


def test_text_at_the_limits_is_taken() -> None:
    source = "x" * 1023 + "\r\n" + ("a = 1 + _\r\n" * 24 + "1\r\n") * 2 + "name_\r\n" * 30 + "\tTab\r\n"
    assert Module("Code", source).text().endswith(source)


@pytest.mark.parametrize("name", ["", "1st", "_x", "a b", "a-b", "모듈", "x" * 32, "dir", "Dir", "a\n"])
def test_a_name_that_vba_does_not_take_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="VBA module"):
        Module(name, "")


@pytest.mark.parametrize(
    ("names", "project"), [(["Code", "CODE"], "VBAProject"), (["Code", "vbaproject"], "VBAProject"), (["Code"], "code")]
)
def test_names_that_are_the_same_to_vba_are_refused(names: list[str], project: str) -> None:
    with pytest.raises(ValueError, match="another module or the project has the same name"):
        vba_project([Module(name, "") for name in names], name=project)


def test_a_project_name_that_vba_does_not_take_is_refused() -> None:
    with pytest.raises(ValueError, match="not a name for a VBA project: 'my project'"):
        vba_project(MODULES, name="my project")


def test_a_module_that_cannot_be_compressed_is_named() -> None:
    noise = random.Random(1)
    lines = ["".join(noise.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", k=1000)) for _ in range(4)]
    with pytest.raises(ValueError, match=r"^VBA module Noise: the 40\d\d bytes from byte 0 do not repeat"):
        vba_project([Module("Noise", "\n".join("'" + line for line in lines))])


def test_xlsxwriter_puts_the_project_into_a_workbook() -> None:
    project, file = vba_project(MODULES), io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as workbook:
        workbook.add_vba_project(io.BytesIO(project), is_stream=True)
        workbook.set_vba_name("ThisWorkbook")
        workbook.add_worksheet().set_vba_name("Sheet1")
    assert macros(file.getvalue()).keys() == {f"VBA/{module.name}" for module in MODULES}
