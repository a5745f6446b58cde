"""The load generator: a Lua script for one call, one round of ``wrk``, and what it reports."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .cores import LOAD_CORE, pinned
from .errors import BenchError
from .wire import HttpCall

CONNECTIONS = 32
_FIELDS = {
    "requests": "summary.requests",
    "duration_us": "summary.duration",
    "p50_us": "latency:percentile(50)",
    "p99_us": "latency:percentile(99)",
    "connect": "summary.errors.connect",
    "read": "summary.errors.read",
    "write": "summary.errors.write",
    "timeout": "summary.errors.timeout",
    "status": "summary.errors.status",
}
_ERRORS = ("connect", "read", "write", "timeout", "status")
# A round begins where no other did a moment ago.
_ROTATION = """local headers = {}
for line in io.lines(FILE) do headers[#headers + 1] = line end
local sent = os.time() * 10007
request = function()
  wrk.headers["Authorization"] = headers[sent % #headers + 1]
  sent = sent + 1
  return wrk.format()
end"""
_LINE = re.compile(r"^figures((?: \w+=\d+)+)$", re.MULTILINE)


@dataclass(frozen=True)
class Sample:
    """One round: throughput, and latency at full load."""

    requests: int
    requests_per_second: float
    p50_ms: float
    p99_ms: float


def require_wrk() -> None:
    """Say at once what is missing, not after the environments were built."""
    if shutil.which("wrk") is None:
        message = "wrk is not installed; on Debian: apt-get install -y wrk"
        raise BenchError(message)


def version() -> str:
    """The version that wrk names itself."""
    words = subprocess.run(["wrk", "-v"], capture_output=True, text=True, check=False).stdout.split()
    return words[1] if len(words) > 1 else "unknown"


def _quoted(text: str) -> str:
    escapes = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r"}
    return '"' + "".join(escapes.get(character, character) for character in text) + '"'


def script(call: HttpCall, authorizations: Path | None = None) -> str:
    """Write a call as a wrk script; nothing in it runs per request, wrk formats the request once.

    Unless ``authorizations`` names a file: then each call has the next of its lines as Authorization header.
    """
    lines = [f"wrk.method = {_quoted(call.method)}"]
    lines += [f"wrk.headers[{_quoted(name)}] = {_quoted(value)}" for name, value in call.headers]
    if call.body:
        lines.append(f"wrk.body = {_quoted(call.body)}")
    if authorizations is not None:
        lines.append(_ROTATION.replace("FILE", _quoted(str(authorizations))))
    form = " ".join(f"{name}=%d" for name in _FIELDS)
    values = ", ".join(_FIELDS.values())
    lines += [
        "function done(summary, latency, requests)",
        f'  io.write(string.format("figures {form}\\n", {values}))',
        "end",
    ]
    return "\n".join(lines) + "\n"


def parse(output: str) -> Sample:
    """Read the figures that the script printed; a failed request makes the round worthless."""
    found = _LINE.search(output)
    if found is None:
        message = f"wrk printed no figures: {output.strip()[:300]}"
        raise BenchError(message)
    figures = {name: int(value) for name, _, value in (part.partition("=") for part in found[1].split())}
    failed = {name: figures[name] for name in _ERRORS if figures[name]}
    if failed or not figures["requests"]:
        message = f"the load met errors: {failed} in {figures['requests']} requests"
        raise BenchError(message)
    seconds = figures["duration_us"] / 1e6
    requests = figures["requests"]
    return Sample(requests, requests / seconds, figures["p50_us"] / 1e3, figures["p99_us"] / 1e3)


def run(script_file: Path, url: str, seconds: int) -> Sample:
    """Load one URL for some seconds from the load core."""
    command = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds}s", "-s", str(script_file), url]
    done = subprocess.run(pinned(LOAD_CORE, command), capture_output=True, text=True, timeout=seconds + 30, check=False)
    if done.returncode != 0:
        message = f"wrk failed: {(done.stderr or done.stdout).strip()[:300]}"
        raise BenchError(message)
    return parse(done.stdout)
