"""What may be left in a secret store: entries that are being stored or deleted are noted before, and crossed out after.

Whatever ends a process in between, the next change of the configuration deletes what the file does not name. A store that
does not open now keeps nobody from changing the configuration: its entry stays noted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from kis_xl.datafolder import DataFolder, write_atomically
from kis_xl.errors import ConfigError, KisError, OutputError, reason_of
from kis_xl.language import Text
from kis_xl.redaction import get_logger
from kis_xl.secretstore import CHOICES, is_name, store_of

_log = get_logger(__name__)
_FILE: Final = "pending.json"


class Leftovers:
    """The notes of a data folder: names of entries and the stores they are in."""

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._path = folder.part("locks") / _FILE

    def note(self, entries: Mapping[str, str]) -> None:
        """Remember these entries, by name and store. Raises OutputError."""
        self._write({**self.noted(), **entries})

    def noted(self) -> dict[str, str]:
        """The entries that are noted. A note that is damaged is none."""
        try:
            noted = json.loads(self._path.read_bytes())
            return {str(entry): str(kind) for entry, kind in noted.items() if is_name(str(entry)) and kind in CHOICES}
        except (OSError, ValueError, AttributeError, RecursionError):
            return {}

    def clear_up(self, named: frozenset[str]) -> None:
        """Delete the noted entries that the configuration does not name; what cannot be stays noted. Never raises."""
        left = {entry: kind for entry, kind in self.noted().items() if entry not in named and not self._delete(entry, kind)}
        try:
            self._write(left)
        except KisError as error:
            _log.warning("%s", error.message("en"))

    def _delete(self, entry: str, kind: str) -> bool:
        try:
            store_of(kind, self._folder).delete(entry)
        except ConfigError as error:
            _log.warning("keys of an account that has gone are left in the secret store: %s", error.message("en"))
            return False
        return True

    def _write(self, noted: Mapping[str, str]) -> None:
        try:
            if noted:
                write_atomically(self._path, json.dumps(dict(noted)).encode())
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            reason = reason_of(error)
        else:
            return
        raise OutputError(
            Text(f"설정을 저장할 수 없습니다: {self._path} ({reason})", f"the configuration cannot be written: {self._path} ({reason})"),
            Text("폴더의 권한과 남은 공간을 확인하세요.", "Check the folder's permissions and the disk's free space."),
        )
