"""Every error, with cause and cure: the kinds, what the program says, the codes of the service."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generator.causes import CAUSES
from docs.generator.markdown import both, table
from docs.generator.messages import messages
from kis_xl import errors
from kis_xl.broker.codes import KNOWN_CODES, Action, meaning
from kis_xl.excel.failures import ARGUMENT_CODES

_ACTIONS = {
    Action.FAIL: "told at once",
    Action.RETRY: "tried again",
    Action.NEW_TOKEN: "one new token, once",
    Action.WAIT_TOKEN: "waits out the minute",
    Action.RESTART: "starts again at page 1",
}


def error_tables() -> str:
    """The whole page."""
    made = "Made from `kis_xl/errors.py`, `kis_xl/broker/codes.py` and the texts in the source by `docs/generate.py`."
    lines = ["# Every error, with cause and cure", "", made, ""]
    lines += ["A cell shows `#VALUE!` or `#N/A`; `=KIS_STATUS()` says which error it was. The command line ends with the exit code.", ""]
    lines += ["```text", *(errors.__doc__ or "").strip().splitlines(), "```", ""]
    lines += ["## Kinds · 종류", "", *table(("error", "code", "cell · 셀", "exit", "cause · 원인", "cure · 해결"), _kinds())]
    lines += ["## Messages · 메시지", "", "What kis_xl itself says. `…` stands for what only the moment knows.", ""]
    lines += table(("error", "message · 메시지", "what to do · 해결"), _messages())
    lines += ["## Message codes of the service · 서버의 메시지 코드", "", "An unknown code is an `ApiError` at once.", ""]
    lines += table(("code", "what happens", "error", "what · 무엇이", "what to do · 어떻게"), _codes())
    return "\n".join(lines)


def _kinds() -> Iterator[tuple[str, ...]]:
    for kind, (cause, cure) in CAUSES.items():
        cell = "#VALUE!" if kind.code in ARGUMENT_CODES else "#N/A"
        yield f"`{kind.__name__}`", f"`{kind.code}`", f"`{cell}`", str(kind.exit_code), both(cause), both(cure)


def _messages() -> Iterator[tuple[str, ...]]:
    for each in messages():
        yield f"`{each.kind}`", both(each.what), both(each.hint)


def _codes() -> Iterator[tuple[str, ...]]:
    for code in sorted(KNOWN_CODES):
        known = meaning(code)
        yield f"`{code}`", _ACTIONS[known.action], f"`{known.error.__name__}`", both(known.what), both(known.hint)
