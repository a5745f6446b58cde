"""How fast each subject is: held against a bare app that answers the same bytes, in the same minute."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from . import answers, seeding
from .environments import OWN, Environment
from .figures import Spread
from .neighbours import beside
from .places import RUN
from .processes import Program, plugwright_serve, serving, uvicorn
from .rounds import Comparison, Plan, interleave, target
from .subjects import PLUGWRIGHT_SETTINGS, Growth, Subject
from .wire import Reply

BARE = "bare"


@dataclass(frozen=True)
class Measured:
    """A subject with its figures."""

    subject: Subject
    comparison: Comparison
    rss_mb: float


@dataclass(frozen=True)
class Grown:
    """The cost of a call with many of something, in units of its cost with few."""

    title: str
    comparison: Comparison
    has_database: bool = False

    @property
    def cost(self) -> Spread:
        """How much more a call costs with many."""
        return self.comparison.ratio


def measure(subject: Subject, environments: dict[str, Environment], plan: Plan) -> Measured:
    """Check a subject's answers, load it and its bare counterpart in turn, and check it again."""
    call = subject.protocol.ask(answers.MEASURED)
    with (
        beside(subject.neighbour, environments) as settings,
        serving(_program(subject, environments, settings)) as server,
    ):
        reply = _checked(subject, server.port)
        with serving(_bare(subject, environments[BARE], reply, "bare")) as bare:
            answers.expect(bare.port, subject.protocol, answers.MEASURED, answers.ANSWER)
            script = RUN / f"{subject.name}.lua"
            comparison = interleave(target(bare, call, script), target(server, call, script), plan)
        answers.expect(server.port, subject.protocol, answers.MEASURED, answers.ANSWER)
        return Measured(subject, comparison, server.rss_mb())


def grow(growth: Growth, environment: Environment, plan: Plan) -> Grown:
    """Load the same plugin with few and with many operations in turn."""

    def sized(operations: int) -> Program:
        sizes = {"BENCH_OPERATIONS": str(operations), "BENCH_PATH": growth.path}
        settings = {**PLUGWRIGHT_SETTINGS, **sizes}
        name = f"many-{growth.name}-{operations}"
        return uvicorn(name, environment.python, "plugwright_many:app", settings)

    call = growth.protocol.ask(answers.MEASURED)
    script = RUN / f"many-{growth.name}.lua"
    with serving(sized(growth.few)) as few, serving(sized(growth.many)) as many:
        for server in (few, many):
            answers.check(server.port, growth.protocol)
        # The cost is the inverse of the speed, so the plugin with few operations is the one on top.
        comparison = interleave(target(many, call, script), target(few, call, script), plan)
        return Grown(f"{growth.many:,} operations instead of {growth.few}: {growth.title}", comparison)


def _program(subject: Subject, environments: Mapping[str, Environment], settings: Mapping[str, str]) -> Program:
    if subject.environment == BARE:
        return _bare(subject, environments[BARE], _answer_of_bare(subject), "subject")
    environment = environments[subject.environment]
    settings = {**subject.settings, **settings}
    if subject.has_sign_in:
        url = seeding.sqlite(subject.name)
        seeding.seed(environments[OWN], url)
        settings = {**settings, **seeding.settings(url)}
    if subject.has_own_server:
        return plugwright_serve(subject.name, environment.script("plugwright"), subject.target, settings)
    return uvicorn(subject.name, environment.python, subject.target, settings)


def _checked(subject: Subject, port: int) -> Reply:
    if subject.environment == BARE:
        return answers.expect(port, subject.protocol, answers.MEASURED, answers.ANSWER)
    return answers.check(port, subject.protocol)


def _bare(subject: Subject, environment: Environment, reply: Reply, role: str) -> Program:
    recorded = RUN / f"{subject.name}-{role}.json"
    recorded.write_text(json.dumps(asdict(reply)), encoding="utf-8")
    target_name = f"bare:{subject.protocol.baseline}"
    return uvicorn(f"{subject.name}-{role}", environment.python, target_name, {"BENCH_REPLY": str(recorded)})


def _answer_of_bare(subject: Subject) -> Reply:
    text = json.dumps(answers.ANSWER, separators=(",", ":"))
    if subject.protocol.baseline == "post":
        content = [{"type": "text", "text": text}]
        result = {"resultType": "complete", "content": content, "structuredContent": answers.ANSWER}
        text = json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}, separators=(",", ":"))
    return Reply(200, "application/json", text)
