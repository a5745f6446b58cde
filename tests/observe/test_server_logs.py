"""What the server, libraries and the author's modules log, in a process that is the plugin's alone."""

import json
import secrets
import subprocess
import sys
from typing import Any

CANARY = "canary-d41d8cd98f00"

PRELUDE = f"""
import asyncio, gc, logging, threading, warnings
from plugwright.observe.server_logs import configure_server_logs
from plugwright.settings import load_settings

CANARY = {CANARY!r}
configure_server_logs(load_settings())
"""


def logs_of(script: str, **settings: str) -> list[dict[str, Any]]:
    """The lines that a process logs, with these settings."""
    text = errors_of(script, **settings)
    return [json.loads(line) for line in text.splitlines()]


def errors_of(script: str, **settings: str) -> str:
    """What a process writes to standard error."""
    variables = {f"PLUGWRIGHT_{name.upper()}": value for name, value in settings.items()}
    production = {
        "PLUGWRIGHT_ENVIRONMENT": "production",
        "PLUGWRIGHT_PUBLIC_URL": "https://p.example.com",
        "PLUGWRIGHT_SECRET": secrets.token_hex(32),
    }
    done = subprocess.run(
        [sys.executable, "-c", PRELUDE + script],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PYTHONPATH": ":".join(sys.path), **production, **variables},
    )
    return done.stderr


def test_in_production_the_texts_of_others_are_not_logged() -> None:
    (line,) = logs_of("logging.getLogger('httpx').warning('asked %s', CANARY)")

    assert (line["event"], line["logger"], line["level"]) == ("text not logged", "httpx", "warning")
    assert line["where"].startswith("<string>:")


def test_the_texts_of_the_server_and_of_loggers_that_an_operator_trusts_are() -> None:
    script = """
for name in ("uvicorn.error", "weather", "weather.api", "weatherman"):
    logging.getLogger(name).warning("told by %s", name)
"""
    lines = logs_of(script, trusted_loggers="weather,other")

    assert [line["event"] for line in lines] == [
        *("told by uvicorn.error", "told by weather", "told by weather.api", "text not logged"),
    ]


def test_a_developer_reads_every_text() -> None:
    script = "logging.getLogger('weather').info('asked %s', CANARY)"

    assert CANARY in errors_of(script, environment="development")


def test_no_library_logs_the_values_of_sql_at_any_level() -> None:
    script = """
from sqlalchemy import create_engine, text
with create_engine("sqlite://").connect() as c:
    c.execute(text("select :value"), {"value": CANARY})
"""
    for environment in ("production", "development"):
        assert CANARY not in errors_of(script, environment=environment, log_level="debug")


def test_what_nobody_caught_is_logged_by_type_and_place() -> None:
    script = """
def fail(): raise ValueError(CANARY)

thread = threading.Thread(target=fail)
thread.start()
thread.join()

class Dropped:
    def __del__(self): fail()
Dropped()

async def forget():
    task = asyncio.create_task(asyncio.sleep(0, result=CANARY))
    task = asyncio.get_running_loop().create_task(afail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task
    gc.collect()
async def afail(): fail()
asyncio.run(forget())
warnings.warn(CANARY, UserWarning)
fail()
"""
    text = errors_of(script)
    lines = [json.loads(line) for line in text.splitlines()]

    assert CANARY not in text
    assert [(line["event"], line.get("logger")) for line in lines] == [
        ("thread_failed", None),
        ("ignored_exception", None),
        ("text not logged", "asyncio"),
        ("text not logged", "py.warnings"),
        ("process_failed", None),
    ]
    assert [line["exception"][0]["type"] for line in lines if "exception" in line] == ["ValueError"] * 4


def test_a_record_that_cannot_be_written_says_so_without_its_text() -> None:
    text = errors_of("logging.getLogger('uvicorn').warning('%d', CANARY)")

    assert "could not be logged" in text
    assert CANARY not in text


def test_a_level_of_a_library_s_own_is_the_standard_one_below_it() -> None:
    lines = logs_of("for level in (25, 35, 99): logging.getLogger('uvicorn').log(level, 'told')")

    assert [line["level"] for line in lines] == ["info", "warning", "critical"]
