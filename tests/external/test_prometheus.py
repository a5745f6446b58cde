"""A real Prometheus scrapes a plugin that several processes serve."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.external.counting import TARGET
from tests.external.programs import prometheus_tool
from tests.external.servers import HOST, Server, free_port, text_of
from tests.serving.processes import serve

WITHIN = 40.0  # seconds; a bound for a busy machine


@dataclass(frozen=True)
class Prometheus:
    """A Prometheus that scrapes once a second."""

    port: int

    def query(self, text: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each series."""
        data = fetched(self.port, f"/api/v1/query?{urllib.parse.urlencode({'query': text})}")["data"]
        return [(each["metric"], float(each["value"][1])) for each in data["result"]]

    def one(self, text: str) -> float:
        """The value of the one series, or -1 while there is none."""
        found = self.query(text)
        assert len(found) <= 1, found
        return found[0][1] if found else -1


@contextlib.contextmanager
def watching(port: int, folder: Path) -> Generator[Prometheus]:
    """A Prometheus that watches a port while the block runs."""
    scrape = {"job_name": "counting", "static_configs": [{"targets": [f"{HOST}:{port}"]}]}
    config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [scrape]}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config), encoding="utf-8")
    own = free_port()
    command = [
        prometheus_tool("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={HOST}:{own}",
    ]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            yield Prometheus(own)
        except Exception as error:
            error.add_note(text_of(output)[-5000:])
            raise
        finally:
            process.terminate()
            process.wait(WITHIN)


def fetched(port: int, target: str) -> Any:
    """JSON from a port, as soon as somebody answers there."""
    deadline = time.monotonic() + WITHIN
    while True:
        connection = http.client.HTTPConnection(HOST, port, timeout=5)
        try:
            connection.request("GET", target)
            reply = connection.getresponse()
            body = reply.read()
            if reply.status == http.HTTPStatus.OK:
                return json.loads(body)
        except OSError:
            pass
        finally:
            connection.close()
        assert time.monotonic() < deadline, target
        time.sleep(0.05)


def until(is_so: Callable[[], bool]) -> None:
    """Return as soon as something is so."""
    deadline = time.monotonic() + WITHIN
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def called(server: Server) -> list[int]:
    """The processes that answered calls, of which there have to be two."""
    answered: list[int] = []
    until(lambda: answered.append(fetched(server.port, "/process")) or len(set(answered)) == 2)
    return answered


def test_prometheus_counts_every_call_of_every_process_also_after_one_was_killed(tmp_path: Path) -> None:
    port = free_port()
    calls = "sum(plugwright_calls_total)"
    with serve("--workers", "2", target=TARGET, metrics_port=str(port), call_log="false") as serving:
        answered = called(serving.server)
        made = len(answered)
        with watching(port, tmp_path) as prometheus:
            until(lambda: prometheus.one(calls) == made)
            until(lambda: prometheus.one("plugwright_processes") == 2)
            os.kill(answered[0], signal.SIGKILL)
            until(lambda: prometheus.one("plugwright_process_starts_total") == 3)
            until(lambda: prometheus.one("plugwright_processes") == 2)
            assert prometheus.one(calls) == made

            for _ in range(10):
                fetched(serving.server.port, "/process")
            until(lambda: prometheus.one(calls) == made + 10)

            assert prometheus.one("max_over_time((sum(resets(plugwright_calls_total[1h])))[1h:1s])") == 0
            assert prometheus.one("min_over_time(up[1h])") == 1
            ((labels, built),) = prometheus.query("plugwright_build_info")
            assert (labels["plugin"], labels["job"], built) == ("counting", "counting", 1)
            quantile = "histogram_quantile(0.95, sum by (le) (plugwright_call_duration_seconds_bucket))"
            assert 0 < prometheus.one(quantile) < 45
