"""One call to the service, repeated while the fault may pass.

A call takes a slot under the rate limit for each attempt. What may pass (network faults, 5xx, HTML pages, cut JSON,
the service's passing codes) is tried again with jittered, growing waits, and at least as long as `Retry-After` asks;
everything else is an error at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import tenacity
from requests.auth import AuthBase

from kis_xl.broker.answers import Answer, judge
from kis_xl.broker.codes import Action, Refusal
from kis_xl.broker.limits import Slots
from kis_xl.broker.wire import Wire
from kis_xl.policy import Policy
from kis_xl.redaction import get_logger

_log = get_logger(__name__)


class Http:
    """Calls to one host, under one app key's rate limit."""

    def __init__(self, host: str, policy: Policy, slots: Slots) -> None:
        self._policy = policy
        self._slots = slots
        self._wire = Wire(host, policy)

    def call(
        self,
        method: str,
        path: str,
        *,
        auth: AuthBase,
        headers: Callable[[], Mapping[str, str]],
        params: Mapping[str, str] | None = None,
        body: Mapping[str, str] | None = None,
        caller_handles: tuple[Action, ...] = (),
    ) -> Answer:
        """The answer to one call, tried up to `Policy.attempts` times.

        `headers` is asked for each attempt's headers: a corporation's `gt_uid` is for one attempt only.
        Raises KisError; for a code that calls for one of the actions in `caller_handles` it raises Refusal instead.
        """

        def attempt() -> Answer:
            self._slots.take()
            return judge(self._wire.exchange(method, path, auth, headers(), params, body))

        retrying = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._policy.attempts) | tenacity.stop_after_delay(self._policy.longest_call),
            wait=self._wait,
            retry=tenacity.retry_if_exception(self._may_pass),
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            return retrying(attempt)
        except Refusal as refusal:
            if refusal.action in caller_handles:
                raise
            failure = refusal.error
        raise failure

    def close(self) -> None:
        """Close the connection."""
        self._wire.close()

    def _may_pass(self, error: BaseException) -> bool:
        """Whether to wait and call again. Nobody is kept waiting for as long as a server may ask: that is told."""
        return isinstance(error, Refusal) and error.action is Action.RETRY and error.after <= self._policy.longest_retry_after

    def _wait(self, state: tenacity.RetryCallState) -> float:
        jittered = tenacity.wait_random_exponential(self._policy.backoff, self._policy.longest_backoff)(state)
        error = state.outcome.exception() if state.outcome else None
        return max(jittered, error.after if isinstance(error, Refusal) else 0.0)

    def _tell(self, state: tenacity.RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, Refusal):
            _log.warning("attempt %d failed, trying again: %s", state.attempt_number, error.error.message("en"))
