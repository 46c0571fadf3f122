"""A simulator in a process of its own, so that what it computes is not counted: `python -m benchmarks.server JSON`."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trustme

from kis_xl.fields import Environment
from kis_xl.simulator import Limits, Simulator, demo_account


@contextmanager
def serving(**options: Any) -> Iterator[dict[str, str]]:
    """A server over TLS; its addresses and the file with its certificate authority."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.server", json.dumps({"folder": folder, **options})]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())
            process.communicate()  # closes its standard input, at which it stops


def main(folder: str, rows: int, latency: float, connect_latency: float, limited: bool) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(f"{folder}/ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    accounts = [demo_account(environment, rows=rows) for environment in Environment]
    limits = Limits(token_spacing=None) if limited else Limits.off()
    with Simulator(
        accounts, limits, latency=latency, connect_latency=connect_latency, ssl_context=context, allow_by_stock=True, any_case_cursors=True
    ) as running:
        print(json.dumps({"real": running.real_url, "mock": running.mock_url, "ca": str(Path(folder) / "ca.pem")}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
