"""Settings as they were written, and how each is called where it stands: what is wrong with one is told by that name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from kis_xl.errors import ConfigError, KisError
from kis_xl.language import NO_TEXT, Text
from kis_xl.redaction import shown

T = TypeVar("T")


class Values:
    """Texts by key. `called` gives the name by which the user knows a key: a variable's, or a line of the file."""

    def __init__(self, texts: Mapping[str, str], called: Callable[[str], Text]) -> None:
        self._texts = {key: text.strip() for key, text in texts.items() if text.strip()}
        self.called = called

    def __contains__(self, key: object) -> bool:
        return key in self._texts

    def text(self, key: str, default: str = "") -> str:
        """The text of `key`."""
        return self._texts.get(key, default)

    def with_secrets(self, texts: Mapping[str, str]) -> Values:
        """These, and others from elsewhere."""
        return Values({**self._texts, **texts}, self.called)

    def choice(self, key: str, choices: Mapping[str, T], default: T) -> T:
        """The value that the text of `key` stands for, in any case."""
        if key not in self._texts:
            return default
        folded = {name.lower(): value for name, value in choices.items()}
        if self._texts[key].lower() not in folded:
            allowed = ", ".join(choices)
            raise self.fault(key, self._texts[key], Text(f"쓸 수 있는 값: {allowed}", f"Allowed values: {allowed}"))
        return folded[self._texts[key].lower()]

    def number(self, key: str, read: Callable[[str], T], default: T, *, least: float, most: float) -> T:
        """The text of `key` as a number between `least` and `most`."""
        if key not in self._texts:
            return default
        try:
            number = read(self._texts[key])
        except ValueError:
            number = None
        if number is None or not least <= float(str(number)) <= most:
            whole = Text("정수", "a whole number") if read is int else Text("숫자", "a number")
            raise self.fault(
                key, self._texts[key], Text(f"{whole.ko} {least:g} ~ {most:g}", f"Allowed: {whole.en} from {least:g} to {most:g}.")
            )
        return number

    def checked(self, key: str, check: Callable[[str], T]) -> T:
        """What `check` makes of the text of `key`; its error names the setting."""
        try:
            return check(self._texts.get(key, ""))
        except KisError as error:
            raised = error
        raise self.named(key, raised)

    def named(self, key: str, error: KisError) -> KisError:
        """`error` once more, with the name of the setting that it is about."""
        name = self.called(key)
        return type(error)(Text(f"{name.ko}: {error.what.ko}", f"{name.en}: {error.what.en}"), error.hint)

    def need(self, keys: Iterable[str], whose: Text) -> None:
        """ConfigError that names the keys which are missing."""
        missing = [self.called(key) for key in keys if key not in self._texts]
        if missing:
            raise ConfigError(
                Text(
                    f"{whose.ko}에 필요한 값이 없습니다: {', '.join(name.ko for name in missing)}",
                    f"{whose.en} lacks {', '.join(name.en for name in missing)}",
                ),
                Text("이 값을 설정하세요.", "Set them."),
            )

    def fault(self, key: str, written: str, hint: Text = NO_TEXT) -> ConfigError:
        """What is told of a value that cannot be."""
        name = self.called(key)
        return ConfigError(Text(f"{name.ko}: 쓸 수 없는 값입니다: {shown(written)}", f"{name.en} cannot be {shown(written)}"), hint)
