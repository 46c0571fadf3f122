"""The environment variables: what each is called, what it is for, and which setting of the configuration file it goes before."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import platformdirs

from kis_xl.errors import ConfigError, KisError
from kis_xl.history.place import register_passwords
from kis_xl.language import Text
from kis_xl.redaction import register, shown
from kis_xl.values import Values

#: The three that together are the account `env`.
ACCOUNT_VARIABLES: Final = ("KIS_XL_ACCOUNT", "KIS_XL_APPKEY", "KIS_XL_APPSECRET")
_SECRET_VARIABLES: Final = ("KIS_XL_APPKEY", "KIS_XL_APPSECRET", "KIS_XL_PERSONALSECKEY", "KIS_XL_PHONE_NUMBER")
_ACCOUNT_DIGITS: Final = 8
#: What a corporation sends besides; the first two are secrets.
CORPORATE_KEYS: Final = ("personalseckey", "phone_number", "ip_addr")

#: Every variable and what it is for; the README's table is checked against this one.
VARIABLES: Final[dict[str, Text]] = {
    "KIS_XL_ACCOUNT": Text("계좌번호: 12345678-01", "account number: 12345678-01"),
    "KIS_XL_APPKEY": Text("앱키", "app key"),
    "KIS_XL_APPSECRET": Text("앱시크릿", "app secret"),
    "KIS_XL_ENV": Text("real(실전, 기본값) 또는 mock(모의)", "real (default) or mock"),
    "KIS_XL_BASE_URL": Text("다른 서버 주소(http는 이 컴퓨터로만)", "another host (plain http for this machine only)"),
    "KIS_XL_HOME": Text("데이터 폴더: 설정, 토큰, 추이, 보고서", "the data folder: configuration, token, history, reports"),
    "KIS_XL_LANG": Text("ko 또는 en", "ko or en"),
    "KIS_XL_HISTORY_URL": Text(
        "잔고 이력의 PostgreSQL 서버: postgresql://kis@db/kis (기본: 데이터 폴더의 파일)",
        "the history's PostgreSQL server: postgresql://kis@db/kis (default: a file in the data folder)",
    ),
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


#: The variables of the account `env` by the names that its values have in the configuration file.
OF_AN_ACCOUNT: Final = {
    "number": "KIS_XL_ACCOUNT",
    "environment": "KIS_XL_ENV",
    "customer_type": "KIS_XL_CUSTTYPE",
    **{key: f"KIS_XL_{key.upper()}" for key in ("appkey", "appsecret", "base_url", *CORPORATE_KEYS, "seq_no", "mac_address")},
}
PREFERENCES: Final = {
    "language": "KIS_XL_LANG",
    "history": "KIS_XL_HISTORY_URL",
    "calls_per_second": "KIS_XL_RATE",
    **{key: f"KIS_XL_{key.upper()}" for key in ("connect_timeout", "read_timeout", "attempts")},
}


def variables_in(environ: Mapping[str, str]) -> dict[str, str]:
    """Those of ours that are set in an environment, without blanks around them."""
    return {key: environ[key].strip() for key in VARIABLES if environ.get(key, "").strip()}


def values_of(variables: Mapping[str, str], names: Mapping[str, str]) -> Values:
    """Variables by the names that the configuration file has for them."""
    texts = {key: variables[name] for key, name in names.items() if name in variables}
    return Values(texts, lambda key: Text(names[key], names[key]))


def register_secrets(values: Mapping[str, str]) -> None:
    """Before anything can go wrong: an error about one setting may quote a secret that stands in it by mistake."""
    for key in _SECRET_VARIABLES:
        register(values.get(key, ""))
    register_passwords(values.get("KIS_XL_HISTORY_URL", ""))
    number = "".join(filter(str.isdigit, values.get("KIS_XL_ACCOUNT", "")))
    if len(number) >= _ACCOUNT_DIGITS:
        register(number[:_ACCOUNT_DIGITS], f"{number[:4]}****")


def home_of(values: Mapping[str, str]) -> Path:
    """The data folder that the variables name, by default the system's place for a user's data. ConfigError for a home of nobody."""
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
