"""What a call of the balance inquiry must look like, derived from the API document.

Each function returns when the call is in order and raises the `Refusal` of the service otherwise. The document
contradicts itself in two lengths: `seq_no` is "001" with a length of 2, `ip_addr` an address with a length of 12.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from kis_xl.fields import PARAMETERS, REQUEST_HEADERS, Environment, Field
from kis_xl.simulator.accounts import SimAccount
from kis_xl.simulator.messages import Refusal
from kis_xl.simulator.tokens import TokenDesk

CURSOR_KEYS = ("CTX_AREA_FK100", "CTX_AREA_NK100")
_REAL_LENGTHS = {"seq_no": 3, "ip_addr": 15}
_BEARER = "Bearer "
#: The code for each header that is missing or wrong; EGW00101 (bad request) for the others.
_HEADER_CODES = {
    "content-type": "EGW00132",
    "authorization": "EGW00205",
    "appkey": "EGW00103",
    "appsecret": "EGW00105",
    "personalseckey": "EGW00304",
    "tr_id": "OPSQ0002",
    "custtype": "EGW00208",
    "seq_no": "EGW00209",
    "phone_number": "EGW00212",
    "ip_addr": "EGW00207",
}


def check_headers(headers: Mapping[str, str]) -> None:
    """Required headers are there, none is longer than it may be, and choices are among the allowed ones."""
    for entry in REQUEST_HEADERS:
        value = headers.get(entry.key, "")
        length = _REAL_LENGTHS.get(entry.key, entry.length)
        if not value and entry.required:
            missing = {"appkey": "EGW00102", "appsecret": "EGW00104"}
            raise Refusal(missing.get(entry.key, _code(entry)))
        if (length is not None and len(value) > length) or (value and entry.choices and value not in entry.choices):
            raise Refusal(_code(entry))
    kind = headers.get("content-type", "")
    if kind and not is_json(kind):
        raise Refusal("EGW00132")


def is_json(content_type: str) -> bool:
    """Whether a content-type header says JSON."""
    return content_type.partition(";")[0].strip().lower() == "application/json"


def check_keys(headers: Mapping[str, str], environment: Environment, desk: TokenDesk) -> SimAccount:
    """Keys and token belong together, and to this host; the account whose keys they are."""
    account = desk.account(headers.get("appkey"), headers.get("appsecret"))
    if account.environment is not environment:
        raise Refusal("EGW02004" if environment is Environment.REAL else "EGW02007")
    if not headers["authorization"].startswith(_BEARER):
        raise Refusal("EGW00205")
    desk.check(bearer(headers), account, environment)
    return account


def bearer(headers: Mapping[str, str]) -> str:
    """The token of a call."""
    return headers.get("authorization", "").removeprefix(_BEARER)


def check_transaction(headers: Mapping[str, str], environment: Environment) -> None:
    """The transaction id is the balance inquiry's on this host."""
    tr_id = headers["tr_id"]
    if tr_id == environment.tr_id:
        return
    if tr_id in (other.tr_id for other in Environment):
        raise Refusal("EGW02005" if environment is Environment.REAL else "EGW02006")
    raise Refusal("OPSQ0002")


def check_customer(headers: Mapping[str, str], account: SimAccount, used_uids: set[str]) -> None:
    """A person is no corporation; a corporation sends all that identifies its customer, with a new `gt_uid` each call."""
    if not account.corporate:
        if headers.get("custtype", "P") != "P":
            raise Refusal("EGW00208")
        return
    if account.environment is Environment.MOCK:
        raise Refusal("EGW00210")
    if headers.get("custtype") != "B":
        raise Refusal("EGW00208")
    for entry in REQUEST_HEADERS:
        if entry.corporate and not _identifies(entry.key, headers.get(entry.key, "")):
            raise Refusal(_code(entry))
    if headers["gt_uid"] in used_uids:
        raise Refusal("EGW00101", "gt_uid는 거래별로 UNIQUE해야 합니다.")
    used_uids.add(headers["gt_uid"])


def _identifies(key: str, value: str) -> bool:
    """Whether a corporation's header has the form it must have."""
    if key == "seq_no":
        return value == "001"
    if key == "phone_number":
        return value.isdecimal()
    if key == "ip_addr":
        try:
            ipaddress.IPv4Address(value)
        except ValueError:
            return False
    return bool(value)


def check_parameters(parameters: Mapping[str, str], accounts: Iterable[SimAccount], *, allow_by_stock: bool) -> SimAccount:
    """Required parameters are there with allowed values; the account they name, which must be one of the key's."""
    number = f"{parameters.get('CANO', '')}-{parameters.get('ACNT_PRDT_CD', '')}"
    named = next((account for account in accounts if account.number == number), None)
    if named is None:
        raise Refusal("OPSQ2000")
    for entry in PARAMETERS:
        value = parameters.get(entry.key, "")
        blocked = entry.key == "INQR_DVSN" and value == "02" and not allow_by_stock
        if blocked or not _fits(entry, value):
            raise Refusal("OPSQ2001", f"ERROR : INPUT INVALID_CHECK_{entry.key}")
    return named


def unknown(parameters: Mapping[str, str]) -> list[str]:
    """The parameters that the document does not have; the service ignores them."""
    known = {entry.key for entry in PARAMETERS}
    return [key for key in parameters if key not in known]


def _fits(entry: Field, value: str) -> bool:
    if not value:
        return not entry.required
    if entry.length is not None and len(value) > entry.length:
        return False
    return not entry.choices or value in entry.choices


def _code(entry: Field) -> str:
    return _HEADER_CODES.get(entry.key, "EGW00101")
