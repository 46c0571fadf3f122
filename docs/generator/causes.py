"""Cause and cure of each kind of error. A message says what it was this time; this says what it can be at all."""

from __future__ import annotations

from typing import NamedTuple

from kis_xl import errors
from kis_xl.errors import KisError
from kis_xl.language import Text


class Cause(NamedTuple):
    """Why an error of a kind comes, and what to do."""

    cause: Text
    cure: Text


CAUSES: dict[type[KisError], Cause] = {
    KisError: Cause(
        Text("kis_xl 자체의 오류(INTERNAL)입니다.", "A bug of kis_xl (INTERNAL)."),
        Text(
            "KIS_STATUS 의 로그 파일을 첨부해 알려 주세요. 로그에는 앱키와 계좌번호가 없습니다.",
            "Report it with the log file that KIS_STATUS names; no key and no account number stands in it.",
        ),
    ),
    errors.ConfigError: Cause(
        Text(
            "설정이 없거나 잘못되었습니다: 계좌, 앱키, 환경 변수, 설정 파일, 데이터 폴더, Python의 위치.",
            "A setting is missing or wrong: the account, its keys, a variable, the configuration file, the data folder, Python's place.",
        ),
        Text("메시지에 나온 설정을 고치세요.", "Mend the setting that the message names."),
    ),
    errors.EnvironmentMismatch: Cause(
        Text(
            "실전 앱키를 모의 서버에, 또는 모의 앱키를 실전 서버에 보냈습니다.",
            "Real keys went to the mock host, or mock keys to the real one.",
        ),
        Text("계좌의 환경(real, mock)을 앱키에 맞추세요.", "Set the account's environment (real, mock) to that of its keys."),
    ),
    errors.ArgumentError: Cause(
        Text(
            "수식의 인수나 명령의 옵션, 조회 파라미터에 쓸 수 없는 값이 있습니다.",
            "An argument of a formula, an option of a command or a query parameter has a value that it cannot have.",
        ),
        Text(
            "메시지에 나온 것을 고치세요. 쓸 수 있는 값이 정해져 있으면 메시지에 나옵니다.",
            "Change what the message names. Where only some values are allowed, it lists them.",
        ),
    ),
    errors.AccountError: Cause(
        Text(
            "그런 이름의 계좌가 없거나, 계좌번호가 잘못되었거나, 그 앱키의 계좌가 아닙니다.",
            "There is no account of that name, its number is malformed, or it is not the account of these keys.",
        ),
        Text(
            "=KIS_ACCOUNTS() 로 이름을 확인하고, 앱키를 발급받은 계좌의 번호와 상품코드를 확인하세요.",
            "Look the name up with =KIS_ACCOUNTS(); check number and product code against the account that the keys were issued for.",
        ),
    ),
    errors.AuthError: Cause(
        Text("KIS가 앱키, 앱시크릿 또는 접근토큰을 거절했습니다.", "KIS refused the app key, the app secret or the token."),
        Text(
            "KIS Developers 에서 앱키와 앱시크릿을 그대로 다시 복사하세요. 유효 기간도 확인하세요.",
            "Copy app key and app secret again as KIS Developers shows them, and see whether they have expired.",
        ),
    ),
    errors.PermissionDenied: Cause(
        Text(
            "앱키는 맞지만 이 조회를 할 수 없습니다: API 신청, 허용 IP, 법인용 항목.",
            "The keys are right but may not ask this: the service is not applied for, the IP address is not allowed, corporate fields.",
        ),
        Text(
            "KIS Developers 에서 신청 상태와 허용 IP를 확인하세요.",
            "Check on KIS Developers what is applied for and which addresses are allowed.",
        ),
    ),
    errors.RateLimitError: Cause(
        Text(
            "호출이 너무 잦다는 거절이 기다려도 계속되었습니다. 대개 다른 프로그램이 같은 앱키를 씁니다.",
            "KIS kept refusing for the number of calls, though kis_xl waited: mostly another program uses the same keys.",
        ),
        Text("그 프로그램을 멈추거나, 잠시 후 다시 새로고침 하세요.", "Stop that program, or refresh again in a while."),
    ),
    errors.NetworkError: Cause(
        Text("연결할 수 없거나 도중에 끊어졌습니다.", "There is no connection, or it broke on the way."),
        Text("인터넷, 방화벽, 회사 프록시를 확인하세요.", "Check the internet connection, the firewall and the company's proxy."),
    ),
    errors.TimedOut: Cause(
        Text("제한 시간 안에 응답이 없었습니다.", "No answer came in the time allowed."),
        Text(
            "다시 시도하고, 느린 회선이라면 KIS_XL_READ_TIMEOUT 을 늘리세요.",
            "Try again; on a slow line make KIS_XL_READ_TIMEOUT longer.",
        ),
    ),
    errors.ServerUnavailable: Cause(
        Text("KIS 서버가 장애나 점검을 알렸습니다.", "The KIS server reported a fault or maintenance of its own."),
        Text("잠시 후 다시 시도하고, 계속되면 KIS의 공지를 보세요.", "Try again in a while; if it goes on, see KIS's notices."),
    ),
    errors.DataError: Cause(
        Text(
            "응답이나 저장된 자료를 이해할 수 없거나, 물은 자료가 없습니다. 틀린 값을 보여 주는 대신 아무것도 보여 주지 않습니다.",
            "An answer or stored data cannot be understood, or what was asked for is not there. Nothing wrong is shown instead.",
        ),
        Text(
            "메시지가 말하는 것을 확인하고, 계속되면 kis_xl을 최신 버전으로 올리세요.",
            "See what the message says; if it goes on, update kis_xl.",
        ),
    ),
    errors.FieldError: Cause(
        Text(
            "응답의 한 항목이 없거나 형식이 다릅니다. 메시지에 행과 항목이 나옵니다.",
            "A field of the answer is missing or malformed; the message names row and field.",
        ),
        Text(
            "잠시 후 다시 시도하고, 계속되면 API가 바뀐 것이니 알려 주세요.",
            "Try again shortly. If it goes on the API has changed: update kis_xl, or report it.",
        ),
    ),
    errors.IncompleteError: Cause(
        Text(
            "여러 페이지가 한 계좌로 맞춰지지 않았습니다: 조회하는 동안 잔고가 계속 바뀌었습니다.",
            "The pages did not make up one account: it kept changing while it was read.",
        ),
        Text("체결이나 정산이 끝난 뒤 다시 시도하세요.", "Try again when trades or the settlement have gone through."),
    ),
    errors.ApiError: Cause(
        Text("KIS가 아직 알려지지 않은 메시지 코드로 거절했습니다.", "KIS refused with a message code that is not known here."),
        Text(
            "메시지의 코드와 글을 KIS Developers 에서 찾아보고, 잠시 후 다시 시도하세요.",
            "Look the code and its text up on KIS Developers, and try again in a while.",
        ),
    ),
    errors.Cancelled: Cause(
        Text("Esc 로 조회를 취소했습니다.", "The fetch was called off with Esc."),
        Text("다시 새로고침 하세요. 이전 값은 그대로 있습니다.", "Refresh again; the earlier figures are still there."),
    ),
    errors.OutputError: Cause(
        Text(
            "파일을 쓸 수 없습니다: Excel에서 열려 있거나, 권한이나 공간이 없습니다.",
            "A file cannot be written: it is open in Excel, or permission or room is lacking.",
        ),
        Text(
            "파일을 닫거나 다른 곳을 지정하세요. 반만 쓰인 파일은 남지 않습니다.",
            "Close the file or name another place. Nothing half written is left.",
        ),
    ),
}
