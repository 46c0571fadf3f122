"""Which stocks a made-up account holds: real KRX codes first, invented ones beyond.

The first seventeen stand where the first page of an account needs them: a preferred share, an ETF, an ETN with a letter
in front, a code with a letter behind, stocks bought on loan.
"""

from __future__ import annotations

from typing import NamedTuple


class Stock(NamedTuple):
    """A stock as it is listed: its code, its name, and a price in won to start from."""

    code: str
    name: str
    price: int


_LISTED = """\
005930 73900 삼성전자
000660 215500 SK하이닉스
005935 60200 삼성전자우
005380 244000 현대차
069500 37250 KODEX 200
035720 41200 카카오
Q500001 12350 신한 K200 USD 선물 바이셀 ETN
035420 218500 NAVER
00104K 98600 CJ4우(전환)
114800 4290 KODEX 인버스
009150 138200 삼성전기
207940 1021000 삼성바이오로직스
373220 352000 LG에너지솔루션
000270 99800 기아
068270 178300 셀트리온
105560 92400 KB금융
055550 51700 신한지주
005490 298500 POSCO홀딩스
051910 268000 LG화학
006400 215000 삼성SDI
012330 287500 현대모비스
028260 143200 삼성물산
066570 84600 LG전자
003670 148900 포스코퓨처엠
096770 109300 SK이노베이션
034730 168400 SK
032830 98700 삼성생명
086790 64300 하나금융지주
316140 17050 우리금융지주
015760 24350 한국전력
033780 118600 KT&G
017670 55900 SK텔레콤
030200 48250 KT
003550 78200 LG
009540 232500 HD한국조선해양
329180 318000 HD현대중공업
267260 352500 HD현대일렉트릭
012450 621000 한화에어로스페이스
064350 98100 현대로템
042660 61800 한화오션
010140 14320 삼성중공업
034020 27450 두산에너빌리티
000810 372000 삼성화재
138040 118700 메리츠금융지주
024110 15430 기업은행
323410 22150 카카오뱅크
377300 31250 카카오페이
259960 352500 크래프톤
036570 187400 엔씨소프트
251270 48650 넷마블
352820 231500 하이브
018260 128900 삼성에스디에스
010130 812000 고려아연
011200 19820 HMM
003490 23450 대한항공
180640 78900 한진칼
047810 68300 한국항공우주
079550 298500 LIG넥스원
011070 162300 LG이노텍
034220 9210 LG디스플레이
032640 11280 LG유플러스
051900 318500 LG생활건강
090430 121800 아모레퍼시픽
097950 243500 CJ제일제당
271560 102400 오리온
004370 382000 농심
139480 72100 이마트
023530 61500 롯데쇼핑
004170 148300 신세계
069960 52800 현대백화점
008770 41250 호텔신라
035250 17240 강원랜드
010950 61200 S-Oil
011170 78400 롯데케미칼
011780 108500 금호석유
010060 71300 OCI홀딩스
004020 24850 현대제철
006260 121400 LS
010120 178900 LS ELECTRIC
000720 31250 현대건설
006360 17980 GS건설
047040 3685 대우건설
000100 128400 유한양행
128940 278500 한미약품
302440 48300 SK바이오사이언스
326030 112700 SK바이오팜
006800 9840 미래에셋증권
071050 81200 한국금융지주
016360 47650 삼성증권
039490 128300 키움증권
005940 14230 NH투자증권
247540 142800 에코프로비엠
086520 71400 에코프로
196170 372500 알테오젠
028300 87600 HLB
263750 31450 펄어비스
293490 16840 카카오게임즈
041510 98700 에스엠
035900 71200 JYP Ent.
066970 89300 엘앤에프
058470 198400 리노공업
036930 31850 주성엔지니어링
042700 98200 한미반도체
214150 48900 클래시스
277810 218500 레인보우로보틱스
005385 187600 현대차우
005387 189300 현대차2우B
051915 158400 LG화학우
066575 42350 LG전자우
00088K 28150 한화3우B
02826K 112300 삼성물산우B
122630 17890 KODEX 레버리지
252670 2015 KODEX 200선물인버스2X
229200 11840 KODEX 코스닥150
233740 8125 KODEX 코스닥150레버리지
102110 37310 TIGER 200
133690 128450 TIGER 미국나스닥100
360750 21845 TIGER 미국S&P500
379800 19230 KODEX 미국S&P500
132030 16775 KODEX 골드선물(H)
305720 12480 KODEX 2차전지산업
091160 38915 KODEX 반도체
Q500019 3125 신한 레버리지 WTI원유 선물 ETN(H)
Q530031 2480 삼성 레버리지 WTI원유 선물 ETN
"""

LISTED: tuple[Stock, ...] = tuple(
    Stock(code, name, int(price)) for code, price, name in (line.split(" ", 2) for line in _LISTED.splitlines())
)

_HOUSES = ("한빛", "미래", "새봄", "누리", "가온", "다온", "라온", "마루", "바다", "사람", "아라", "이든", "자람", "차오름", "큰별", "하늘")
_TRADES = (
    "전자",
    "바이오",
    "화학",
    "건설",
    "제약",
    "소재",
    "로보틱스",
    "엔터",
    "해운",
    "식품",
    "기계",
    "반도체",
    "에너지",
    "정밀",
    "통신",
    "금융",
)
# K, L and M end the codes of preferred shares that exist
_LETTERS = "ABCDEFGHJN"


def stock(number: int) -> Stock:
    """The stock with this number, counted from 0; codes are unique up to a million numbers."""
    if number < len(LISTED):
        return LISTED[number]
    made_up = number - len(LISTED)
    letters, digits = divmod(made_up, 100_000)
    code = f"{digits:05d}{_LETTERS[letters]}"
    house, rest = _HOUSES[made_up % len(_HOUSES)], made_up // len(_HOUSES)
    name = f"{house}{_TRADES[rest]}" if rest < len(_TRADES) else f"{house}{made_up}호스팩"
    return Stock(code, name, 1_000 + made_up * 7919 % 180_000)
