"""What the steps of an installation share: what is wanted, the machine, the record, and who hears of it."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kis_xl.errors import ArgumentError, OutputError, reason_of
from kis_xl.installation.machine import Machine, documents_folder
from kis_xl.installation.outcomes import Ask, Outcome, Tell
from kis_xl.installation.record import Journal, Put
from kis_xl.language import Language, Text
from kis_xl.settings import Settings


@dataclass(frozen=True)
class Wishes:
    """What the user wants. None leaves a choice as it was made before, or else to what fits the machine.

    `folder` is where the workbook goes, by default `KIS` among the documents. `trust` makes that folder a trusted location:
    None asks, where somebody can be asked, and otherwise does not. `refresh_on_open` is the workbook's setting of that name
    (by default on), `legacy` the edition for an Excel whose formulas do not spill. `force` replaces a workbook that the user
    has changed.
    """

    folder: Path | None = None
    shortcut: bool = True
    trust: bool | None = None
    refresh_on_open: bool | None = None
    legacy: bool | None = None
    force: bool = False


class Work:
    """One installation, or its removal, while it goes on."""

    def __init__(self, settings: Settings, wishes: Wishes, machine: Machine, tell: Tell, ask: Ask | None) -> None:
        self.wishes = wishes
        self.machine = machine
        self.journal = Journal(settings.folder)
        self.data_folder = settings.folder.path
        self.language: Language = settings.language
        self.ask = ask
        self.outcomes: list[Outcome] = []
        self._tell = tell
        # made whole without resolving links: Excel and the user know the folder under the name that was given
        self.folder = (_at_home(wishes.folder) if wishes.folder else documents_folder(machine)).absolute()

    @property
    def legacy(self) -> bool:
        """Whether the workbook is the edition for an Excel whose formulas do not spill."""
        if self.wishes.legacy is not None:
            return self.wishes.legacy
        return self.machine.excel is not None and self.machine.excel.has_dynamic_arrays is False

    @property
    def refresh_on_open(self) -> bool:
        """The workbook's setting of that name, at first."""
        return self.journal.record.refresh_on_open if self.wishes.refresh_on_open is None else self.wishes.refresh_on_open

    def say(self, outcome: Outcome) -> None:
        """Keep what became of a step, and tell it."""
        self.outcomes.append(outcome)
        self._tell(outcome)

    def make_folder(self, folder: Path) -> list[Put]:
        """Make a folder and those above it that are missing, and record them. Raises OutputError."""
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        made: list[Put] = []
        try:
            for path in reversed(missing):
                path.mkdir()
                made.append(Put("folder", str(path)))
                self.journal.add(made[-1])
            if not folder.is_dir():
                raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        except OSError as error:
            reason = reason_of(error)
        else:
            return made
        self.unmake(made)
        raise OutputError(
            Text(f"폴더를 만들 수 없습니다: {folder} ({reason})", f"the folder cannot be made: {folder} ({reason})"),
            Text("--folder 로 쓸 수 있는 폴더를 지정하세요.", "Name one that can be written with --folder."),
        )

    def unmake(self, folders: Sequence[Put]) -> None:
        """Remove folders that were made, as far as they are empty."""
        for put in sorted(folders, key=lambda put: len(put.where), reverse=True):
            try:
                Path(put.where).rmdir()
            except FileNotFoundError:
                pass
            except OSError:
                continue  # the user keeps something there
            self.journal.drop(put)


def _at_home(folder: Path) -> Path:
    """A folder with `~` replaced. Raises ArgumentError for the home of a user who does not exist."""
    try:
        return folder.expanduser()
    except RuntimeError:
        pass
    raise ArgumentError(
        Text("--folder: 이런 사용자의 홈 폴더가 없습니다.", "--folder names the home of a user who does not exist"),
        Text("폴더의 전체 경로를 적으세요.", "Write the folder's whole path."),
    )
