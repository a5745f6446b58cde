"""``plugwright dev``: the plugin is restarted when a file changes."""

import time

from tests.cli.commands import PATIENCE, PLUGIN, Folder, get, serving


def wait_for(port: int, body: str) -> None:
    """Poll until the operation answers this."""
    until = time.monotonic() + PATIENCE
    while (found := get(port, "/add?a=1")[1]) != body:
        assert time.monotonic() < until, f"still {found}"
        time.sleep(0.05)


def test_a_change_is_served_without_a_new_start_even_after_a_broken_one(folder: Folder):
    with serving(folder, "dev", "sample:plugin") as (port, process):
        wait_for(port, "1.5")
        folder.write("sample.py", PLUGIN.replace("else a + b", "else a * 100 + b"))
        wait_for(port, "100.5")
        folder.write("sample.py", "def (")
        assert process.stderr is not None
        assert any("SyntaxError" in line for line in process.stderr)
        folder.write("sample.py", PLUGIN.replace("else a + b", "else a * 300 + b"))
        wait_for(port, "300.5")
        assert process.poll() is None


def test_the_log_is_for_people(folder: Folder):
    with serving(folder, "dev", "sample:plugin") as (port, process):
        wait_for(port, "1.5")
        process.terminate()
        log = process.communicate(timeout=PATIENCE)[1]
    [call] = [line for line in log.splitlines() if " add " in line]
    assert " rest " in call
    assert "{" not in call
