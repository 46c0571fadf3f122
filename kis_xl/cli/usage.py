"""What the command-line library says of a wrong call, in Korean: its own sentences are English only."""

from __future__ import annotations

import re
from typing import Final

_SENTENCES: Final[tuple[tuple[str, str], ...]] = (
    # first what stands around another sentence
    (r"(?P<said>.+?) Did you mean (?:one of: )?(?P<near>.+?)\?", "{said} 혹시 {near}?"),
    (r"(?P<said>.+?) \(Possible options: (?P<near>.+)\)", "{said} 혹시 {near}?"),
    (r"Invalid value for (?P<it>.+?): (?P<why>.+)", "{it} 의 값이 올바르지 않습니다: {why}"),
    (r"No such option:? '?(?P<it>[^\s']+?)'?\.?", "없는 옵션입니다: {it}"),
    (r"No such command (?P<it>.+?)\.", "없는 명령입니다: {it}"),
    (r"Missing (?:argument|parameter:?) (?P<it>.+?)\.", "값이 빠졌습니다: {it}"),
    (r"Missing option (?P<it>.+?)\.", "옵션이 빠졌습니다: {it}"),
    (r"Missing command\.", "명령이 빠졌습니다"),
    (r"Option (?P<it>.+?) requires an argument\.", "옵션 {it} 에는 값이 필요합니다"),
    (r"Option (?P<it>.+?) requires (?P<n>\d+) arguments\.", "옵션 {it} 에는 값이 {n}개 필요합니다"),
    (r"Option (?P<it>.+?) does not take a value\.", "옵션 {it} 에는 값을 줄 수 없습니다"),
    (r"Got unexpected extra arguments? \((?P<it>.+?)\)", "남는 값이 있습니다: {it}"),
    (r"(?P<it>.+) is not a valid integer(?: range)?\.", "{it} 은(는) 정수가 아닙니다"),
    (r"(?P<it>.+) is not a valid float(?: range)?\.", "{it} 은(는) 숫자가 아닙니다"),
    (r"(?P<it>.+) is not a valid boolean\..*", "{it} 은(는) 예/아니요가 아닙니다"),
    (r"(?P<it>.+) is not in the range (?P<range>.+)\.", "{it} 은(는) 범위({range}) 밖입니다"),
    (r"(?P<it>.+) is not one of (?P<all>.+)\.", "{it} 은(는) 쓸 수 없습니다. 쓸 수 있는 값: {all}"),
    (r"(?P<kind>File|Directory|Path) (?P<it>.+) does not exist\.", "{it} 이(가) 없습니다"),
)
_HANGUL: Final = re.compile("[가-힣]")


def in_korean(said: str) -> str:
    """The sentence in Korean; one that is not known stands behind a Korean word for it."""
    for pattern, korean in _SENTENCES:
        found = re.fullmatch(pattern, said.strip(), re.DOTALL)
        if found is not None:
            parts = found.groupdict()
            for inner in ("said", "why"):
                if inner in parts:
                    parts[inner] = in_korean(parts[inner])
            return korean.format(**parts)
    if _HANGUL.search(said):  # ours, said in the user's language already
        return said
    return f"명령의 사용법이 올바르지 않습니다 ({said})"
