"""The way to one upstream from one event loop: its connections, and what keeps a failing service from being overrun."""

import asyncio
from collections.abc import Callable

from plugwright.upstream.breaker import Breaker, BreakerOpen
from plugwright.upstream.budget import RetryBudget
from plugwright.upstream.exchange import UpstreamReply, UpstreamRequest
from plugwright.upstream.failures import CROWDED, LEFT_ALONE, AttemptFailed
from plugwright.upstream.gate import Gate, GateFull
from plugwright.upstream.retries import may_repeat, pause_before
from plugwright.upstream.tally import UpstreamTally
from plugwright.upstream.timing import Timing
from plugwright.upstream.wire import Wire

_COME_BACK_SECONDS = 1.0


class Link:
    """Sends requests, each as often as its method, its time and the budget allow.

    Args:
        wire: the connections.
        gate: the bound on requests in progress.
        attempts: how often one request is sent at most.
        fair_seconds: an attempt that is given up after less says nothing about the service.
        tally: the counters.
        timing: clocks and pauses.
    """

    def __init__(
        self, wire: Wire, gate: Gate, *, attempts: int, fair_seconds: float, tally: UpstreamTally, timing: Timing
    ) -> None:
        self._wire = wire
        self.gate = gate
        self.breaker = Breaker(timing.clock)
        self.budget = RetryBudget(timing.clock)
        self._attempts = attempts
        self._fair_seconds = fair_seconds
        self._tally = tally
        self._timing = timing

    async def send(self, request: UpstreamRequest, left: Callable[[], float]) -> UpstreamReply:
        """Send a request; ``left`` tells the seconds that there are for it, repeats and pauses included.

        Raises:
            AttemptFailed: the last attempt did.
        """
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._attempt(request, is_repeat=attempt > 1)
            except AttemptFailed as failed:
                pause = self._pause_before_repeat(attempt, request, failed)
                if pause is None or pause >= left():
                    raise
                if not self.budget.take():
                    self._tally.refuse("budget")
                    raise
            await self._timing.sleep(pause)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._wire.aclose()

    def _pause_before_repeat(self, attempt: int, request: UpstreamRequest, failed: AttemptFailed) -> float | None:
        if attempt >= self._attempts or not may_repeat(failed, is_idempotent=request.is_idempotent):
            return None
        if self.breaker.state == "open":
            return None  # it would be refused; that the service failed tells more
        return pause_before(attempt, failed, self._timing.between)

    async def _attempt(self, request: UpstreamRequest, *, is_repeat: bool) -> UpstreamReply:
        try:
            self.breaker.check()  # nobody queues behind the probe to be refused after it
            await self.gate.enter()
            try:
                return await self._through_breaker(request, is_repeat=is_repeat)
            finally:
                self.gate.leave()
        except BreakerOpen as refused:
            self._tally.refuse("breaker_open")
            raise AttemptFailed(LEFT_ALONE, retry_after=refused.retry_after) from None
        except GateFull:
            self._tally.refuse("full")
            raise AttemptFailed(CROWDED, retry_after=_COME_BACK_SECONDS) from None

    async def _through_breaker(self, request: UpstreamRequest, *, is_repeat: bool) -> UpstreamReply:
        permit = self.breaker.admit()
        if is_repeat:
            self._tally.retries += 1
        else:
            self.budget.count_request()  # only what is sent entitles to repeats
        started = self._timing.clock()
        outcome, went_well = "failed", None
        try:
            reply = await self._wire.exchange(request)
            outcome, went_well = "ok", True
        except AttemptFailed as failed:
            outcome, went_well = failed.kind.name, not failed.kind.is_breakdown
            raise
        except asyncio.CancelledError:
            # At its deadline, or because the caller left: after a fair time the service is to blame.
            is_fair = self._timing.clock() - started >= self._fair_seconds
            outcome, went_well = "given_up", False if is_fair else None
            raise
        finally:
            self.breaker.settle(permit, went_well=went_well)
            self._tally.add_attempt(outcome, self._timing.clock() - started)
        return reply
