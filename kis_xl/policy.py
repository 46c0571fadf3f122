"""How patiently the service is called: time-outs, retries, rates. All times are seconds."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kis_xl.fields import Environment


@dataclass(frozen=True)
class Rate:
    """So many calls in so many seconds, over any such span."""

    calls: int
    seconds: float


#: The limits since the notices of 2026-03-20 and 2026-04-20, each with a margin: the service counts arrivals, and two
#: calls that leave a second apart can arrive closer. At exactly 1.0 s the mock host still refuses.
DEFAULT_RATES: dict[Environment, Rate] = {Environment.REAL: Rate(18, 1.05), Environment.MOCK: Rate(1, 1.1)}


def calls_per_second(calls: int) -> Rate:
    """`calls` a second, with the same margin as the default (3 for a key in its first three days)."""
    return Rate(calls, 1.1 if calls == 1 else 1.05)


@dataclass(frozen=True)
class Policy:
    """Time-outs, retries and rates of a Broker. The defaults suit a person who waits; a server may want other values.

    `limited` False makes no limit at all (for the simulator and for benchmarks); `rate` None is the environment's own.
    """

    connect_timeout: float = 5.0
    read_timeout: float = 30.0
    attempts: int = 6
    longest_call: float = 120.0
    backoff: float = 0.4
    longest_backoff: float = 8.0
    longest_retry_after: float = 60.0
    rate: Rate | None = None
    limited: bool = True
    longest_slot_wait: float = 120.0
    max_pages: int = 5_000
    restarts: int = 4
    token_margin: float = 600.0
    token_wait: float = 65.0
    token_retry_every: float = 20.0

    def for_one_call(self, seconds: float) -> Policy:
        """For a single attempt that somebody waits for: `seconds` at most for each of its steps."""
        return replace(
            self,
            attempts=1,
            connect_timeout=min(self.connect_timeout, seconds),
            read_timeout=min(self.read_timeout, seconds),
            longest_slot_wait=seconds,
            token_wait=seconds,
        )

    def rate_for(self, environment: Environment, calls: int = 0) -> Rate | None:
        """The rate to keep, None for no limit; `calls` a second where this policy has no rate of its own and an account has."""
        if not self.limited:
            return None
        return self.rate or (calls_per_second(calls) if calls else DEFAULT_RATES[environment])
