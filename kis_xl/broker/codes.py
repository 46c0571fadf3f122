"""The service's message codes: what each means, what it calls for, and what the user is told.

Gathered from KIS's published error-code list, its notices and what users of public clients reported. The code in the
body decides, not the HTTP status: EGW00201 comes with 200 and with 500.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from kis_xl.errors import (
    AccountError,
    ApiError,
    ArgumentError,
    AuthError,
    EnvironmentMismatch,
    IncompleteError,
    KisError,
    PermissionDenied,
    RateLimitError,
    ServerUnavailable,
)
from kis_xl.language import NO_TEXT, Text


class Action(enum.Enum):
    """What a code calls for."""

    FAIL = "tell the user at once"
    RETRY = "wait and call again, a bounded number of times"
    NEW_TOKEN = "get one new token and call again, once"  # noqa: S105 (not a secret)
    WAIT_TOKEN = "wait out the minute, then ask for a token again"  # noqa: S105 (not a secret)
    RESTART = "start again at page 1, a bounded number of times"


class Refusal(Exception):
    """A call that calls for more than an error; only this package sees it.

    `error` is what it comes to if that does not help; `after` is how many seconds the server asks to wait.
    """

    def __init__(self, action: Action, error: KisError, after: float = 0.0) -> None:
        super().__init__(action.name)
        self.action = action
        self.error = error
        self.after = after


@dataclass(frozen=True)
class Meaning:
    """What a message code means: what to do about it, the error it ends in, and the error's texts."""

    action: Action
    error: type[KisError]
    what: Text
    hint: Text = NO_TEXT


_LATER = Text("잠시 후 다시 시도하세요.", "Try again in a while.")
_KEYS = Text(
    "`kis-xl setup` 으로 앱키를 KIS Developers에 보이는 그대로 다시 입력하세요 (환경 변수라면 KIS_XL_APPKEY, KIS_XL_APPSECRET).",
    "Enter the keys again with `kis-xl setup`, exactly as KIS Developers shows them (or KIS_XL_APPKEY and KIS_XL_APPSECRET).",
)
_ACCOUNT = Text(
    "계좌번호와 상품코드(환경 변수라면 KIS_XL_ACCOUNT), 그리고 앱키를 발급받은 계좌인지 확인하세요.",
    "Check number and product code (or KIS_XL_ACCOUNT), and that the app key was issued for this account.",
)
_CORPORATE = Text(
    "법인 계좌는 `kis-xl setup --corporate` 로 등록하세요. 환경 변수라면 KIS_XL_CUSTTYPE=B 와 KIS_XL_PERSONALSECKEY, KIS_XL_SEQ_NO, "
    "KIS_XL_PHONE_NUMBER, KIS_XL_IP_ADDR 가 필요합니다. "
    "개인 계좌라면 KIS_XL_CUSTTYPE 을 지우세요.",
    "Enter a corporate account with `kis-xl setup --corporate`; as variables it needs KIS_XL_CUSTTYPE=B, KIS_XL_PERSONALSECKEY, "
    "KIS_XL_SEQ_NO, KIS_XL_PHONE_NUMBER and KIS_XL_IP_ADDR. "
    "For a personal account remove KIS_XL_CUSTTYPE.",
)
_PERMISSION = Text(
    "KIS Developers에서 API 신청 상태, 허용 IP, 고객 유형을 확인하세요.",
    "Check on KIS Developers that the API is applied for, the allowed IP addresses and the customer type.",
)
_MOCK_KEY = Text(
    "모의투자 앱키입니다: 환경을 mock 으로(config.toml의 environment 또는 KIS_XL_ENV=mock), 또는 실전투자 앱키로 바꾸세요.",
    "It is a mock key: set environment in config.toml (or KIS_XL_ENV=mock), or enter the key of the real account.",
)
_REAL_KEY = Text(
    "실전투자 앱키입니다: 환경을 real 로(config.toml의 environment 또는 KIS_XL_ENV=real), 또는 모의투자 앱키로 바꾸세요.",
    "It is a real key: set environment in config.toml (or KIS_XL_ENV=real), or enter the key of the mock account.",
)
_HOST = Text(
    "KIS_XL_ENV 와 KIS_XL_BASE_URL 이 같은 환경(실전 또는 모의)을 가리키게 하세요.",
    "Make KIS_XL_ENV and KIS_XL_BASE_URL name the same environment, real or mock.",
)

_PASSING = Meaning(
    Action.RETRY, ServerUnavailable, Text("KIS 서버에 일시적인 장애가 있습니다.", "the KIS server has a temporary fault"), _LATER
)
_DEAD_TOKEN = Meaning(
    Action.NEW_TOKEN,
    AuthError,
    Text("새로 받은 접근토큰도 거절되었습니다.", "the service refused the token, and a new one too"),
    Text(
        "앱키와 환경(config.toml의 environment 또는 KIS_XL_ENV)이 맞는지, 다른 프로그램이 토큰을 폐기하고 있지 않은지 보세요.",
        "Check that the app key is of this environment (config.toml or KIS_XL_ENV), and that no other program revokes the token.",
    ),
)
_WRONG_KEY = Meaning(Action.FAIL, AuthError, Text("앱키 또는 앱시크릿이 맞지 않습니다.", "the app key or app secret is wrong"), _KEYS)
_WRONG_ACCOUNT = Meaning(
    Action.FAIL,
    AccountError,
    Text("계좌번호 또는 상품코드가 맞지 않습니다.", "the account or product code does not match"),
    _ACCOUNT,
)
_NOT_PERMITTED = Meaning(
    Action.FAIL, PermissionDenied, Text("이 앱키에는 호출 권한이 없습니다.", "the app key has no permission for this call"), _PERMISSION
)
_CORPORATE_FIELDS = Meaning(
    Action.FAIL,
    PermissionDenied,
    Text("고객 유형 또는 법인용 항목이 맞지 않습니다.", "the customer type or a corporate field does not match"),
    _CORPORATE,
)


def _each(meaning: Meaning, *codes: str) -> dict[str, Meaning]:
    return dict.fromkeys(codes, meaning)


_MEANINGS: Final[dict[str, Meaning]] = {
    **_each(_PASSING, "EGW00001", "EGW00002", "EGW00202", "EGW00203", "EGW00204", "EGW00300", "EGW00301", "EGW00302", "EGW00316"),
    **_each(_PASSING, "OPSQ0001", *(f"OPSQ{number:04}" for number in range(3, 12)), "OPSQ1002", "90020000"),
    "EGW00201": Meaning(
        Action.RETRY,
        RateLimitError,
        Text("초당 호출 한도를 넘었다는 응답이 계속됩니다.", "the service keeps refusing: too many calls a second"),
        Text(
            "같은 앱키를 쓰는 다른 프로그램을 멈추세요. 발급 3일 이내의 앱키라면 calls_per_second = 3 (또는 KIS_XL_RATE=3) 으로 두세요.",
            "Stop other programs that use the same app key. For a key younger than 3 days set calls_per_second = 3 (or KIS_XL_RATE=3).",
        ),
    ),
    "EGW00215": Meaning(
        Action.RETRY,
        RateLimitError,
        Text("KIS 원장의 호출 한도를 넘었다는 응답이 계속됩니다.", "the service keeps refusing: the ledger is over its limit"),
        Text("모든 고객이 함께 쓰는 한도입니다. 잠시 후 다시 시도하세요.", "This limit is shared by all customers. Try again in a while."),
    ),
    **_each(_DEAD_TOKEN, "EGW00121", "EGW00122", "EGW00123"),
    "EGW00133": Meaning(
        Action.WAIT_TOKEN,
        RateLimitError,
        Text("접근토큰은 1분에 한 번만 받을 수 있습니다.", "only one token a minute is issued"),
        Text(
            "1분 뒤에 다시 시도하세요. 같은 앱키로 토큰을 받는 다른 프로그램이 있는지 확인하세요.",
            "Try again in a minute, and see whether another program asks for tokens with the same app key.",
        ),
    ),
    "SYDB0050": Meaning(
        Action.RESTART,
        IncompleteError,
        Text(
            "조회하는 동안 잔고가 계속 바뀌어 전체를 읽지 못했습니다.",
            "the data kept changing between pages, so no whole account could be read",
        ),
        Text(
            "정산 시간대에는 이어질 수 있습니다. 잠시 후 다시 조회하세요.", "This can last during settlement hours. Try again in a while."
        ),
    ),
    **_each(_WRONG_KEY, "EGW00102", "EGW00103", "EGW00104", "EGW00105"),
    "EGW02004": Meaning(
        Action.FAIL,
        EnvironmentMismatch,
        Text("모의투자 앱키를 실전 서버에 보냈습니다.", "a mock app key was sent to the real host"),
        _MOCK_KEY,
    ),
    "EGW02005": Meaning(
        Action.FAIL,
        EnvironmentMismatch,
        Text("실전 서버에 모의투자용 거래ID를 보냈습니다.", "the real host got a mock transaction id"),
        _HOST,
    ),
    "EGW02006": Meaning(
        Action.FAIL,
        EnvironmentMismatch,
        Text("모의 서버에 실전투자용 거래ID를 보냈습니다.", "the mock host got a real transaction id"),
        _HOST,
    ),
    "EGW02007": Meaning(
        Action.FAIL,
        EnvironmentMismatch,
        Text("실전투자 앱키를 모의 서버에 보냈습니다.", "a real app key was sent to the mock host"),
        _REAL_KEY,
    ),
    **_each(_NOT_PERMITTED, "EGW00003", "EGW00004", "EGW00206", "EGW00207", "EGW00303"),
    **_each(_CORPORATE_FIELDS, "EGW00208", "EGW00209", "EGW00211", "EGW00212", "EGW00213"),
    "EGW00210": Meaning(
        Action.FAIL,
        PermissionDenied,
        Text("법인 계좌는 모의투자를 쓸 수 없습니다.", "a corporate account cannot use mock trading"),
        Text("KIS_XL_ENV=real 로 바꾸거나 KIS_XL_CUSTTYPE 을 지우세요.", "Set KIS_XL_ENV=real, or remove KIS_XL_CUSTTYPE."),
    ),
    "EGW00304": Meaning(
        Action.FAIL,
        PermissionDenied,
        Text("고객식별키(법인) 또는 앱시크릿(개인)이 맞지 않습니다.", "the customer key (corporation) or app secret (person) is wrong"),
        Text("KIS_XL_PERSONALSECKEY 또는 KIS_XL_APPSECRET 을 다시 복사하세요.", "Copy KIS_XL_PERSONALSECKEY or KIS_XL_APPSECRET again."),
    ),
    **_each(_WRONG_ACCOUNT, "OPSQ2000", "APBK1271", "APAC0489", "IGW00002"),
}

_BY_STOCK = Meaning(
    Action.FAIL,
    ArgumentError,
    Text("서버가 INQR_DVSN=02(종목별 조회)를 거절했습니다.", "the service refused INQR_DVSN=02 (by stock)"),
    Text(
        "2026-02-10 공지로 막힌 값입니다. INQR_DVSN=01 로 조회하세요. 종목별로 합친 결과는 kis_xl이 만들어 줍니다.",
        "A notice of 2026-02-10 blocked it. Ask with INQR_DVSN=01: kis_xl joins the rows of a stock itself.",
    ),
)
_BAD_PARAMETER = Meaning(
    Action.FAIL,
    ArgumentError,
    Text("서버가 조회 파라미터를 거절했습니다.", "the service refused a query parameter"),
    Text("메시지의 INVALID_CHECK_ 뒤에 나오는 파라미터를 확인하세요.", "Check the parameter named after INVALID_CHECK_ in the message."),
)
_UNKNOWN = Meaning(Action.FAIL, ApiError, Text("서버가 조회를 거절했습니다.", "the service refused the inquiry"), _LATER)


def meaning(msg_cd: str, msg1: str = "") -> Meaning:
    """What the message code `msg_cd` with the text `msg1` means; an unknown code is an ApiError at once."""
    if msg_cd == "OPSQ2001":
        if "INQR_DVSN" in msg1:
            return _BY_STOCK
        return _WRONG_ACCOUNT if "ACNO" in msg1 or "ACNT" in msg1 or "CANO" in msg1 else _BAD_PARAMETER
    return _MEANINGS.get(msg_cd, _UNKNOWN)


KNOWN_CODES: Final = frozenset(_MEANINGS) | {"OPSQ2001"}
