"""SQLite with a lock held or on a full disk: who writes is told to come again, who reads goes on, nothing is lost."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Generator
from pathlib import Path
from typing import Any, Final

from tests.external.programs import lacking
from tests.external.servers import HOST, PLUGWRIGHT, ROOT, Server, environment, free_port, stop, wait_until_live
from tests.faults.databases.guests import all_timed, check_recovered, check_unavailable, check_untouched, guest
from tests.faults.life.notes import TARGET
from tests.serving.processes import connected, get

DISK: Final = 8 * 1024 * 1024  # bytes


async def test_while_another_process_holds_the_lock(sqlite_url: str):
    async with guest(sqlite_url) as found:
        with contextlib.closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            await check_untouched(found)
            check_unavailable(await all_timed(found.writes(100)))
            reads = await all_timed(found.reads())
            assert {name: it.reply.status for name, it in reads.items()} == dict.fromkeys(reads, 200)
            assert (await found.browser.get("/readyz")).status == 200
        await check_recovered(found)


@contextlib.contextmanager
def on_a_small_disk() -> Generator[tuple[Server, Path]]:
    """A server whose database is on a disk of its own, and the way to that disk from here."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "-rm", "true"], check=False).returncode != 0:
        lacking("mount namespaces (unshare -rm)")
    server = Server(free_port())
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as output:
        serve = f"exec {PLUGWRIGHT} serve {TARGET} --host {HOST} --port {server.port}"
        given = {"PLUGWRIGHT_DATABASE_URL": f"sqlite:///{folder}/plugin.db", "PLUGWRIGHT_CALL_LOG": "false"}
        process = subprocess.Popen(
            [unshare, "-rm", "/bin/sh", "-c", f"mount -t tmpfs -o size={DISK} tmpfs {folder} && {serve}"],
            cwd=ROOT,
            env=environment() | given,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
        try:
            wait_until_live(process, server, output)
            yield server, Path(f"/proc/{process.pid}/root{folder}")
        finally:
            stop(process)


def fill(disk: Path) -> Path:
    """Take all the room that is left; the file that took it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return ballast


async def keep(server: Server, number: int) -> tuple[int, dict[str, str], Any]:
    """Keep a number."""
    async with connected(server) as wire:
        return await wire.post("/keep", {"number": number})


async def test_while_its_disk_is_full(tmp_path: Path):
    with on_a_small_disk() as (server, disk):
        before = [number for number in range(100) if (await keep(server, number))[0] == 200]
        assert len(before) == 100
        ballast = fill(disk)
        # What the log has room for is still kept.
        replies = {number: await keep(server, number) for number in range(1000, 1400)}
        during = [number for number, (status, _, _) in replies.items() if status == 200]
        refused = [(status, headers.get("retry-after")) for status, headers, _ in replies.values() if status != 200]
        assert len(refused) > 100
        assert set(refused) == {(503, "1")}
        assert (await get(server, "/whoami"))[0] == 200
        assert (await get(server, "/kept?number=1"))[2] is True
        assert (await get(server, "/readyz"))[0] == 200

        ballast.unlink()
        assert (await keep(server, 2000))[0] == 200
        for name in ("plugin.db", "plugin.db-wal"):
            shutil.copyfile(disk / name, tmp_path / name)
    with contextlib.closing(sqlite3.connect(tmp_path / "plugin.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        stored = {row[0] for row in database.execute("SELECT number FROM numbers")}
        assert {*before, *during, 2000} <= stored
