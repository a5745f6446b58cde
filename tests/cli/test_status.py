"""``plugwright status``."""

import json
import signal
import subprocess
import sys

from tests.cli.commands import PATIENCE, Folder, serving
from tests.external.servers import free_port


def test_a_running_plugin_is_shown_and_the_code_says_that_it_is_healthy(folder: Folder):
    with serving(folder, "serve", "sample:plugin") as (port, _):
        people = folder.run("status", f"http://127.0.0.1:{port}")
        programs = folder.run("status", f"http://127.0.0.1:{port}", "--json")

    assert (people.code, programs.code) == (0, 0)
    assert people.out.splitlines()[0] == f"http://127.0.0.1:{port} ready"
    assert json.loads(programs.out)["is_healthy"] is True


def test_a_host_that_cannot_be_reached_is_code_1(folder: Folder):
    url = f"http://127.0.0.1:{free_port()}"

    people = folder.run("status", url)
    programs = folder.run("status", url, "--json")

    assert (people.code, programs.code) == (1, 1)
    assert f"{url} cannot be reached" in people.out
    assert json.loads(programs.out)["status"] == "unreachable"


def test_what_is_no_url_is_refused(folder: Folder):
    for url in ("127.0.0.1:8000", "ftp://weather.example.com", "https://", "http://[", "http://a:99999"):
        ended = folder.run("status", url)

        assert ended.is_one_clear_line, url
        assert "is not a URL" in ended.err


def test_a_watch_goes_on_until_it_is_interrupted(folder: Folder):
    url = f"http://127.0.0.1:{free_port()}"
    process = folder.start("status", url, "--watch", "--every", "0.2", "--json")
    try:
        assert process.stdout is not None
        looks = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()

    assert looks[0]["at"] < looks[1]["at"]
    assert (process.returncode, said) == (0, "")


def test_help_and_servers_load_no_http_client():
    script = (
        "import sys, plugwright.cli.main; "
        "print([name for name in ('aiohttp', 'rich.live', 'prometheus_client') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "[]"
