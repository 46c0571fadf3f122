"""What stands on the sheets of the report: each sheet as a table of captions, columns and rows, with no styling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from kis_xl import __version__
from kis_xl.cells import Cell, cell, moment, text
from kis_xl.fields import (
    HOLDING_FIELDS,
    PARAMETERS,
    PATH,
    REQUEST_HEADERS,
    RESPONSE_BODY,
    RESPONSE_HEADERS,
    SUMMARY_FIELDS,
    Field,
    by_key,
)
from kis_xl.language import Language, Text
from kis_xl.models import Balance

_TEXT_FORMAT = "@"


@dataclass(frozen=True)
class Column:
    """A column: its caption, its number format, whether its sign is coloured, and its width in characters."""

    caption: str
    number_format: str = _TEXT_FORMAT
    signed: bool = False
    width: int | None = None
    wrap: bool = False
    align: str = ""


@dataclass(frozen=True)
class Sheet:
    """A sheet with one named table from A1: its title, columns and rows.

    `formats` gives the second column's format row by row, where rows differ in kind. `names` are defined names for
    cells: name → row and column, both from 0. Rows whose value begins with `alarm` stand out; `footer` is printed.
    """

    title: str
    table: str
    columns: tuple[Column, ...]
    rows: Iterable[tuple[Cell, ...]]
    count: int
    formats: tuple[str, ...] = ()
    names: tuple[tuple[str, int, int], ...] = ()
    alarm: str = ""
    footer: str = ""


_DIFFERS = Text("불일치", "DIFFERS")
_NOT_KIS = Text("한국투자증권 서버가 아님(시뮬레이터 등)", "not a server of KIS (a simulator, for instance)")
_DEFINED_NAMES = {"TotalValuation": "tot_evlu_amt", "NetAssets": "nass_amt", "Deposit": "dnca_tot_amt"}


def holdings(balance: Balance, language: Language) -> Sheet:
    """A row a holding, the 26 columns in the document's order."""
    columns = tuple(Column(field.caption.in_(language), field.kind.number_format, field.signed) for field in HOLDING_FIELDS)
    rows = (tuple(cell(field, getattr(row, field.key)) for field in HOLDING_FIELDS) for row in balance.holdings)
    return Sheet(
        Text("보유종목", "Holdings").in_(language), "Holdings", columns, rows, len(balance.holdings), footer=_footer(balance, language)
    )


def account(balance: Balance, language: Language) -> Sheet:
    """The 24 totals: caption, value and API key. The values are blank where the service has none (an empty mock account)."""
    summary = balance.summary
    rows: list[tuple[Cell, ...]] = [
        (field.caption.in_(language), None if summary is None else cell(field, getattr(summary, field.key)), field.key)
        for field in SUMMARY_FIELDS
    ]
    columns = (
        Column(Text("항목", "Item").in_(language)),
        Column(Text("값", "Value").in_(language), "General", width=20),
        Column(Text("API 항목", "API key").in_(language)),
    )
    place = {field.key: row for row, field in enumerate(SUMMARY_FIELDS)}
    names = tuple((name, place[key], 1) for name, key in _DEFINED_NAMES.items())
    formats = tuple(field.kind.number_format for field in SUMMARY_FIELDS)
    return Sheet(
        Text("계좌", "Account").in_(language), "Account", columns, rows, len(rows), formats, names, footer=_footer(balance, language)
    )


def fields(language: Language) -> Sheet:
    """The legend: every header, parameter and field of the API document."""
    columns = (
        Column(Text("구분", "Table").in_(language)),
        Column(Text("API 항목", "API key").in_(language)),
        Column(Text("한글명", "Korean").in_(language)),
        Column(Text("영문명", "English").in_(language)),
        Column(Text("형식", "Type").in_(language)),
        Column(Text("단위", "Unit").in_(language)),
        Column(Text("길이", "Length").in_(language), "0"),
        Column(Text("필수", "Required").in_(language)),
        Column(Text("설명", "Note").in_(language), width=70, wrap=True),
    )
    rows = list(_legend(language))
    return Sheet(Text("항목", "Fields").in_(language), "Fields", columns, rows, len(rows))


def _legend(language: Language) -> Iterator[tuple[Cell, ...]]:
    tables: tuple[tuple[Text, tuple[Field, ...]], ...] = (
        (Text("보유종목 output1", "holdings, output1"), HOLDING_FIELDS),
        (Text("계좌 output2", "account, output2"), SUMMARY_FIELDS),
        (Text("요청 헤더", "request header"), REQUEST_HEADERS),
        (Text("요청 파라미터", "request parameter"), PARAMETERS),
        (Text("응답 헤더", "response header"), RESPONSE_HEADERS),
        (Text("응답 본문", "response body"), RESPONSE_BODY),
    )
    blank = Text("공란", "blank").in_(language)
    for table, entries in tables:
        for field in entries:
            note = field.note.in_(language)
            allowed = "; ".join(f"{value or blank}: {meaning.in_(language)}" for value, meaning in field.choices.items())
            yield (
                table.in_(language),
                field.key,
                field.ko,
                field.en,
                field.kind.caption.in_(language),
                field.kind.unit.in_(language),
                field.length,
                "Y" if field.required else "N",
                " · ".join(part for part in (note, allowed) if part),
            )


def provenance(balance: Balance, language: Language) -> Sheet:
    """Where the figures come from: when, from whom, how asked, how many, and how they check."""
    rows = [(name.in_(language), value) for name, value in _facts(balance, language)]
    parameters = by_key(PARAMETERS)
    for key, chosen in balance.parameters.items():
        meaning = parameters[key].choices.get(chosen)
        rows.append((key, f"{chosen} ({meaning.in_(language)})" if meaning else chosen))
    for check in balance.checks():
        verdict = Text("일치", "agrees").in_(language) if check.ok else _DIFFERS.in_(language)
        shown = Text(
            f"{verdict}: 합계 {check.expected:,}, 계산 {check.actual:,}", f"{verdict}: given {check.expected:,}, computed {check.actual:,}"
        )
        rows.append((Text(f"검산: {check.caption.ko}", f"check: {check.caption.en}").in_(language), shown.in_(language)))
    cells: list[tuple[Cell, ...]] = [(name, text(value) if isinstance(value, str) else value) for name, value in rows]
    columns = (
        Column(Text("항목", "Name").in_(language), width=44, wrap=True),
        Column(Text("값", "Value").in_(language), "General", width=70, wrap=True, align="left"),
    )
    formats = tuple(_format(value) for _, value in cells)
    title = Text("조회정보", "Provenance").in_(language)
    return Sheet(
        title, "Provenance", columns, cells, len(cells), formats, (("AsOf", 0, 1),), _DIFFERS.in_(language), _footer(balance, language)
    )


def _format(value: Cell) -> str:
    if isinstance(value, datetime):
        return "yyyy-mm-dd hh:mm:ss"
    return _TEXT_FORMAT if isinstance(value, str) else "0.00" if isinstance(value, float) else "#,##0"


def _footer(balance: Balance, language: Language) -> str:
    """What stands on every printed page: when, and that it is no real account where it may not be one."""
    return f"{balance.as_of:%Y-%m-%d %H:%M} KST" + ("" if _from_kis(balance) else f"  {_NOT_KIS.in_(language)}")


def _from_kis(balance: Balance) -> bool:
    return balance.host == balance.environment.host


def _source(balance: Balance) -> Text:
    if _from_kis(balance):
        return Text(f"한국투자증권 KIS Open API, {balance.host}", f"KIS Open API of Korea Investment & Securities, {balance.host}")
    return Text(f"{_NOT_KIS.ko}: {balance.host}", f"{_NOT_KIS.en}: {balance.host}")


def _facts(balance: Balance, language: Language) -> list[tuple[Text, Cell]]:
    environment = balance.environment.caption.in_(language)
    return [
        (Text("조회 시각 (KST)", "as of (KST)"), moment(balance.as_of)),
        (Text("계좌", "account"), balance.account.masked),
        (Text("계좌 이름", "account name"), balance.name),
        (
            Text("환경", "environment"),
            environment if _from_kis(balance) else f"{environment}, {_NOT_KIS.in_(language)}",
        ),
        (Text("자료 출처", "data source"), _source(balance).in_(language)),
        (Text("시세가 없는 종목", "stocks without a price"), ", ".join(f"{row.prdt_name} ({row.pdno})" for row in balance.unpriced())),
        (Text("API", "API"), f"GET {PATH}"),
        (Text("거래ID", "transaction id"), balance.environment.tr_id),
        (Text("서버 메시지", "service's message"), balance.message),
        (Text("페이지 수", "pages"), balance.pages),
        (Text("보유 행 수", "rows"), len(balance.holdings)),
        (Text("다시 시작한 횟수", "restarts"), balance.restarts),
        (Text("걸린 시간(초)", "seconds taken"), round(balance.seconds, 2)),
        (Text("문서에 없는 항목 수", "fields beyond the document"), len(balance.extras)),
        (Text("만든 프로그램", "made by"), f"kis_xl {__version__}"),
    ]
