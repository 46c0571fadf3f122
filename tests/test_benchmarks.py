"""The plot of cost against size, on made-up numbers: nothing is timed here."""

from __future__ import annotations

import pytest

from benchmarks.growth import Growth

SIZES = (100, 1_000, 10_000, 100_000)


@pytest.mark.parametrize(("power", "verdict"), [(0, "ok"), (1, "ok"), (1.1, "ok"), (1.5, "MISSED"), (2, "MISSED")])
def test_the_fitted_exponent_is_that_of_the_cost(power: float, verdict: str) -> None:
    made_up = Growth("a report", "holdings", {size: 0.25 * size**power for size in SIZES})
    assert made_up.exponent == pytest.approx(power)
    (line,) = made_up.lines()
    assert line.value == pytest.approx(power)
    assert line.verdict == verdict
    assert "10,000 to 100,000 holdings" in line.name


def test_a_fixed_cost_is_told_from_growth() -> None:
    """The last step has a slope nearest to that of what grows."""
    made_up = Growth("a report", "holdings", {size: 60 + 0.1 * size for size in SIZES})
    assert 0.7 < made_up.exponent < 0.85
    assert 0.95 < made_up.last_exponent < 1


def test_equal_steps_of_a_linear_cost_are_equally_long() -> None:
    shown = str(Growth("a report", "holdings", {size: 0.25 * size for size in SIZES}))
    assert [line.count("█") for line in shown.splitlines() if "|" in line] == [2, 18, 34, 50]
    assert "·" not in shown.partition("\n")[2]
    assert "holdings^1.00; from 10,000 to 100,000 ^1.00" in shown
    assert "250.0 µs each" in shown


def test_a_dot_shows_how_far_a_cost_lags_behind_its_size() -> None:
    flat = str(Growth("a store", "days", dict.fromkeys(SIZES, 7.0))).splitlines()[1:5]
    assert [line.count("█") for line in flat] == [2, 2, 2, 2]
    assert [line.find("·") - line.find("|") for line in flat[1:]] == [18, 34, 50]
    steep = str(Growth("a sum", "rows", {size: float(size**2) for size in SIZES})).splitlines()[1:5]
    assert [line.count("█") for line in steep] == [2, 34, 66, 98]
