"""What an author may say of operations that run in the background, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from plugwright import Cache, SetupError
from plugwright.settings import Settings
from tests.jobs.reports import reporting, settings
from tests.web.plugins import new_plugin


@pytest.mark.parametrize("effect", ["read", "write", "destroy"])
def test_whatever_its_effect_a_queued_call_is_a_post(effect: Any):
    plugin = new_plugin()

    @plugin.operation(effect=effect, open_world=False, background=True)
    async def report() -> str:  # pyright: ignore[reportUnusedFunction] it is looked up
        """Report."""
        return ""

    assert plugin.registry.operations["report"].method == "POST"


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ({"cache": Cache(ttl="1m")}, "leave cache out"),
        ({"concurrency": 2}, "leave concurrency out"),
        ({"method": "GET"}, "leave method out"),
        ({"background": "yes"}, "must be True or False"),
    ],
    ids=["cache", "concurrency", "method", "background"],
)
def test_what_makes_no_sense_in_the_background_is_refused(options: dict[str, Any], mend: str):
    plugin = new_plugin()
    options = {"background": True} | options

    with pytest.raises(SetupError, match=mend):

        @plugin.operation(effect="read", open_world=False, **options)
        async def report() -> str:  # pyright: ignore[reportUnusedFunction] it is refused
            """Report."""
            return ""


@pytest.mark.parametrize("name", ["get_job", "cancel_job", "Get_Job"])
def test_an_operation_with_a_name_that_jobs_need_is_refused_before_anything_is_served(name: str, sqlite_url: str):
    plugin, _ = reporting()

    @plugin.operation(effect="read", open_world=False, name=name)
    async def other() -> str:  # pyright: ignore[reportUnusedFunction] it is refused
        """Something else."""
        return ""

    with pytest.raises(SetupError, match="already defines an operation of this name"):
        plugin.asgi(settings(sqlite_url))


def test_a_plugin_without_background_operations_may_have_these_names():
    plugin = new_plugin()

    @plugin.operation(effect="read", open_world=False)
    async def get_job() -> str:  # pyright: ignore[reportUnusedFunction] it is served
        """A job at the agency."""
        return ""

    assert plugin.asgi(Settings()).jobs is None


def test_a_long_timeout_is_fine(sqlite_url: str):
    plugin, _ = reporting(timeout="10m")

    assert plugin.registry.operations["report"].handler.timeout == timedelta(minutes=10).total_seconds()


async def test_called_in_process_it_runs_at_once(sqlite_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLUGWRIGHT_DATABASE_URL", sqlite_url)
    plugin, desk = reporting()

    assert await plugin.invoke("report", {"topic": "rain"}) == "written"
    assert desk.written == ["rain"]
