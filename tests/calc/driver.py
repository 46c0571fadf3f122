"""Drives LibreOffice for a test: a request a line on standard input, an answer a line on standard output, both JSON.

Run by the system's Python: `/usr/bin/python3 -m tests.calc.driver PROFILE PORT`. The end of standard input ends it and
LibreOffice, also in the middle of a call.
"""

from __future__ import annotations

import json
import os
import queue
import re
import sys
import threading
from pathlib import Path
from typing import Any

from tests.calc.documents import Document, MacroError, Opening
from tests.calc.office import Office, OfficeGone

_SCRIPT = Path(__file__).with_name("office_script.py")


class Driver:
    """The requests, by name. A document is known by a number."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._documents: dict[int, Document] = {}

    def answer(self, request: dict[str, Any]) -> Any:
        """The answer to one request."""
        name, given = request["request"], request["given"]
        if name == "open":
            return self._open(**given)
        if name in ("close_all", "workbooks"):
            return self._office.on_main_thread(getattr(self, f"_{name}"))
        document = self._documents[request["document"]]
        return self._office.on_main_thread(lambda: getattr(document, name)(**given))

    def _known(self, document: Document) -> int:
        number = len(self._documents) + 1
        self._documents[number] = document
        return number

    def _open(self, path: str, modules: dict[str, dict[str, Any]], edits: list[list[str]], recalculate: bool) -> int:
        """Open a file with the modules put in and the edits (module, pattern, replacement) made before any macro runs.

        A module is its `source`, `is_class`, and `keep`: whether the workbook's own of that name stays.
        """
        office = self._office
        broadcaster = office.service("com.sun.star.frame.GlobalEventBroadcaster")
        toolkit = office.service("com.sun.star.awt.Toolkit")
        opening = Opening(modules, edits)

        def load() -> Document:
            broadcaster.addDocumentEventListener(opening)
            try:
                document = opening.load(office.desktop, path)
                while not opening.is_open:  # run here, Workbook_Open has ended when this has; later, it might be interrupted
                    toolkit.processEventsToIdle()
            finally:
                broadcaster.removeDocumentEventListener(opening)
            if recalculate:
                document.recalculate()
            return document

        return self._known(office.on_main_thread(load))

    def _workbooks(self) -> list[dict[str, Any]]:
        """All open workbooks, also those that a macro has opened."""
        found = []
        for component in self._components():
            known = [number for number, document in self._documents.items() if document.component == component]
            number = known[0] if known else self._known(Document(component))
            found.append({"document": number, "title": component.Title})
        return found

    def _components(self) -> list[Any]:
        walk = self._office.desktop.Components.createEnumeration()
        found = []
        while walk.hasMoreElements():
            component = walk.nextElement()
            if component.supportsService("com.sun.star.sheet.SpreadsheetDocument"):
                found.append(component)
        return found

    def _close_all(self) -> None:
        for component in self._components():
            Document(component).close()
        self._documents.clear()


def _requests() -> queue.Queue[str]:
    """Lines of standard input. Its end ends the process at once, since the main thread may be waiting for the office."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        os._exit(0)  # the office's keeper notices

    threading.Thread(target=read, daemon=True).start()
    return lines


def _failure(error: BaseException) -> dict[str, Any]:
    if isinstance(error, MacroError):
        number, source, description = error.args
        return {"macro_error": {"number": number, "source": source, "description": description}}
    if isinstance(error, OfficeGone) or re.search(r"bridge.* disposed", str(error)):
        return {"gone": "LibreOffice is gone"}
    return {"error": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Serve until standard input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    lines = _requests()
    driver = Driver(Office(Path(sys.argv[1]), _SCRIPT, int(sys.argv[2])))
    answers.write('{"result": "ready"}\n')
    answers.flush()
    while True:
        request = json.loads(lines.get())
        try:
            answer = {"result": driver.answer(request)}
        except Exception as error:  # noqa: BLE001 (the test is told)
            answer = _failure(error)
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
