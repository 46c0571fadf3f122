"""Whose balance: the account number, the keys that belong to it, and how it is asked."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from kis_xl.errors import AccountError, ArgumentError, ConfigError
from kis_xl.fields import PARAMETERS, Environment, Field, Kind, by_key
from kis_xl.language import NO_TEXT, Text
from kis_xl.redaction import Secret, register, shown

#: The host of practice accounts, whose figures are made up on this machine.
PRACTICE_HOST: Final = "simulator"
_NUMBER = re.compile(r"([0-9]{8})(?:-?([0-9]{2}))?")
_PARAMETER_FIELDS = by_key(PARAMETERS)
#: The parameters that a user may choose: all but the account's own and the cursors.
CHOOSABLE: dict[str, Field] = {
    key: entry for key, entry in _PARAMETER_FIELDS.items() if entry.kind is not Kind.CODE and not key.startswith("CTX_AREA")
}


@dataclass(frozen=True)
class AccountNumber:
    """An account number, 8 digits and a product code of 2 (01 brokerage, 22 pension savings). Never shown in full."""

    cano: str
    product: str = "01"

    def __post_init__(self) -> None:
        register(self.cano, f"{self.cano[:4]}****")

    @classmethod
    def parse(cls, text: str) -> AccountNumber:
        """Read `12345678-01`, `1234567801` or `12345678` (product code 01); AccountError for anything else."""
        found = _NUMBER.fullmatch(text.strip())
        if found is None:
            raise AccountError(
                # not shown: it may be a real one with a typing error, or a secret in the wrong place
                Text(f"계좌번호 형식이 아닙니다 (글자 {len(text.strip())}개).", f"not an account number ({len(text.strip())} characters)"),
                Text("숫자 8자리, 하이픈(-), 상품코드 2자리로 적으세요.", "Write 8 digits, a hyphen and the product code of 2 digits."),
            )
        return cls(found[1], found[2] or "01")

    @property
    def masked(self) -> str:
        """`1234****-01`."""
        return f"{self.cano[:4]}****-{self.product}"

    def __repr__(self) -> str:
        return f"AccountNumber({self.masked!r})"

    __str__ = __repr__


@dataclass(frozen=True)
class Corporate:
    """What a corporation sends with each call (request headers of the same names); `gt_uid` is made for each call."""

    personalseckey: Secret
    phone_number: Secret
    ip_addr: str
    seq_no: str = "001"

    def __post_init__(self) -> None:
        check_header("personalseckey", self.personalseckey.reveal())
        check_header("phone_number", self.phone_number.reveal())
        check_header("ip_addr", self.ip_addr)
        check_header("seq_no", self.seq_no)


@dataclass(frozen=True)
class Account:
    """An account as the user knows it: its number, its key pair, its environment, and the query it is asked with.

    `parameters` are the user's choices among the API's own parameters, checked here against the document.
    `calls_per_second` 0 is the environment's own limit. A practice account has no service to call but `practice`, which starts a
    simulated one and returns its address.
    """

    name: str
    number: AccountNumber
    appkey: Secret
    appsecret: Secret
    environment: Environment = Environment.REAL
    base_url: str = ""
    corporate: Corporate | None = None
    mac_address: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    calls_per_second: int = 0
    practice: Callable[[], str] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        check_header("appkey", self.appkey.reveal())
        check_header("appsecret", self.appsecret.reveal())
        if self.mac_address:
            check_header("mac_address", self.mac_address)
        if self.base_url:
            check_host(self.base_url)
        object.__setattr__(self, "parameters", check_parameters(self.parameters))

    @property
    def host(self) -> str:
        """Whose figures these are: the address of the service, without a trailing slash; `simulator` for a practice account."""
        if self.practice is not None:
            return PRACTICE_HOST
        if not self.base_url:
            return self.environment.host
        parts = urlsplit(self.base_url)
        # one spelling: the host is part of what a token is kept under
        return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"

    @property
    def address(self) -> str:
        """Where the calls go: `host`, or the address of a practice account's simulator, which is started for it."""
        return self.host if self.practice is None else self.practice()

    @property
    def custtype(self) -> str:
        """B for a corporation, P for a person."""
        return "B" if self.corporate else "P"


def check_header(name: str, value: str) -> None:
    """What is sent as a header is printable ASCII without blanks; ConfigError names the setting, not its value."""
    if not re.fullmatch(r"[!-~]+", value):
        raise ConfigError(
            Text(f"{name} 값이 비어 있거나 잘못되었습니다.", f"{name} is empty or holds other characters"),
            Text("공백이나 한글 없이 발급받은 그대로 적으세요.", "Write it as it was issued, without blanks or letters other than ASCII."),
        )
    is_right, hint = _RULES.get(name, (bool, NO_TEXT))
    if not is_right(value):
        raise ConfigError(Text(f"{name} 값의 형식이 아닙니다.", f"{name} is not of its form"), hint)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


#: What a header must be besides: the document wants the number without hyphens, and a public address.
_RULES: Final[dict[str, tuple[Callable[[str], bool], Text]]] = {
    "phone_number": (str.isdecimal, Text("하이픈 없이 숫자만 적으세요: 01012345678", "Write its digits only: 01012345678.")),
    "ip_addr": (_is_address, Text("203.0.113.9 처럼 적으세요.", "Write it as in 203.0.113.9.")),
}


def check_host(url: str) -> None:
    """Keys and balances travel to this address: https anywhere, plain http only to this machine. Raises ConfigError."""
    fault: Text | None = None
    try:
        parts = urlsplit(url)
        if (
            parts.scheme not in ("https", "http")
            or not parts.hostname
            or "@" in parts.netloc
            or parts.query
            or parts.fragment
            or parts.port == 0
        ):
            fault = Text("https://호스트:포트 형식이 아닙니다", "it is not of the form https://host:port")
        elif parts.scheme == "http" and not is_loopback(parts.hostname):
            fault = Text("http 는 이 컴퓨터(127.0.0.1)로만 쓸 수 있습니다", "plain http is allowed to this machine (127.0.0.1) only")
    except ValueError:
        fault = Text("주소를 읽을 수 없습니다", "it cannot be read as an address")
    if fault is not None:
        raise ConfigError(
            Text(f"서버 주소가 잘못되었습니다: {fault.ko}.", f"the address is wrong: {fault.en}"),
            Text("비워 두면 KIS의 공식 서버를 씁니다.", "Leave it empty to use the official server of KIS."),
        )


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def check_parameters(given: Mapping[str, str]) -> dict[str, str]:
    """The choosable parameters in `given`, checked against the document; ArgumentError names the wrong one.

    Keys may be in any case and come back in the API's spelling.
    """
    checked: dict[str, str] = {}
    for raw_key, raw_value in given.items():
        key, value = raw_key.strip().upper(), raw_value.strip().upper()
        entry = CHOOSABLE.get(key)
        if entry is None:
            names = ", ".join(CHOOSABLE)
            raise ArgumentError(
                Text(f"지정할 수 있는 조회 파라미터가 아닙니다: {shown(raw_key)}", f"not a parameter that can be chosen: {shown(raw_key)}"),
                Text(f"지정할 수 있는 이름: {names}", f"Names that can be chosen: {names}"),
            )
        if (entry.choices and value not in entry.choices) or (entry.length is not None and len(value) > entry.length):
            raise ArgumentError(
                Text(f"{key}: 쓸 수 없는 값입니다: {shown(value)}", f"{key} cannot be {shown(value)}"),
                Text(f"허용되는 값: {_allowed(entry, 'ko')}", f"Allowed values: {_allowed(entry, 'en')}"),
            )
        checked[key] = value
    return checked


def _allowed(entry: Field, language: str) -> str:
    if not entry.choices:
        return f"{entry.length}자 이하" if language == "ko" else f"up to {entry.length} characters"
    return ", ".join(f"{value} ({meaning.ko if language == 'ko' else meaning.en})" for value, meaning in entry.choices.items())


def differing(parameters: Mapping[str, str], usual: Mapping[str, str] = MappingProxyType({})) -> dict[str, str]:
    """Those of `parameters` that are not as usual, in the document's order. What is not in `usual` is by the document's default."""
    return {
        key: parameters[key] for key, entry in CHOOSABLE.items() if key in parameters and parameters[key] != usual.get(key, entry.default)
    }


def query(account: Account, chosen: Mapping[str, str]) -> dict[str, str]:
    """All 11 parameters of a first inquiry: the document's defaults, the account's choices, then this call's."""
    values = {key: entry.default for key, entry in _PARAMETER_FIELDS.items()}
    values |= {"CANO": account.number.cano, "ACNT_PRDT_CD": account.number.product}
    return values | dict(account.parameters) | check_parameters(chosen)
