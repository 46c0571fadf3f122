"""The settings, in one place: what each is called, what it means, and how it becomes a typed value.

They come from environment variables. The three of an account (KIS_XL_ACCOUNT, KIS_XL_APPKEY, KIS_XL_APPSECRET) make
an account named `env`, which is then the default.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import platformdirs

from kis_xl.accounts import Account, AccountNumber, Corporate, check_parameters
from kis_xl.datafolder import DataFolder
from kis_xl.errors import AccountError, ConfigError, KisError
from kis_xl.fields import Environment
from kis_xl.language import LANGUAGES, Language, Text, current
from kis_xl.policy import Policy, calls_per_second
from kis_xl.redaction import Secret, register, shown

T = TypeVar("T")

ENV_ACCOUNT: Final = "env"
_ACCOUNT_VARIABLES: Final = ("KIS_XL_ACCOUNT", "KIS_XL_APPKEY", "KIS_XL_APPSECRET")
_SECRET_VARIABLES: Final = ("KIS_XL_APPKEY", "KIS_XL_APPSECRET", "KIS_XL_PERSONALSECKEY", "KIS_XL_PHONE_NUMBER")
_ACCOUNT_DIGITS: Final = 8
_CORPORATE_VARIABLES: Final = ("KIS_XL_PERSONALSECKEY", "KIS_XL_PHONE_NUMBER", "KIS_XL_IP_ADDR")

#: Every variable and what it is for; the README's table is checked against this one.
VARIABLES: Final[dict[str, Text]] = {
    "KIS_XL_ACCOUNT": Text("계좌번호: 12345678-01", "account number: 12345678-01"),
    "KIS_XL_APPKEY": Text("앱키", "app key"),
    "KIS_XL_APPSECRET": Text("앱시크릿", "app secret"),
    "KIS_XL_ENV": Text("real(실전, 기본값) 또는 mock(모의)", "real (default) or mock"),
    "KIS_XL_BASE_URL": Text("다른 서버 주소(http는 이 컴퓨터로만)", "another host (plain http for this machine only)"),
    "KIS_XL_HOME": Text("데이터 폴더: 토큰, 호출 기록, 보고서", "the data folder: token, call counter, reports"),
    "KIS_XL_LANG": Text("ko 또는 en", "ko or en"),
    "KIS_XL_RATE": Text(
        "초당 호출 수 (기본값 실전 18, 모의 1; 새 앱키는 3일간 3)", "calls a second (default 18 real, 1 mock; a new key 3 for 3 days)"
    ),
    "KIS_XL_PARAMETERS": Text("조회 파라미터: AFHR_FLPR_YN=X; PRCS_DVSN=01", "query parameters: AFHR_FLPR_YN=X; PRCS_DVSN=01"),
    "KIS_XL_CONNECT_TIMEOUT": Text("연결 제한 시간(초, 기본값 5)", "seconds to wait for a connection (default 5)"),
    "KIS_XL_READ_TIMEOUT": Text("응답 제한 시간(초, 기본값 30)", "seconds to wait for an answer (default 30)"),
    "KIS_XL_ATTEMPTS": Text("일시적 장애에서 시도할 횟수(기본값 6)", "attempts at a passing fault (default 6)"),
    "KIS_XL_CUSTTYPE": Text("P(개인, 기본값) 또는 B(법인)", "P (person, default) or B (corporation)"),
    "KIS_XL_PERSONALSECKEY": Text("법인: 고객식별키", "corporation: customer key"),
    "KIS_XL_PHONE_NUMBER": Text("법인: 핸드폰번호, 숫자만", "corporation: mobile number, digits only"),
    "KIS_XL_IP_ADDR": Text("법인: 공인 IP", "corporation: public IP address"),
    "KIS_XL_SEQ_NO": Text("법인: 일련번호(기본값 001)", "corporation: sequence number (default 001)"),
    "KIS_XL_MAC_ADDRESS": Text("맥주소, 구분값 없이", "MAC address without separators"),
}


@dataclass(frozen=True)
class Settings:
    """What the user has set. Made by `load()`; an account is read, and checked, when it is asked for."""

    folder: DataFolder
    language: Language
    policy: Policy
    _values: Mapping[str, str] = field(repr=False)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the environment (`os.environ` by default). ConfigError names the variable that is wrong."""
        source = os.environ if environ is None else environ
        values = {key: source[key].strip() for key in VARIABLES if source.get(key, "").strip()}
        _register_secrets(values)
        home = _home(values)
        language = _choice(values, "KIS_XL_LANG", {name: name for name in LANGUAGES}, current())
        return cls(DataFolder(home), language, _policy(values), values)

    def parameters(self) -> dict[str, str]:
        """The query parameters for every call. Raises ConfigError or ArgumentError."""
        return check_parameters(parse_pairs(self._values.get("KIS_XL_PARAMETERS", ""), "KIS_XL_PARAMETERS"))

    def account_names(self) -> tuple[str, ...]:
        """The names of all accounts; the default is the first."""
        return (ENV_ACCOUNT,) if any(key in self._values for key in _ACCOUNT_VARIABLES) else ()

    def account(self, name: str | None = None) -> Account:
        """The account called `name`, by default the default one. Raises AccountError or ConfigError."""
        names = self.account_names()
        if not names:
            raise ConfigError(
                Text("설정된 계좌가 없습니다.", "no account is set up"),
                Text(
                    "KIS_XL_ACCOUNT, KIS_XL_APPKEY, KIS_XL_APPSECRET 을 설정하세요. 계좌 없이 보려면 `kis-xl demo` 를 실행하세요.",
                    "Set KIS_XL_ACCOUNT, KIS_XL_APPKEY and KIS_XL_APPSECRET. To look around without an account run `kis-xl demo`.",
                ),
            )
        if name is not None and name not in names:
            known = ", ".join(names)
            raise AccountError(
                Text(f"이런 이름의 계좌가 없습니다: {shown(name)}", f"there is no account called {shown(name)}"),
                Text(f"있는 계좌: {known}", f"Known accounts: {known}"),
            )
        return self._from_environment()

    def _from_environment(self) -> Account:
        values = self._values
        _need(values, _ACCOUNT_VARIABLES, Text("계좌 설정", "the account"))
        corporate = None
        if _choice(values, "KIS_XL_CUSTTYPE", {"P": False, "B": True}, default=False):
            _need(values, _CORPORATE_VARIABLES, Text("법인 계좌(KIS_XL_CUSTTYPE=B)", "a corporate account (KIS_XL_CUSTTYPE=B)"))
            secrets = (Secret(values["KIS_XL_PERSONALSECKEY"]), Secret(values["KIS_XL_PHONE_NUMBER"]))
            corporate = Corporate(*secrets, ip_addr=values["KIS_XL_IP_ADDR"], seq_no=values.get("KIS_XL_SEQ_NO", "001"))
        return Account(
            name=ENV_ACCOUNT,
            number=AccountNumber.parse(values["KIS_XL_ACCOUNT"]),
            appkey=Secret(values["KIS_XL_APPKEY"]),
            appsecret=Secret(values["KIS_XL_APPSECRET"]),
            environment=_choice(values, "KIS_XL_ENV", {entry.key: entry for entry in Environment}, Environment.REAL),
            base_url=values.get("KIS_XL_BASE_URL", ""),
            corporate=corporate,
            mac_address=values.get("KIS_XL_MAC_ADDRESS", ""),
            parameters=self.parameters(),
        )


def _register_secrets(values: Mapping[str, str]) -> None:
    """Before anything can go wrong: an error about one setting may quote a secret that stands in it by mistake."""
    for key in _SECRET_VARIABLES:
        register(values.get(key, ""))
    number = "".join(filter(str.isdigit, values.get("KIS_XL_ACCOUNT", "")))
    if len(number) >= _ACCOUNT_DIGITS:
        register(number[:_ACCOUNT_DIGITS], f"{number[:4]}****")


def _home(values: Mapping[str, str]) -> Path:
    if "KIS_XL_HOME" not in values:
        return platformdirs.user_data_path("kis_xl", appauthor=False)
    try:
        return Path(values["KIS_XL_HOME"]).expanduser()
    except RuntimeError:  # ~somebody who does not exist
        fault = ConfigError(
            Text("KIS_XL_HOME: 이런 사용자의 홈 폴더가 없습니다.", "KIS_XL_HOME names the home of a user who does not exist"),
            Text("폴더의 전체 경로를 적으세요.", "Write the folder's whole path."),
        )
    raise fault


def parse_pairs(text: str, where: str, error: type[KisError] = ConfigError) -> dict[str, str]:
    """`KEY=value; KEY=value` as a dict; an `error` names `where` when a part is not a pair."""
    pairs: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        key, equals, value = part.partition("=")
        if not equals or not key.strip():
            raise error(
                Text(f"{where}: 이름=값 형식이 아닙니다: {shown(part)}", f"{where}: {shown(part)} is not of the form name=value"),
                Text("여러 개는 ; 로 나눕니다: INQR_DVSN=01; PRCS_DVSN=01", "Separate several by ; such as INQR_DVSN=01; PRCS_DVSN=01"),
            )
        pairs[key.strip()] = value.strip()
    return pairs


def _policy(values: Mapping[str, str]) -> Policy:
    basis = Policy()
    calls = _number(values, "KIS_XL_RATE", int, 0, least=1, most=1000)
    return Policy(
        connect_timeout=_number(values, "KIS_XL_CONNECT_TIMEOUT", float, basis.connect_timeout, least=0.1, most=600),
        read_timeout=_number(values, "KIS_XL_READ_TIMEOUT", float, basis.read_timeout, least=0.1, most=600),
        attempts=_number(values, "KIS_XL_ATTEMPTS", int, basis.attempts, least=1, most=50),
        rate=calls_per_second(calls) if calls else None,
    )


def _need(values: Mapping[str, str], keys: tuple[str, ...], whose: Text) -> None:
    missing = ", ".join(key for key in keys if key not in values)
    if missing:
        raise ConfigError(
            Text(f"{whose.ko}에 필요한 값이 없습니다: {missing}", f"{whose.en} lacks {missing}"),
            Text("이 환경 변수를 설정하세요.", "Set these environment variables."),
        )


def _choice(values: Mapping[str, str], key: str, choices: Mapping[str, T], default: T) -> T:
    if key not in values:
        return default
    folded = {name.lower(): value for name, value in choices.items()}
    if values[key].lower() not in folded:
        allowed = ", ".join(choices)
        raise ConfigError(
            Text(f"{key}: 쓸 수 없는 값입니다: {shown(values[key])}", f"{key} cannot be {shown(values[key])}"),
            Text(f"쓸 수 있는 값: {allowed}", f"Allowed values: {allowed}"),
        )
    return folded[values[key].lower()]


def _number(values: Mapping[str, str], key: str, read: Callable[[str], T], default: T, *, least: float, most: float) -> T:
    if key not in values:
        return default
    try:
        number = read(values[key])
    except ValueError:
        number = None
    if number is None or not least <= float(str(number)) <= most:
        raise ConfigError(
            Text(f"{key}: 쓸 수 없는 값입니다: {shown(values[key])}", f"{key} cannot be {shown(values[key])}"),
            Text(f"{least:g} 에서 {most:g} 사이의 숫자를 쓰세요.", f"Use a number from {least:g} to {most:g}."),
        )
    return number
