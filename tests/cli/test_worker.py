"""``plugwright worker``, each time in a process of its own."""

import signal
import subprocess
import time

import pytest

from plugwright.store.database import Database
from plugwright.store.jobs import NewJob, Record, accept, find
from tests.cli.commands import PATIENCE, PROGRAM, Folder

PLUGIN = '''
import asyncio
from tests.web.plugins import new_plugin

plugin = new_plugin()
idle = new_plugin()

@plugin.operation(effect="read", open_world=False, background=True)
async def report(topic: str) -> str:
    """Write a report."""
    await asyncio.sleep(600 if topic == "long" else 0)
    return topic
'''


def queued(database: Database, topic: str) -> str:
    """A job, as a server would queue it."""
    new = NewJob(
        id="job_" + topic, operation="report", input=b'{"topic":"%b"}' % topic.encode(), request_id="r-1", owner=None,
        principal=None,
    )  # fmt: skip
    assert database.run(lambda c: accept(c, new, now=time.time(), most=9), writes=True)
    return new.id


def record(database: Database, name: str) -> Record:
    """A job as it is now."""
    found = database.run(lambda c: find(c, name, None), writes=False)
    assert found is not None
    return found


def test_it_runs_what_is_queued_and_hands_back_what_it_cannot_finish_when_told_to_end(
    folder: Folder, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
):
    (folder.path / "jobs_plugin.py").write_text(PLUGIN)
    monkeypatch.setenv("PLUGWRIGHT_DATABASE_URL", sqlite_url)
    database = Database(sqlite_url)
    try:
        short, long = queued(database, "short"), queued(database, "long")
        worker = subprocess.Popen([PROGRAM, "worker", "jobs_plugin:plugin", "--concurrency", "1"], cwd=folder.path)
        try:
            deadline = time.monotonic() + PATIENCE
            while record(database, long).state != "running":
                assert time.monotonic() < deadline
                time.sleep(0.02)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(PATIENCE) == 0
        finally:
            worker.kill()
            worker.wait()
        ended, handed_back = record(database, short), record(database, long)
    finally:
        database.close()

    assert (ended.state, ended.result) == ("succeeded", b'"short"')
    assert (handed_back.state, handed_back.tries) == ("queued", 0)


def test_a_plugin_without_queued_work_has_nothing_for_a_worker_to_do(folder: Folder):
    (folder.path / "jobs_plugin.py").write_text(PLUGIN)
    ended = folder.run_alone("worker", "jobs_plugin:idle")

    assert ended.is_one_clear_line, ended
    assert "background=True" in ended.err


def test_in_production_a_worker_needs_a_database_that_serves_more_than_one_process(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
):
    (folder.path / "jobs_plugin.py").write_text(PLUGIN)
    for name, value in {
        "ENVIRONMENT": "production",
        "PUBLIC_URL": "https://plugin.example.org",
        "SECRET": "f0e1d2c3b4a5968778695a4b3c2d1e0f",
        "DATABASE_URL": "sqlite:///plugin.db",
        "LEGACY_MANIFEST": "false",
    }.items():
        monkeypatch.setenv(f"PLUGWRIGHT_{name}", value)
    ended = folder.run_alone("worker", "jobs_plugin:plugin")

    assert ended.is_one_clear_line, ended
    assert "use PostgreSQL" in ended.err
