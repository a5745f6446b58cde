"""Whether a plugin says truly, and at once, if it can serve."""

from __future__ import annotations

import asyncio

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from plugwright import Unavailable, UserKey
from plugwright.observe.life import Life, Stage
from plugwright.observe.readiness import FRESH, Part, PartFailing, PartUnknown, Readiness
from plugwright.settings import Settings
from plugwright.store.database import Database
from plugwright.store.health import DatabaseHealth
from plugwright.testing import Client
from tests.clocks import Clock
from tests.web.plugins import new_plugin


def unforeseen(operation: str, request_id: str, error: BaseException) -> None:
    """Fail a test in which something is reported that should not be."""
    raise AssertionError(operation, request_id) from error


class Switch:
    """A part that is well, or fails as it is told."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.looks = 0

    async def __call__(self) -> None:
        self.looks += 1
        if self.error is not None:
            raise self.error


def serving(clock: Clock, *parts: Part) -> Readiness:
    """The readiness of a process that serves."""
    life = Life()
    life.stage = Stage.SERVING
    return Readiness(life, parts, report=unforeseen, clock=clock)


async def outcomes(readiness: Readiness, clock: Clock, looks: int) -> list[str]:
    """What so many looks find, one after the other."""
    found: list[str] = []
    for _ in range(looks):
        found.append((await readiness.report()).status)
        clock.pass_by(FRESH)
    return found


async def test_a_plugin_without_parts_is_ready_and_tells_people_who_it_is():
    async with Client(new_plugin(name="skycast", version="3.2.1")) as client:
        ready = await client.get("/readyz")
        told = await client.get("/healthz")

    assert (ready.status, ready.json()) == (200, {"status": "ready", "parts": {}})
    assert ready.headers["cache-control"] == "no-store"
    uptime = told.json().pop("uptime_seconds")
    assert isinstance(uptime, int)
    about = {"name": "skycast", "version": "3.2.1", "uptime_seconds": uptime}
    assert told.json() == {**about, "status": "ready", "parts": {}}


async def test_before_the_lifespan_has_opened_and_once_it_drains_a_process_lives_but_is_not_ready():
    client = Client(new_plugin())
    before = await client.get("/readyz")
    async with client:
        client.app.life.stage = Stage.DRAINING
        after, people, alive = [await client.get(path) for path in ("/readyz", "/healthz", "/livez")]

    assert (before.status, before.json()["status"]) == (503, "starting")
    assert (after.status, after.json()["status"], after.headers["retry-after"]) == (503, "draining", "1")
    assert people.status == 503
    assert alive.status == 200


@pytest.mark.parametrize("path", ["/readyz", "/healthz"])
async def test_health_is_read_with_get_and_head_from_any_host(path: str):
    async with Client(new_plugin()) as client:
        assert (await client.request("HEAD", path, headers={"Host": "10.0.0.7:8000"})).status == 200
        refused = await client.request("POST", path)
    assert (refused.status, refused.headers["allow"]) == (405, "GET, HEAD")


async def test_health_answers_while_no_call_finds_a_place():
    plugin = new_plugin()
    is_in, may_go = asyncio.Event(), asyncio.Event()

    @plugin.operation(effect="read", open_world=False)
    async def wait() -> None:
        """Wait."""
        is_in.set()
        await may_go.wait()

    settings = Settings(public_url="http://127.0.0.1:8000", max_concurrent_calls=1, queue_time=0.01)
    async with Client(plugin, settings) as client:
        waiting = asyncio.create_task(client.get("/wait"))
        await is_in.wait()
        assert (await client.get("/wait")).status == 503
        assert [(await client.get(path)).status for path in ("/livez", "/readyz", "/healthz")] == [200] * 3
        may_go.set()
        await waiting


async def test_one_failure_may_be_chance_the_second_makes_unready_and_one_success_ready_again():
    clock, part = Clock(), Switch()
    readiness = serving(clock, Part("database", part))

    assert await outcomes(readiness, clock, 1) == ["ready"]
    part.error = Unavailable("Gone")
    assert await outcomes(readiness, clock, 3) == ["ready", "unavailable", "unavailable"]
    report = await readiness.report()
    assert (report.failing, report.parts) == (["database"], {"database": "unavailable"})
    part.error = None
    clock.pass_by(FRESH)
    assert await outcomes(readiness, clock, 1) == ["ready"]


async def test_what_is_not_needed_degrades_and_what_is_unknown_changes_nothing():
    clock, part = Clock(), Switch()
    part.error = PartFailing("full")
    assert await outcomes(serving(clock, Part("valkey", part, is_needed=False)), clock, 2) == ["ready", "degraded"]

    part.error = PartUnknown("Nobody knows")
    readiness = serving(clock, Part("migrations", part))
    assert await outcomes(readiness, clock, 3) == ["ready"] * 3
    assert (await readiness.report()).parts == {"migrations": "unknown"}


async def test_however_many_ask_there_is_one_look():
    clock, part = Clock(), Switch()
    readiness = serving(clock, Part("database", part))
    await asyncio.gather(*(readiness.report() for _ in range(100)))
    assert part.looks == 1


async def test_a_check_that_hangs_is_not_waited_for_longer_than_it_may_take_nor_started_again():
    clock = Clock()
    never = asyncio.Event()
    started = 0

    async def hang() -> None:
        nonlocal started
        started += 1
        await never.wait()

    readiness = serving(clock, Part("database", hang, within=0.01))
    assert await outcomes(readiness, clock, 3) == ["ready", "unavailable", "unavailable"]
    assert started == 1
    never.set()
    assert await outcomes(readiness, clock, 1) == ["ready"]
    await readiness.close()


async def test_a_check_that_hangs_may_stand_for_nobody_knows():
    clock = Clock()
    never = asyncio.Event()

    async def hang() -> None:
        await never.wait()

    readiness = serving(clock, Part("migrations", hang, within=0.01, when_late="unknown"))
    assert await outcomes(readiness, clock, 3) == ["ready"] * 3
    await readiness.close()


async def test_a_failure_that_nobody_foresaw_is_reported_and_told_without_its_text():
    clock, part = Clock(), Switch()
    part.error = RuntimeError("password=hunter2")
    reported: list[BaseException] = []
    life = Life()
    life.stage = Stage.SERVING
    readiness = Readiness(
        life, [Part("database", part)], report=lambda _, __, error: reported.append(error), clock=clock
    )
    await outcomes(readiness, clock, 2)
    assert (await readiness.report()).parts == {"database": "unavailable"}
    assert part.error in reported


async def test_a_database_is_well_if_it_answers_and_has_every_step(database: Database):
    health = DatabaseHealth(database)
    await health.answers()
    await health.is_up_to_date()


async def test_a_database_without_the_last_step_is_behind_and_one_of_a_newer_version_is_not(database: Database):
    health = DatabaseHealth(database)
    await database.write(lambda c: c.execute(text("UPDATE plugwright_migrations SET version_num = '9999'")))
    await health.is_up_to_date()
    await database.write(lambda c: c.execute(text("DELETE FROM plugwright_migrations")))
    with pytest.raises(PartFailing, match="behind"):
        await health.is_up_to_date()


async def test_a_closed_database_does_not_answer(database: Database):
    database.close()
    health = DatabaseHealth(database)
    with pytest.raises(Unavailable):
        await health.answers()
    with pytest.raises(PartUnknown):
        await health.is_up_to_date()


async def test_readiness_names_the_database_and_its_migrations(database_url: str):
    settings = Settings(public_url="http://127.0.0.1:8000", database_url=SecretStr(database_url))
    async with Client(new_plugin(auth=UserKey()), settings) as client:
        assert (await client.get("/readyz")).json()["parts"] == {"database": "ok", "migrations": "ok"}
