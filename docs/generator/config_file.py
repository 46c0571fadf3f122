"""What the page of settings tells of the configuration file: where it is, one as a whole, and which setting goes first."""

from __future__ import annotations

from typing import Final

from docs.generator.markdown import table
from kis_xl.configfile import FILE_NAME

#: Where the data folder is, by system.
DATA_FOLDERS: Final = {
    "Windows": "%LOCALAPPDATA%\\kis_xl",
    "macOS": "~/Library/Application Support/kis_xl",
    "Linux": "~/.local/share/kis_xl",
}
#: A whole file with every setting, those that few need as comments.
SAMPLE: Final = """\
default = "내 계좌"           # where no account is named · 이름을 적지 않을 때의 계좌
language = "ko"
connect_timeout = 5
read_timeout = 30
attempts = 6
# history = "postgresql://kis@db.example.com/kis"

[parameters]                  # of all accounts · 모든 계좌에
AFHR_FLPR_YN = "N"
PRCS_DVSN = "00"

[accounts."내 계좌"]
id = "0123456789abcdef"       # `id`, `secrets`, `number` stay as kis_xl wrote them · 셋은 kis_xl이 적은 그대로
secrets = "system"
number = "1234****-01"
environment = "real"
calls_per_second = 3          # a key in its first three days · 발급 3일 이내의 앱키

[accounts."연금"]
id = "123456789abcdef0"
secrets = "file"
number = "2345****-22"

[accounts."연금".parameters]  # of this account · 이 계좌에
AFHR_FLPR_YN = "X"

[accounts."법인"]
id = "23456789abcdef01"
secrets = "auto"
number = "3456****-01"
customer_type = "B"           # a corporation · 법인
ip_addr = "203.0.113.9"
seq_no = "001"
mac_address = "001122AABBCC"

[accounts."모의"]
id = "3456789abcdef012"
number = "5012****-01"
environment = "mock"
# base_url = "https://gateway.example.com"

[accounts."연습"]
practice = true               # figures of the simulator, no keys · 시뮬레이터의 잔고, 앱키 없음
"""
_ELSEWHERE: Final = """\
`KIS_XL_HOME` names another folder; `kis-xl doctor` shows the one that is used.

`KIS_XL_HOME` 으로 다른 폴더를 정할 수 있고, 쓰고 있는 폴더는 `kis-xl doctor` 가 보여 줍니다.
"""
_HOW_TO_WRITE: Final = """\
`kis-xl setup` and `kis-xl accounts add` write the accounts: the keys are in the secret store, and `id` says under which name. The
rest may be written by hand, with an editor that saves UTF-8. What belongs to the top stands before the first line in brackets.
`kis-xl doctor` says whether all of it can be read.

계좌는 `kis-xl setup` 과 `kis-xl accounts add` 가 적습니다. 앱키는 보안 저장소에 있고, `id` 는 거기서의 이름입니다. 나머지는 UTF-8로
저장하는 편집기로 직접 적어도 됩니다. 맨 위의 설정은 대괄호가 있는 첫 줄보다 앞에 적습니다. 모두 읽을 수 있는지는 `kis-xl doctor` 가
알려 줍니다.
"""
_FIRST: Final = (
    ("an option: `--param`, `--lang`; `options` of a formula", "옵션: `--param`, `--lang`, 수식의 `options`"),
    ("an environment variable", "환경 변수"),
    ('the account: `[accounts."NAME"]`', '계좌: `[accounts."이름"]`'),
    ("the top of the file", "파일의 맨 위"),
    ("the default", "기본값"),
)
_IN_DETAIL: Final = """\
Query parameters count one by one: `KIS_XL_PARAMETERS` goes before an account's own, and those before the ones of all accounts.
`KIS_XL_RATE` goes before `calls_per_second`. The variables of an account (`KIS_XL_ACCOUNT`, `KIS_XL_APPKEY`, `KIS_XL_ENV` and so on)
change no account of the file: they make one of their own, `env`, which then is the default.

조회 파라미터는 하나씩 따집니다. `KIS_XL_PARAMETERS` 가 계좌의 것보다, 계좌의 것이 모든 계좌의 것보다 먼저입니다. `KIS_XL_RATE` 는
`calls_per_second` 보다 먼저입니다. 계좌의 환경 변수(`KIS_XL_ACCOUNT`, `KIS_XL_APPKEY`, `KIS_XL_ENV` 등)는 파일의 계좌를 바꾸지
않습니다. `env` 라는 계좌를 따로 만들며, 그 계좌가 기본이 됩니다.
"""


def place_and_sample() -> list[str]:
    """Where the file is on each system, and one as a whole."""
    places = ((system, f"`{place}`") for system, place in DATA_FOLDERS.items())
    return [
        f"## A whole `{FILE_NAME}`, and where it is · 설정 파일의 위치와 예",
        "",
        *table(("system · 운영체제", "data folder · 데이터 폴더"), places),
        *_ELSEWHERE.splitlines(),
        "",
        *_HOW_TO_WRITE.splitlines(),
        "",
        "```toml",
        *SAMPLE.splitlines(),
        "```",
        "",
    ]


def which_goes_first() -> list[str]:
    """What counts where a thing is set in several places."""
    rows = ((str(place), *each) for place, each in enumerate(_FIRST, 1))
    return ["## Which goes first · 우선순위", "", *table(("", "what", "무엇"), rows), *_IN_DETAIL.splitlines(), ""]
