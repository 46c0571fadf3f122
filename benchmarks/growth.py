"""Cost against size, plotted: `python -m benchmarks.growth`, some forty seconds.

Where ten times the size costs ten times as much, the exponent of the fitted line is 1. Below it is what costs the same at
every size; so the last step, where that counts least, is the one to be judged.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import linear_regression

from benchmarks.table import Line

#: Columns of the plot from the smallest size to the largest; the smallest has this many itself.
_WIDTH, _LEAST = 48, 2
#: A measurement is repeated for so long (CPU seconds), and its cheapest counts.
_LONG_ENOUGH = 0.5
#: What an exponent may be off by: no two runs cost the same.
LINEAR = "≤ 1.15"


@dataclass(frozen=True)
class Growth:
    """What something costs (milliseconds) by its size."""

    name: str
    sizes: str
    costs: Mapping[int, float]

    @property
    def exponent(self) -> float:
        """The slope of the line through all points, both axes logarithmic."""
        return _slope(self.costs.items())

    @property
    def last_exponent(self) -> float:
        """The slope from the last but one to the last."""
        return _slope(list(self.costs.items())[-2:])

    def lines(self) -> list[Line]:
        """The last exponent as a line of the result."""
        before, last = list(self.costs)[-2:]
        name = f"  {self.name}: exponent, {before:,} to {last:,} {self.sizes}"
        return [Line(name, self.last_exponent, LINEAR, f"{self.exponent:.2f} over all")]

    def __str__(self) -> str:
        """A bar a size, both axes logarithmic; a dot stands where the bar would end if all of the smallest size's cost grew with it."""
        first, last = min(self.costs), max(self.costs)
        a_column = math.log(last / first) / _WIDTH
        shown = [f"{self.name}, by {self.sizes} (both logarithmic; ·: in proportion to the first)"]
        for size, cost in self.costs.items():
            bar = "█" * (_LEAST + max(0, round(math.log(cost / self.costs[first]) / a_column)))
            place = _LEAST + round(math.log(size / first) / a_column)
            bar = bar if len(bar) >= place else f"{bar:<{place - 1}}·"
            shown.append(f"{size:>9,} |{bar:<{_LEAST + _WIDTH}} {cost:>10,.2f} ms {cost / size * 1e3:>10,.1f} µs each")
        before = list(self.costs)[-2]
        fitted = f"cost ~ {self.sizes}^{self.exponent:.2f}; from {before:,} to {last:,} ^{self.last_exponent:.2f} (1 is linear)"
        return "\n".join([*shown, f"{'':>9} {fitted}"])


def _slope(points: Iterable[tuple[int, float]]) -> float:
    sizes, costs = zip(*((math.log(size), math.log(cost)) for size, cost in points), strict=True)
    return linear_regression(sizes, costs).slope


def cpu(work: Callable[[], object]) -> float:
    """What a call costs at best, in milliseconds of CPU: whatever else the machine does is not counted."""
    took: list[float] = []
    while not took or sum(took) < _LONG_ENOUGH:
        started = time.process_time()
        work()
        took.append(time.process_time() - started)
    return min(took) * 1e3


def plots() -> list[Growth]:
    """All that grows."""
    from benchmarks import history, report

    return [report.growth(), *history.growth()]


def main() -> None:
    for each in plots():
        print(f"{each}\n", flush=True)


if __name__ == "__main__":
    main()
