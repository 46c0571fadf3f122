"""How often one may call: the limits of the service, and the counting.

The limits count for each app key, over all of its connections. Only calls that got through count: a refused one does
not push the next one further away.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass

from kis_xl.fields import Environment
from kis_xl.simulator.accounts import SimAccount


@dataclass(frozen=True)
class Limits:
    """The limits of the service, times in seconds; None switches a limit off.

    Numbers by the notices of 2026-03-20 and 2026-04-20. Mock allows one call a second and refuses at exactly one
    second still, hence a little more.
    """

    real_per_window: int | None = 18
    new_key_per_window: int | None = 3
    window: float = 1.0
    mock_spacing: float | None = 1.02
    token_spacing: float | None = 60.0
    token_reuse: float = 6 * 3600.0
    token_life: float = 24 * 3600.0

    @classmethod
    def off(cls) -> Limits:
        """No limits on calls and tokens; tokens live as long as ever."""
        return cls(real_per_window=None, new_key_per_window=None, mock_spacing=None, token_spacing=None)


class CallGate:
    """Counts the calls of each app key on each host."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._through: defaultdict[tuple[str, Environment], deque[float]] = defaultdict(deque)

    def allows(self, account: SimAccount, environment: Environment, now: float) -> bool:
        """Whether a call at `now` (monotonic seconds) gets through; if it does, it is counted."""
        if environment is Environment.REAL:
            allowed, window = self._limits.real_per_window, self._limits.window
            if account.new_key:
                allowed = self._limits.new_key_per_window
        else:
            allowed, window = (None, 0.0) if self._limits.mock_spacing is None else (1, self._limits.mock_spacing)
        if allowed is None:
            return True
        through = self._through[account.appkey, environment]
        while through and now - through[0] >= window:
            through.popleft()
        if len(through) >= allowed:
            return False
        through.append(now)
        return True
