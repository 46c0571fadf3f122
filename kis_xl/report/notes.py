"""The sheets that explain: the legend of every column, and where the figures come from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from openpyxl.utils import get_column_letter

from kis_xl import __version__
from kis_xl.cells import Cell, moment, text
from kis_xl.changes import CHANGE_FIELDS, EFFECT_FIELDS, MOVE_FIELD, NO_PRICE
from kis_xl.digest import digest
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
from kis_xl.models import Balance, Check
from kis_xl.report.days import DATE
from kis_xl.report.days import REMARK as REMARK_OF_CHANGE
from kis_xl.report.holdings import ACCOUNT, AGREES, API_KEY, DIFFERS, GROUP, ITEM, REMARK, TOTAL, VALUE, account_column
from kis_xl.report.look import MOMENT, PLAIN, UP, WON, Look
from kis_xl.report.notices import named
from kis_xl.report.past import DAILY_FIELDS
from kis_xl.report.rows import Shown
from kis_xl.report.sheet import Column, Row, Sheet, Table
from kis_xl.report.subject import NOT_KIS, Part, Subject

#: The sheet Changes shows the move in the column of the state, in more words than the function KIS_CHANGES does.
_OF_CHANGES: Final = tuple(
    replace(field, note=MOVE_FIELD.note) if field.key == "state" else field
    for field in (*CHANGE_FIELDS, *EFFECT_FIELDS)
    if field not in HOLDING_FIELDS
)
_TABLES: Final[tuple[tuple[Text, tuple[Field, ...]], ...]] = (
    (Text("보유종목 output1", "holdings, output1"), HOLDING_FIELDS),
    (Text("계좌 output2", "account, output2"), SUMMARY_FIELDS),
    (Text("변동 (kis_xl이 계산)", "changes (computed by kis_xl)"), _OF_CHANGES),
    (Text("추이 (저장된 날)", "history (stored days)"), DAILY_FIELDS),
    (Text("요청 헤더", "request header"), REQUEST_HEADERS),
    (Text("요청 파라미터", "request parameter"), PARAMETERS),
    (Text("응답 헤더", "response header"), RESPONSE_HEADERS),
    (Text("응답 본문", "response body"), RESPONSE_BODY),
)
_VALUE: Final = Look(align="left", indent=1, wrap=True)
_NAME: Final = Text("항목", "Name")
_ACCOUNT_SHEET: Final = Text("계좌 시트", "sheet Account")
_PROVENANCE_SHEET: Final = Text("조회정보 시트", "sheet Provenance")
#: The columns that are no field of anything: where they stand, their captions, what is in them.
_OTHERS: Final[tuple[tuple[Text, Text, Text], ...]] = (
    (
        Text("여러 계좌의 보고서", "report over several accounts"),
        ACCOUNT,
        Text("행이 어느 계좌의 것인지, 설정한 이름으로", "whose row it is, by the name in the settings"),
    ),
    (_ACCOUNT_SHEET, ITEM, Text("계좌 output2 항목의 이름", "the name of a field of output2")),
    (
        _ACCOUNT_SHEET,
        VALUE,
        Text(
            "서버의 값 그대로. 여러 계좌의 보고서에서는 계좌 이름의 열에 있음",
            "as the service gave it; of several accounts in the columns of their names",
        ),
    ),
    (
        _ACCOUNT_SHEET,
        TOTAL,
        Text(
            "여러 계좌의 보고서에만 있음. 원 단위 금액을 kis_xl이 더한 값",
            "of several accounts only: the sum of amounts in won, by kis_xl",
        ),
    ),
    (_ACCOUNT_SHEET, API_KEY, Text("API 문서의 항목 이름", "the field's name in the API document")),
    (_ACCOUNT_SHEET, GROUP, Text("API 문서의 순서대로 묶은 것", "the fields in groups, in the document's order")),
    (_ACCOUNT_SHEET, REMARK, Text("API 문서의 설명", "what the API document says of the field")),
    (
        Text("변동", "changes"),
        REMARK_OF_CHANGE,
        Text(f"'{NO_PRICE.ko}': 어느 시점에 시세가 없어 영향을 나누지 않은 종목", f"'{NO_PRICE.en}': not divided, a price is missing"),
    ),
    (
        Text("추이 (저장된 날)", "history (stored days)"),
        DATE,
        Text("한국 날짜. 마지막 행은 이 보고서의 날", "the Korean date; the last row is the report's own"),
    ),
    (_PROVENANCE_SHEET, _NAME, Text("조회에 관한 사실의 이름", "the name of a fact about the inquiry")),
    (_PROVENANCE_SHEET, VALUE, Text("그 사실의 값", "what it is")),
)


def fields(language: Language) -> Sheet:
    """The legend: every column of the other sheets, and every header and parameter of the API document."""
    captions = (
        Text("구분", "Table"), Text("API 항목", "API key"), Text("한글명", "Korean"), Text("영문명", "English"), Text("형식", "Type"),
        Text("단위", "Unit"), Text("길이", "Length"), Text("필수", "Required"), Text("설명", "Note"),
    )  # fmt: skip
    columns = [Column(caption.in_(language), PLAIN) for caption in captions]
    columns[6] = Column(captions[6].in_(language), Look("0", align="center"))
    columns[7] = Column(captions[7].in_(language), Look(align="center"))
    columns[8] = Column(captions[8].in_(language), _VALUE, width=70)
    rows = list(_legend(language))
    return Table(Text("항목", "Fields").in_(language), "Fields", columns, rows, len(rows)).sheet()


def _legend(language: Language) -> Iterator[Row]:
    blank = Text("공란", "blank").in_(language)
    for table, entries in _TABLES:
        for field in entries:
            told = field.note.in_(language)
            allowed = "; ".join(f"{value or blank}: {meaning.in_(language)}" for value, meaning in field.choices.items())
            yield (
                table.in_(language),
                field.key,
                field.ko,
                field.en,
                field.kind.caption.in_(language),
                field.kind.unit.in_(language) or None,
                field.length,
                "Y" if field.required else "N",
                " · ".join(part for part in (told, allowed) if part) or None,
            )
    for where, caption, note in _OTHERS:
        yield (where.in_(language), None, *caption, None, None, None, None, note.in_(language))


def provenance(subject: Subject) -> Sheet:
    """Where the figures come from: when, from whom, how asked, how many, and how they check. Of several accounts a block each."""
    columns = [
        Column(subject.say(_NAME), Look(align="left", indent=1, wrap=True)),
        Column(subject.say(VALUE), _VALUE, width=74),
    ]
    rows: list[Row] = [(subject.say(name), value) for name, value in _of_all(subject)] if subject.together else []
    if subject.together:
        columns.insert(0, account_column(subject))
        rows = [(subject.name, *row) for row in rows]
    for part in subject.parts:
        told = [(subject.say(name), _shown(value)) for name, value in _facts(part, subject)]
        rows += [(text(part.name), *row) if subject.together else row for row in told]
    title = subject.say(Text("조회정보", "Provenance"))
    table = Table(title, "Provenance", columns, rows, len(rows), footer=subject.footer)
    values = get_column_letter(len(columns))
    return table.sheet(names={"AsOf": f"${values}$2"}, codes=[f"{values}2:{values}{len(rows) + 1}"], landscape=False)


def _of_all(subject: Subject) -> Iterator[tuple[Text, Cell | Shown]]:
    yield Text("조회 시각 (KST)", "as of (KST)"), _shown(moment(subject.as_of))
    yield Text("계좌 수", "accounts"), _shown(len(subject.parts))
    yield Text("보유 행 수", "rows"), _shown(subject.count)
    yield Text("만든 프로그램", "made by"), f"kis_xl {__version__}"


def _shown(value: Cell | Shown) -> Cell | Shown:
    if isinstance(value, str):
        return text(value) or None
    if value is None or isinstance(value, Shown):
        return value
    number_format = WON if isinstance(value, int) else "0.00" if isinstance(value, float) else MOMENT
    return Shown(value, Look(number_format, align="left", indent=1))


def _facts(part: Part, subject: Subject) -> Iterator[tuple[Text, Cell | Shown]]:
    balance, language = part.balance, subject.language
    environment = balance.environment.caption.in_(language)
    yield Text("조회 시각 (KST)", "as of (KST)"), moment(balance.as_of)
    yield Text("계좌", "account"), balance.account.masked
    yield Text("계좌 이름", "account name"), balance.name
    yield Text("환경", "environment"), environment if part.from_kis else f"{environment}, {NOT_KIS.in_(language)}"
    yield Text("자료 출처", "data source"), _source(part).in_(language)
    yield from _state(part, language)
    yield Text("API", "API"), f"GET {PATH}"
    yield Text("거래ID", "transaction id"), balance.environment.tr_id
    yield Text("서버 메시지", "service's message"), balance.message
    yield Text("페이지 수", "pages"), balance.pages
    yield Text("보유 행 수", "rows"), len(balance.holdings)
    yield Text("다시 시작한 횟수", "restarts"), balance.restarts
    yield Text("걸린 시간(초)", "seconds taken"), round(balance.seconds, 2)
    yield Text("문서에 없는 항목", "fields beyond the document"), _beyond(balance) or 0
    yield Text("만든 프로그램", "made by"), f"kis_xl {__version__}"
    yield Text("값의 확인용 해시 (다시 읽을 때 확인)", "digest of the figures (checked when they are read back)"), digest(balance)
    known = by_key(PARAMETERS)
    for key, chosen in balance.parameters.items():
        meaning = known[key].choices.get(chosen)
        yield Text(key, key), f"{chosen} ({meaning.in_(language)})" if meaning else chosen
    for check in part.checks:
        yield Text(f"검산: {check.caption.ko}", f"check: {check.caption.en}"), _verdict(check, language)


def _state(part: Part, language: Language) -> Iterator[tuple[Text, Cell]]:
    yield Text("시세가 없는 종목", "stocks without a price"), named(part.unpriced).in_(language)
    yield Text("비교한 이전 조회 (KST)", "compared with (KST)"), None if part.past.earlier is None else moment(part.past.earlier.as_of)
    yield Text("이력에 저장된 이전 날 수", "earlier days in the history"), len(part.past.days)


def _beyond(balance: Balance) -> str:
    return ", ".join(sorted({f"{extra.section}.{extra.key}" for extra in balance.extras}))


def _verdict(check: Check, language: Language) -> Shown:
    verdict = (AGREES if check.ok else DIFFERS).in_(language)
    told = Text(
        f"{verdict}: 기준 {check.expected:,}, 실제 {check.actual:,}", f"{verdict}: expected {check.expected:,}, actual {check.actual:,}"
    )
    look = _VALUE if check.ok else Look(align="left", indent=1, wrap=True, bold=True, color=UP)
    return Shown(told.in_(language), look)


def _source(part: Part) -> Text:
    host = part.balance.host
    if part.from_kis:
        return Text(f"한국투자증권 KIS Open API, {host}", f"KIS Open API of Korea Investment & Securities, {host}")
    return Text(f"{NOT_KIS.ko}: {host}", f"{NOT_KIS.en}: {host}")
