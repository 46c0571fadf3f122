"""The public names: all there, all documented, and free until used."""

from __future__ import annotations

import subprocess
import sys

import pytest

import kis_xl
from tests.conftest import REPOSITORY


@pytest.mark.parametrize("name", kis_xl.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    value = getattr(kis_xl, name)
    assert name in dir(kis_xl)
    assert name == "__version__" or value.__doc__


def test_every_public_name_is_listed() -> None:
    assert sorted(kis_xl._WHERE) == sorted(set(kis_xl.__all__) - {"__version__"})
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = kis_xl.Nonsense


def test_importing_the_package_imports_nothing_else() -> None:
    code = (
        "import sys, kis_xl; print(sorted(name for name in sys.modules if name.startswith(('requests', 'openpyxl', 'tornado', 'kis_xl.'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
