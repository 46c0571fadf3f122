"""The configuration file: accounts and preferences in TOML, read and checked. It holds no secret.

    default = "내 계좌"
    language = "ko"

    [accounts."내 계좌"]
    id = "0123456789abcdef"       # under which its keys lie in the secret store
    secrets = "system"
    number = "1234****-01"        # the rest of the number lies there, too
    environment = "real"
    parameters.AFHR_FLPR_YN = "X"

What is wrong is told with the line and the key. A key that is not known is wrong: it could be a misspelt one.
"""

from __future__ import annotations

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kis_xl.accounts import AccountNumber, check_header, check_host, check_parameters
from kis_xl.configtext import line_of
from kis_xl.errors import AccountError, ConfigError, KisError, reason_of
from kis_xl.fields import Environment
from kis_xl.history.place import without_password
from kis_xl.language import Text
from kis_xl.redaction import one_line, shown
from kis_xl.secretstore import CHOICES, is_name
from kis_xl.values import Values

FILE_NAME: Final = "config.toml"
ALL: Final = "*"
#: The account of the environment variables.
ENV_ACCOUNT: Final = "env"
_NAME: Final = re.compile(r'[^\x00-\x1f\x7f<>:"/\\|?*]{1,40}')
_MASKED: Final = re.compile(r"[0-9]{4}\*{4}-[0-9]{2}")
#: No number here is longer; the language refuses to write one of thousands of digits.
_MOST_BITS: Final = 256
_EIGHT_DIGITS: Final = re.compile(r"(?:\d[\s._-]*){8}")
_LONGEST_KEY: Final = 30


@dataclass(frozen=True)
class Entry:
    """An account as it stands in the file: everything but its secrets. `values` knows the line of each key."""

    name: str
    values: Values = field(repr=False)
    parameters: Mapping[str, str]
    environment: Environment
    practice: bool

    @property
    def masked(self) -> str:
        """`1234****-01`."""
        number = self.values.text("number")
        return number if _MASKED.fullmatch(number) else AccountNumber.parse(number).masked


@dataclass(frozen=True)
class ConfigFile:
    """The whole file. `values` are the preferences, `accounts` are in the file's order."""

    path: Path
    values: Values = field(repr=False)
    parameters: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, Entry] = field(default_factory=dict)
    default: str = ""

    @property
    def entries(self) -> frozenset[str]:
        """The names of the accounts' entries in the secret store."""
        return frozenset(account.values.text("id") for account in self.accounts.values() if "id" in account.values)


def check_name(name: str) -> str:
    """A name that an account may have, in one spelling; AccountError says why it may not.

    It becomes part of file names, so it has none of the letters that one of the systems forbids.
    """
    plain = unicodedata.normalize("NFC", name.strip())
    if plain.casefold() in (ENV_ACCOUNT, "all", "전체") or not _NAME.fullmatch(plain) or not plain.isprintable() or plain.endswith("."):
        raise AccountError(
            Text(f"계좌 이름으로 쓸 수 없습니다: {shown(name)}", f"an account cannot be called {shown(name)}"),
            Text(
                '40자까지, \\ / : * ? " < > | 없이 적으세요. env, all, 전체 는 쓸 수 없습니다.',
                'Use up to 40 letters without \\ / : * ? " < > | and none of: env, all, 전체.',
            ),
        )
    if _EIGHT_DIGITS.search(plain):
        raise AccountError(
            Text("계좌 이름에 계좌번호를 쓸 수 없습니다.", "an account's name cannot hold its number"),
            Text(
                "이름은 파일 이름과 화면에 그대로 나옵니다: 내 계좌, 연금 처럼 지으세요.",
                "It is shown everywhere: call it savings.",
            ),
        )
    return plain


def read(path: Path) -> ConfigFile:
    """The file at `path`; an empty one where there is none. ConfigError names line and key."""
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        data = b""
    except OSError as error:
        reason = reason_of(error)
        data = None
    if data is None:
        raise ConfigError(
            Text(f"설정 파일을 읽을 수 없습니다: {path} ({reason})", f"the configuration file cannot be read: {path} ({reason})"),
            Text("파일의 권한을 확인하세요.", "Check its permissions."),
        )
    return parse(data, path)


def parse(data: bytes, path: Path) -> ConfigFile:
    """What `data` says, as if it stood at `path`. Raises ConfigError or AccountError, which name line and key."""
    text, table = _toml(data, path)
    reader = _Reader(path, text)
    values = reader.values((), table, (*PREFERENCES, "accounts"))
    if "history" in values:
        values.checked("history", without_password)
    accounts: dict[str, Entry] = {}
    for name, given in reader.table((), table, "accounts").items():
        entry = reader.account(name, given)
        if entry.name.casefold() in (other.casefold() for other in accounts):
            raise reader.fault(("accounts", name), Text("같은 이름의 계좌가 또 있습니다", "there is another account of that name"))
        if "id" in entry.values and entry.values.text("id") in (other.values.text("id") for other in accounts.values()):
            raise reader.fault(
                ("accounts", name, "id"),
                Text("다른 계좌와 같은 id 입니다", "another account has the same id"),
                Text("계좌는 `kis-xl accounts add` 로 추가하세요.", "Add an account with `kis-xl accounts add`."),
            )
        accounts[entry.name] = entry
    default = unicodedata.normalize("NFC", values.text("default"))
    if default and default not in accounts and default != ENV_ACCOUNT:
        known = ", ".join(accounts) or "-"
        raise values.fault("default", default, Text(f"있는 계좌: {known}", f"Known accounts: {known}"))
    return ConfigFile(path, values, reader.parameters((), table), accounts, default or next(iter(accounts), ""))


def _toml(data: bytes, path: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = data.decode("utf-8-sig")
        return text, tomllib.loads(text)
    except UnicodeDecodeError as error:
        line, why = data[: error.start].count(b"\n") + 1, Text("UTF-8 글자가 아닙니다", "it is not UTF-8")
    except (ValueError, RecursionError) as error:  # the second for a thousand brackets; the first also for a thousand digits
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else data.count(b"\n") + 1
        why = Text("TOML 문법에 맞지 않습니다", "it is not TOML")
    raise ConfigError(
        Text(f"{path.name} {line}행을 읽을 수 없습니다: {why.ko}", f"{path.name}, line {line} cannot be read: {why.en}"),
        Text(
            f'{path} 을(를) 고치세요. 글과 한글 이름은 따옴표 안에 적습니다: [accounts."연금"]',
            f'Mend {path}. Texts, and names with letters other than a-z, stand in quotes: [accounts."연금"]',
        ),
    )


def _entry_name(text: str) -> None:
    if not is_name(text):
        raise ConfigError(
            Text("보안 저장소의 항목 이름이 아닙니다", "not the name of an entry of the secret store"),
            Text("`kis-xl setup` 으로 다시 등록하세요.", "Set the account up again with `kis-xl setup`."),
        )


def _header(key: str) -> Callable[[str], object]:
    return lambda text: check_header(key, text)


#: What can stand at the top of the file, and what it is for.
PREFERENCES: Final[dict[str, Text]] = {
    "default": Text("기본 계좌의 이름", "the name of the default account"),
    "language": Text("ko 또는 en", "ko or en"),
    "connect_timeout": Text("연결 제한 시간(초, 기본값 5)", "seconds to wait for a connection (default 5)"),
    "read_timeout": Text("응답 제한 시간(초, 기본값 30)", "seconds to wait for an answer (default 30)"),
    "attempts": Text("일시적 장애에서 시도할 횟수(기본값 6)", "attempts at a passing fault (default 6)"),
    "history": Text(
        "잔고 이력의 PostgreSQL 서버: postgresql://kis@db/kis, 비밀번호 없이",
        "the history's PostgreSQL server: postgresql://kis@db/kis, without a password",
    ),
    "parameters": Text("모든 계좌의 조회 파라미터(표)", "query parameters of all accounts (a table)"),
}
#: What can stand in the table of an account, and what it is for.
OF_AN_ACCOUNT: Final[dict[str, Text]] = {
    "id": Text("보안 저장소에서 이 계좌의 앱키를 찾는 이름", "the name under which its keys lie in the secret store"),
    "secrets": Text("앱키가 있는 곳: auto(기본값), system, file", "where its keys are: auto (default), system, file"),
    "number": Text("가려진 계좌번호 1234****-01", "the masked account number, 1234****-01"),
    "environment": Text("real(기본값) 또는 mock", "real (default) or mock"),
    "customer_type": Text("P(개인, 기본값) 또는 B(법인)", "P (person, default) or B (corporation)"),
    "ip_addr": Text("법인: 공인 IP", "corporation: public IP address"),
    "seq_no": Text("법인: 일련번호(기본값 001)", "corporation: sequence number (default 001)"),
    "mac_address": Text("맥주소, 구분값 없이", "MAC address without separators"),
    "base_url": Text("다른 서버 주소(http는 이 컴퓨터로만)", "another host (plain http for this machine only)"),
    "calls_per_second": Text(
        "초당 호출 수 (기본값 실전 18, 모의 1; 새 앱키는 3일간 3)", "calls a second (default 18 real, 1 mock; a new key 3 for 3 days)"
    ),
    "practice": Text("true: 시뮬레이터의 연습 계좌", "true: a practice account on the simulator"),
    "parameters": Text("이 계좌의 조회 파라미터(표)", "its query parameters (a table)"),
}
_CHECKS: Final[dict[str, Callable[[str], object]]] = {
    "id": _entry_name,
    "base_url": check_host,
    **{key: _header(key) for key in ("ip_addr", "seq_no", "mac_address")},
}


class _Reader:
    """Turns tables into values, and knows where each stood."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._text = text

    def values(self, at: tuple[str, ...], table: Mapping[str, Any], known: tuple[str, ...]) -> Values:
        texts = {}
        for key, value in table.items():
            if key in ("parameters", "accounts") and key in known:  # tables, read elsewhere
                continue
            if key not in known:
                near = ", ".join(difflib.get_close_matches(key, known, n=1) or known)
                hint = Text(f"쓸 수 있는 이름: {near}", f"There is: {near}")
                raise self.fault((*at, key), Text("이런 설정은 없습니다", "there is no such setting"), hint)
            texts[key] = self._written((*at, key), value)
        return Values(texts, lambda key: self.called((*at, key)))

    def account(self, name: str, table: Any) -> Entry:
        at = ("accounts", name)
        if not isinstance(table, dict):
            raise self.fault(at, Text("계좌는 표로 적습니다", "an account is a table"), Text('[accounts."이름"]', '[accounts."name"]'))
        try:
            name = check_name(name)
        except AccountError as error:
            raised = self._with_line(at, error)
        else:
            return self._checked(name, at, table)
        raise raised

    def _checked(self, name: str, at: tuple[str, ...], table: Mapping[str, Any]) -> Entry:
        values = self.values(at, table, tuple(OF_AN_ACCOUNT))
        for key, check in _CHECKS.items():
            if key in values:
                values.checked(key, check)
        practice = values.choice("practice", {"true": True, "false": False}, default=False)
        if not practice:
            _check_number(values)
        environment = values.choice("environment", {each.key: each for each in Environment}, Environment.REAL)
        values.choice("customer_type", {"P": False, "B": True}, default=False)
        values.choice("secrets", {each: each for each in CHOICES}, "auto")
        values.number("calls_per_second", int, 0, least=1, most=1000)
        return Entry(name, values, self.parameters(at, table), environment, practice)

    def parameters(self, at: tuple[str, ...], table: Mapping[str, Any]) -> dict[str, str]:
        """The query parameters of a table, checked one by one so that an error names the line."""
        checked: dict[str, str] = {}
        for key, value in self.table(at, table, "parameters").items():
            where = (*at, "parameters", key)
            try:
                checked |= check_parameters({key: self._written(where, value)})
            except KisError as error:
                raised = error if isinstance(error, ConfigError) else self._with_line(where, error)
            else:
                continue
            raise raised
        return checked

    def table(self, at: tuple[str, ...], table: Mapping[str, Any], key: str) -> dict[str, Any]:
        found = table.get(key, {})
        if not isinstance(found, dict):
            raise self.fault((*at, key), Text("표로 적습니다", "it is a table"), Text(f"[{key}]", f"[{key}]"))
        return found

    def _written(self, at: tuple[str, ...], value: Any) -> str:
        """The value as its text, which is what a variable would hold."""
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str | int | float) and not (isinstance(value, int) and value.bit_length() > _MOST_BITS):
            return str(value)
        raise self.fault(at, Text("글이나 숫자로 적습니다", "it is a text or a number"))

    def called(self, at: tuple[str, ...]) -> Text:
        line = line_of(self._text, at)
        # a key may be a number or a secret in the wrong place: then it is not repeated
        name = ".".join("…" if len(part) > _LONGEST_KEY or _EIGHT_DIGITS.search(part) else one_line(part) for part in at)
        return Text(f"{self._path.name} {line}행 {name}", f"{self._path.name}, line {line}, {name}")

    def fault(self, at: tuple[str, ...], what: Text, hint: Text | None = None) -> ConfigError:
        where = self.called(at)
        mend = hint or Text(f"{self._path} 을(를) 고치세요.", f"Mend {self._path}.")
        return ConfigError(Text(f"{where.ko}: {what.ko}", f"{where.en}: {what.en}"), mend)

    def _with_line(self, at: tuple[str, ...], error: KisError) -> ConfigError:
        return self.fault(at, error.what, error.hint)


def _check_number(values: Values) -> None:
    values.need(("number",), Text("계좌", "the account"))
    if not _MASKED.fullmatch(values.text("number")):
        values.checked("number", AccountNumber.parse)
    else:
        values.need(("id",), Text("가려진 번호의 계좌", "an account with a masked number"))
