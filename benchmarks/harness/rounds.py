"""Rounds of load on two servers in turn, so that what slows the machine slows both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import wrk
from .figures import Spread, ratios
from .processes import Server
from .wire import HttpCall


@dataclass(frozen=True)
class Plan:
    """How long to look: rounds of so many seconds, after a warm-up of each server."""

    rounds: int
    seconds: int
    warm_up: int
    starts: int
    """How often a process is started for the figures of starting up, the first time not counted."""


FULL = Plan(rounds=5, seconds=2, warm_up=1, starts=11)
QUICK = Plan(rounds=2, seconds=1, warm_up=1, starts=4)


@dataclass(frozen=True)
class Target:
    """One side of a comparison: a server, and the call it is loaded with."""

    server: Server
    call: HttpCall
    script: Path

    def load(self, seconds: int) -> "Round":
        """Load it for some seconds."""
        before = self.server.cpu_seconds()
        sample = wrk.run(self.script, f"http://127.0.0.1:{self.server.port}{self.call.path}", seconds)
        used = self.server.cpu_seconds() - before
        return Round(sample, used / seconds, used / sample.requests * 1e6)


@dataclass(frozen=True)
class Round:
    """One round: what the load saw, and what the server used."""

    sample: wrk.Sample
    busy: float
    """The share of its core that the server had; well below 1, something was in its way."""
    cpu_us: float
    """Processor time of one request, in microseconds."""


@dataclass(frozen=True)
class Comparison:
    """What the rounds of both sides gave."""

    subject: tuple[Round, ...]
    baseline: tuple[Round, ...]

    @property
    def ratio(self) -> Spread:
        """Throughput of the subject in units of the baseline, round by round."""
        return Spread.of(ratios(_rates(self.subject), _rates(self.baseline)))

    def typical(self, figure: Callable[[Round], float]) -> float:
        """The subject's median of one figure over its rounds."""
        return Spread.of([figure(one) for one in self.subject]).median

    @property
    def least_busy(self) -> float:
        """The smallest share of the core that either server had in a round."""
        return min(one.busy for one in (*self.subject, *self.baseline))


def target(server: Server, call: HttpCall, script: Path, authorizations: Path | None = None) -> Target:
    """Write the load script of a call beside the other files of the run; ``authorizations`` as in `wrk.script`."""
    script.write_text(wrk.script(call, authorizations), encoding="utf-8")
    return Target(server, call, script)


def interleave(baseline: Target, subject: Target, plan: Plan) -> Comparison:
    """Warm both up, then load them in turn: baseline, subject, baseline, subject."""
    for side in (baseline, subject):
        side.load(plan.warm_up)
    pairs = [(baseline.load(plan.seconds), subject.load(plan.seconds)) for _ in range(plan.rounds)]
    return Comparison(tuple(pair[1] for pair in pairs), tuple(pair[0] for pair in pairs))


def _rates(rounds: Sequence[Round]) -> list[float]:
    return [one.sample.requests_per_second for one in rounds]
