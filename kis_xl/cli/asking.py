"""Questions on a terminal: asked again until the answer can be used, secrets hidden while they are typed.

Questions go to standard error, as all that is no result. Ctrl-C and the end of the input are `click.Abort`.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeVar

import click
from rich.cells import cell_len

from kis_xl.errors import KisError
from kis_xl.language import Text
from kis_xl.redaction import one_line

if TYPE_CHECKING:
    from rich.console import Console

T = TypeVar("T")
_NO_WIDTH: Final = 1_000


def on_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def plain_console() -> Console:
    """Where lists and tables without colours go; into a file or a pipe, which have no width, whole."""
    from rich.console import Console  # noqa: PLC0415 (most questions draw nothing)

    return Console(no_color=True, width=None if on_terminal() else _NO_WIDTH)


def say(text: Text, *, bold: bool = False) -> None:
    """A line to the user, or several."""
    click.secho(_wrapped(text.in_()), err=True, bold=bold)


def _wrapped(text: str) -> str:
    """`text` broken between words where the terminal ends, which itself would break within them; each line keeps its indent."""
    if not sys.stderr.isatty():
        return text
    width = shutil.get_terminal_size().columns
    return "\n".join(_broken(line, width) for line in text.split("\n"))


def _broken(line: str, width: int) -> str:
    if cell_len(line) <= width:
        return line
    indent = " " * (len(line) - len(line.lstrip()))
    lines = [indent]
    for word in line.split():
        longer = f"{lines[-1]} {word}" if lines[-1].strip() else indent + word
        if lines[-1].strip() and cell_len(longer) > width:
            lines.append(indent + word)
        else:
            lines[-1] = longer
    return "\n".join(lines)


def ask(
    question: Text,
    check: Callable[[str], T],
    *,
    default: str | None = None,
    hidden: bool = False,
    seen: Callable[[T], Text] | None = None,
) -> T:
    """The answer, as `check` reads it. What `check` raises is told, and the question asked again.

    `seen` is what is shown of an answer that was hidden: who sees nothing while they paste wants to know that it arrived.
    """
    while True:
        # a blank answer is ours to judge: the library's own word for it is English
        answer = click.prompt(
            question.in_(),
            default=default or "",
            hide_input=hidden,
            show_default=bool(default) and not hidden,
            err=True,
            value_proc=str,
        )
        try:
            value = check(answer.strip())
        except KisError as error:
            tell_error(error)
            continue
        if seen is not None:
            shown = seen(value)
            say(Text(f"  → {shown.ko}", f"  → {shown.en}"))
        return value


def choose(question: Text, choices: Mapping[str, Text], default: str) -> str:
    """One of `choices`, by its number or its name."""
    say(question)
    names = list(choices)
    for number, name in enumerate(names, 1):
        click.echo(f"  {number}) {choices[name].in_()}", err=True)

    def read(answer: str) -> str:
        return names[int(answer) - 1] if answer.isdecimal() and 0 < int(answer) <= len(names) else answer.lower()

    while True:
        chosen = read(click.prompt(Text("번호", "Number").in_(), default=str(names.index(default) + 1), err=True, value_proc=str).strip())
        if chosen in choices:
            return chosen
        say(Text(f"1에서 {len(names)} 사이의 번호를 적으세요.", f"Type a number from 1 to {len(names)}."))


def agree(question: Text, *, default: bool) -> bool:
    """Yes or no."""
    shown = "Y/n" if default else "y/N"
    while True:
        answer = (
            click.prompt(f"{_wrapped(question.in_())} [{shown}]", default="", show_default=False, err=True, value_proc=str).strip().lower()
        )
        if not answer:
            return default
        if answer in _YES or answer in _NO:
            return answer in _YES
        say(Text("y 또는 n 으로 답하세요.", "Answer y or n."))


#: What a person on a Korean keyboard types counts, too: the keys of y and n give ㅛ and ㅜ.
_YES: Sequence[str] = ("y", "yes", "ㅛ", "예", "네")
_NO: Sequence[str] = ("n", "no", "ㅜ", "아니오", "아니요")


def tell_error(error: KisError, *, hint: bool = True) -> None:
    """What was wrong with an answer or a call, and what to do unless that is asked next. The conversation goes on."""
    click.secho(_wrapped(f"  ! {one_line(error.message())}"), err=True, fg="red")
    if hint and error.hint.in_():
        click.echo(_wrapped(f"    {one_line(error.hint.in_())}"), err=True)
