"""`python -m benchmarks`: measure everything and print a table."""

from __future__ import annotations

import platform

from benchmarks import excel, fetch, growth, history, report, work


def main() -> None:
    print(f"kis_xl benchmarks, Python {platform.python_version()} on {platform.system()}\n")
    print(f"{'what':<58} {'value':>8}  {'wanted':<8}")
    measures = (
        work.typing,
        work.importing,
        work.checking,
        work.memory,
        fetch.against_a_bare_loop,
        fetch.under_the_mock_limit,
        history.at_ten_years,
        report.against_a_bare_loop,
        report.memory,
        excel.in_python,
        excel.over_com,
    )
    for measure in measures:
        for line in measure():
            print(line, flush=True)
    print("\nCost against size\n")
    for plot in growth.plots():
        print(plot, *plot.lines(), "", sep="\n", flush=True)


if __name__ == "__main__":
    main()
