"""What the service says: message codes with their texts, and the shapes of its answers.

Texts are those of KIS's published list of error codes and of answers that users published; a few, kept apart, are
worded here after what the code is known to mean. A code that is not listed gets a general text: a client judges by code.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kis_xl.fields import CONTENT_TYPE, Environment

_MSG1_BYTES = 80
_TEXTS = {
    "EGW00001": "일시적 오류가 발생했습니다.",
    "EGW00002": "서버 에러가 발생했습니다.",
    "EGW00003": "접근이 거부되었습니다.",
    "EGW00004": "권한을 부여받지 않은 고객입니다.",
    "EGW00101": "유효하지 않은 요청입니다.",
    "EGW00102": "AppKey는 필수입니다.",
    "EGW00103": "유효하지 않은 AppKey입니다.",
    "EGW00104": "AppSecret은 필수입니다.",
    "EGW00105": "유효하지 않은 AppSecret입니다.",
    "EGW00115": "권한부여 타입(grant_type)은 필수입니다.",
    "EGW00116": "지원하지 않는 권한부여 타입(grant_type)입니다.",
    "EGW00121": "유효하지 않은 token 입니다.",
    "EGW00122": "token을 찾을 수 없습니다.",
    "EGW00123": "기간이 만료된 token 입니다.",
    "EGW00132": "Content-Type이 유효하지 않습니다.",
    "EGW00133": "접근토큰 발급 잠시 후 다시 시도하세요(1분당 1회)",
    "EGW00201": "초당 거래건수를 초과하였습니다.",
    "EGW00202": "GW라우팅 중 오류가 발생했습니다.",
    "EGW00203": "OPS라우팅 중 오류가 발생했습니다.",
    "EGW00204": "Internal Gateway 인스턴스를 잘못 입력했습니다.",
    "EGW00205": "credentials_type이 유효하지 않습니다.(Bearer)",
    "EGW00206": "API 사용 권한이 없습니다.",
    "EGW00207": "IP 주소가 없거나 유효하지 않습니다.",
    "EGW00208": "고객유형(custtype)이 유효하지 않습니다.",
    "EGW00209": "일련번호(seq_no)가 유효하지 않습니다.",
    "EGW00210": "법인고객의 경우 모의투자를 이용할 수 없습니다.",
    "EGW00211": "고객명(personalname)은 필수 입니다.",
    "EGW00212": "휴대전화번호(personalphone)는 필수 입니다.",
    "EGW00213": "제휴사명(corpname)은 필수 입니다.",
    "EGW00215": "원장에서 허용 가능한 초당 거래건수를 초과하였습니다.",
    "EGW00300": "Gateway 라우팅 오류가 발생했습니다.",
    "EGW00301": "연결 시간이 초과되었습니다. 직전 거래를 반드시 확인하세요.",
    "EGW00302": "거래시간이 초과되었습니다. 직전 거래를 반드시 확인하세요.",
    "EGW00303": "법인고객에게 허용되지 않은 IP접근입니다.",
    "EGW00304": "고객식별키(법인 personalSeckey, 개인 appSecret)가 유효하지 않습니다.",
    "EGW00316": "조회 처리 중 오류 발생하였습니다. 재 조회 수행 부탁드립니다.",
    "EGW02005": "실전투자 TR 이 아닙니다.",
    "EGW02006": "모의투자 TR 이 아닙니다.",
    "EGW02007": "해당 앱키는 모의투자용 앱키가 아닙니다.",
    "OPSQ0001": "호출 전처리 오류 입니다.",
    "OPSQ0002": "없는 서비스 코드 입니다.",
    "OPSQ0003": "호출 오류 입니다.",
    "OPSQ0008": "호출 후처리(MCI전송) 오류 입니다.",
    "OPSQ0009": "호출 후처리(MCI수신) 오류 입니다.",
    "OPSQ0010": "호출 결과처리(리소스 부족) 오류 입니다.",
    "OPSQ0011": "호출 결과처리(리소스 부족) 오류 입니다.",
    "OPSQ1002": "세션 연결 오류",
    "OPSQ2000": "ERROR : INPUT INVALID_CHECK_ACNO",
    "OPSQ2001": "ERROR : INPUT INVALID_CHECK_INQR_DVSN",
    "SYDB0050": "조회이후에 자료가 변경되었습니다.(다시 조회하세요)",
    "KIOK0510": "조회가 완료되었습니다",
    "20310000": "모의투자 조회가 완료되었습니다.",
    "70070000": "모의투자 조회할 내역(자료)이 없습니다.",
}
_WORDED_HERE = {
    "EGW02004": "실전투자 앱키가 아닙니다.",
    "APBK1271": "계좌번호와 상품코드가 맞지 않습니다.",
    "APAC0489": "해당 계좌의 상품이 아닙니다.",
    "IGW00002": "계좌번호를 확인하시기 바랍니다.",
    "90020000": "서비스가 원활하지 않습니다. 잠시 후 다시 시도하세요.",
}
_FORBIDDEN = ("EGW00102", "EGW00103", "EGW00104", "EGW00105", "EGW00133")


@dataclass(frozen=True)
class Reply:
    """An answer: its status, its body, the headers beside content-type and content-length, and its message code."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    msg_cd: str = ""
    content_type: str = CONTENT_TYPE


class Refusal(Exception):
    """The service refuses the call with this message code; `said` where its text depends on the call."""

    def __init__(self, msg_cd: str, said: str = "", status: int | None = None) -> None:
        super().__init__(msg_cd)
        self.msg_cd = msg_cd
        self.said = said or text(msg_cd)
        self.status = status


def text(msg_cd: str) -> str:
    """The service's words for a message code."""
    return (_TEXTS | _WORDED_HERE).get(msg_cd, "처리 중 오류가 발생하였습니다.")


def padded(said: str, length: int = _MSG1_BYTES) -> str:
    """Filled up with spaces to that many bytes of CP949, as `msg1` is."""
    return said + " " * max(0, length - len(said.encode("cp949", "replace")))


def json_reply(status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None = None, msg_cd: str = "") -> Reply:
    """An answer with a JSON body."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    return Reply(status, body, headers or {}, msg_cd)


def call_refused(refusal: Refusal, headers: Mapping[str, str], outputs: Mapping[str, Any] | None = None) -> Reply:
    """The answer to a call that is refused: no outputs, unless `outputs` says otherwise."""
    msg_cd = refusal.msg_cd
    gateway = msg_cd.startswith("EGW")
    status = refusal.status or (403 if msg_cd in _FORBIDDEN else 500 if gateway else 200)
    content = {"rt_cd": _rt_cd(msg_cd), "msg_cd": msg_cd, "msg1": refusal.said if gateway else padded(refusal.said)}
    return json_reply(status, content | dict(outputs or {}), headers, msg_cd)


def token_refused(refusal: Refusal) -> Reply:
    """The answer of the token endpoints when they refuse: no rt_cd and no msg_cd."""
    content = {"error_description": refusal.said, "error_code": refusal.msg_cd}
    return json_reply(refusal.status or 403, content, msg_cd=refusal.msg_cd)


def success(environment: Environment, empty: bool) -> dict[str, str]:
    """rt_cd, msg_cd and msg1 of a call that succeeded. Only mock has a message of its own for an empty account."""
    real = environment is Environment.REAL
    msg_cd = "KIOK0510" if real else "70070000" if empty else "20310000"
    return {"rt_cd": "0", "msg_cd": msg_cd, "msg1": padded(text(msg_cd))}


def _rt_cd(msg_cd: str) -> str:
    if msg_cd.startswith("OPSQ"):
        return "2"
    return "7" if msg_cd == "SYDB0050" else "1"
