"""What the program says when it fails: every error that its source makes, with its texts as they stand there."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from docs.generator.causes import CAUSES
from kis_xl.language import Text

_PACKAGE = Path(__file__).parent.parent.parent / "kis_xl"
_KINDS = {kind.__name__: cause for kind, cause in CAUSES.items()}


@dataclass(frozen=True)
class Message:
    """What an error says and advises. What only the moment knows stands as `…`; where the advice does, it is that of the kind."""

    kind: str
    what: Text
    hint: Text


def messages() -> list[Message]:
    """All of them, by kind and text; one that is made in several places once."""
    found = {(each.kind, each.what): each for path in sorted(_PACKAGE.rglob("*.py")) for each in _of(path)}
    return sorted(found.values(), key=lambda each: (each.kind, each.what.en.casefold()))


def _of(path: Path) -> Iterator[Message]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = _Names({})
    for statement in tree.body:
        constants.take(statement)
    for scope in ast.walk(tree):
        if isinstance(scope, ast.FunctionDef):
            names = _Names(constants.known)
            for node in sorted(ast.walk(scope), key=lambda node: (getattr(node, "lineno", 0), getattr(node, "col_offset", 0))):
                names.take(node)
                if isinstance(node, ast.Call):
                    yield from _made_by(node, names)


def _made_by(call: ast.Call, names: _Names) -> Iterator[Message]:
    kind = _name(call.func)
    given = call.args[3:] if kind == "FieldError" else call.args
    if kind in _KINDS and len(given) in (1, 2):
        hints = names.texts(given[1]) if len(given) == 2 else []
        for what in names.texts(given[0]):
            if any(letter.isalpha() for letter in what.en):
                yield Message(kind, what, hints[-1] if hints else _KINDS[kind].cure)


class _Names:
    """The texts that names stand for, read from top to bottom. A name may get one text or another before it is used."""

    def __init__(self, known: Mapping[str, list[Text]]) -> None:
        self.known = dict(known)
        self._used: set[str] = set()

    def take(self, node: ast.AST) -> None:
        """Remember what is assigned."""
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(target, ast.Name) and node.value is not None:
            text = _text(node.value)
            if text is not None:
                before = [] if target.id in self._used else self.known.get(target.id, [])
                self.known[target.id] = [*before, text]
                self._used.discard(target.id)

    def texts(self, node: ast.expr) -> list[Text]:
        """What stands there: a text, or a name for some."""
        if isinstance(node, ast.Name):
            self._used.add(node.id)
            return self.known.get(node.id, [])
        text = _text(node)
        return [] if text is None else [text]


def _text(node: ast.expr) -> Text | None:
    if isinstance(node, ast.Call) and _name(node.func) == "Text" and len(node.args) == 2:
        parts = [_string(argument) for argument in node.args]
        if all(parts):
            return Text(*parts)
    return None


def _string(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
    return ""


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
