"""What became of one step: of the installation, or of its removal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from kis_xl.language import NO_TEXT, Text

#: `ok`: looked at, and right; `already`: was so before; `skipped`: not wanted, or not possible here; `warned`: right as far as
#: it goes, but the user has to know; `failed`: tried in vain.
State = Literal["ok", "done", "already", "skipped", "warned", "failed"]

STATES: Final[dict[State, Text]] = {
    "ok": Text("확인", "ok"),
    "done": Text("완료", "done"),
    "already": Text("그대로", "already"),
    "skipped": Text("건너뜀", "skipped"),
    "warned": Text("주의", "note"),
    "failed": Text("실패", "failed"),
}


@dataclass(frozen=True)
class Outcome:
    """One step: its name for programs, what became of it, and in words what that is and what the user can do."""

    name: str
    state: State
    what: Text
    cure: Text = NO_TEXT

    def line(self) -> str:
        """The step in one line, in the user's language."""
        return f"[{STATES[self.state].in_()}] {self.what.in_()} {self.cure.in_()}".rstrip()


#: Hears of each step as it is done.
Tell = Callable[[Outcome], None]
#: Asks the user a question; whether they agree.
Ask = Callable[[Text], bool]
