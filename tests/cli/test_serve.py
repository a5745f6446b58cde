"""``plugwright serve``, each time in a process of its own."""

import json
import signal
import socket

import pytest

from tests.cli.commands import PATIENCE, Folder, announced_port, get, serving


def test_it_serves_says_where_and_ends_with_code_0_when_told_to(folder: Folder):
    with serving(folder, "serve", "sample:plugin") as (port, process):
        assert get(port, "/add?a=1") == (200, "1.5")
        manifest = json.loads(get(port, "/.well-known/ai-plugin.json")[1])
        assert manifest["api"]["url"] == f"http://127.0.0.1:{port}/openapi.yaml"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0


def test_every_worker_serves_the_plugin(folder: Folder):
    with serving(folder, "serve", "sample:plugin", "--workers", "2") as (port, _):
        assert [get(port, "/add?a=1") for _ in range(4)] == [(200, "1.5")] * 4


def test_the_public_url_is_what_documents_start_with(folder: Folder):
    process = folder.start("serve", "sample:plugin", "--port", "0", "--public-url", "https://weather.example.com")
    try:
        assert process.stderr is not None
        assert process.stderr.readline().split() == ["Plugin", "https://weather.example.com"]
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


@pytest.mark.parametrize("command", ["serve", "dev"])
def test_a_port_in_use_gets_one_clear_line_and_exit_code_2(command: str, folder: Folder):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = folder.run_alone(command, "sample:plugin", "--port", port)
    assert ended.is_one_clear_line, ended
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use; choose another with --port" in ended.err


def test_an_address_that_is_not_of_this_machine_gets_one_clear_line(folder: Folder):
    ended = folder.run_alone("serve", "sample:plugin", "--host", "203.0.113.1", "--port", "0")
    assert ended.is_one_clear_line, ended


@pytest.mark.parametrize(("command", "target"), [("serve", "nothing:plugin"), ("dev", "sample:number")])
def test_a_wrong_target_gets_one_clear_line_and_exit_code_2(command: str, target: str, folder: Folder):
    ended = folder.run_alone(command, target, "--port", "0")
    assert ended.is_one_clear_line, ended


@pytest.mark.parametrize("port", ["-1", "65536", "eighty"])
def test_a_port_that_is_none_is_refused_with_exit_code_2(port: str, folder: Folder):
    ended = folder.run("serve", "sample:plugin", "--port", port)
    assert ended.code == 2
    assert "--port" in ended.err
    assert "Traceback" not in ended.err


def test_wrong_settings_are_listed_all_at_once_with_exit_code_2(folder: Folder, monkeypatch: pytest.MonkeyPatch):
    wrong = {"BODY_LIMIT": "big", "THREADS": "0", "LOG_LEVEL": "loud"}
    for name, value in wrong.items():
        monkeypatch.setenv(f"PLUGWRIGHT_{name}", value)
    ended = folder.run_alone("serve", "sample:plugin", "--port", "0")
    assert ended.is_one_clear_line, ended
    assert [name for name in wrong if f"PLUGWRIGHT_{name}: " not in ended.err] == []


def test_production_refuses_to_start_with_the_settings_of_a_laptop(folder: Folder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLUGWRIGHT_ENVIRONMENT", "production")
    ended = folder.run_alone("serve", "sample:plugin", "--port", "0")
    assert ended.is_one_clear_line, ended
    assert "PLUGWRIGHT_PUBLIC_URL" in ended.err
    assert "PLUGWRIGHT_SECRET" in ended.err


def test_production_starts_with_safe_settings(folder: Folder, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PLUGWRIGHT_ENVIRONMENT", "production")
    monkeypatch.setenv("PLUGWRIGHT_SECRET", "3f9a1c07be52d846a0e7915bc3d2f864")
    monkeypatch.setenv("PLUGWRIGHT_DATABASE_URL", "sqlite:///sample.db")
    monkeypatch.setenv("PLUGWRIGHT_DRAIN_DELAY", "0")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    host = "weather.example.com"
    process = folder.start("serve", "sample:plugin", "--port", str(port), "--public-url", f"https://{host}")
    try:
        assert get(port, "/add?a=1", host) == (200, "1.5")
        assert f'"https://{host}/openapi.yaml"' in get(port, "/.well-known/ai-plugin.json", host)[1]
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE)


def test_production_lists_at_once_what_a_plugin_with_sign_in_lacks_besides(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
):
    folder.write(
        "places.py",
        "from plugwright import OAuth\nfrom tests.operations.plugins import new_plugin\n"
        "plugin = new_plugin(auth=OAuth(scopes={'places:read': 'See your places'}))\n",
    )
    unsafe = {"ENV": "production", "DATABASE_URL": "sqlite:///a.db", "DEMO_ACCOUNT": "true", "BODY_LIMIT": "big"}
    for name, value in (unsafe | {"REGISTRATION_LIMIT": "0"}).items():
        monkeypatch.setenv(f"PLUGWRIGHT_{name}", value)
    ended = folder.run_alone("serve", "places:plugin", "--port", "0", "--workers", "4")
    assert ended.is_one_clear_line, ended
    told = ("SECRET", "PUBLIC_URL", "DATABASE_URL", "DEMO_ACCOUNT", "REGISTRATION_LIMIT", "VERIFICATION_TOKENS")
    assert [name for name in (*told, "BODY_LIMIT") if f"PLUGWRIGHT_{name}: " not in ended.err] == []
    assert "not 4" in ended.err


def test_a_lifespan_that_fails_ends_the_server_with_code_2(folder: Folder):
    folder.write(
        "failing.py",
        "from tests.operations.plugins import new_plugin\nplugin = new_plugin()\n"
        "@plugin.lifespan\nasync def open_all():\n    raise RuntimeError('no database')\n    yield\n",
    )
    ended = folder.run_alone("serve", "failing:plugin", "--port", "0")
    assert ended.code == 2
    assert "RuntimeError: no database" in ended.err
    assert ended.err.splitlines()[-1].startswith("plugwright: the plugin did not start")


def test_two_servers_take_two_free_ports(folder: Folder):
    first = folder.start("serve", "sample:plugin", "--port", "0")
    second = folder.start("serve", "sample:plugin", "--port", "0")
    try:
        assert announced_port(first) != announced_port(second)
    finally:
        for process in (first, second):
            process.terminate()
            process.communicate(timeout=PATIENCE)


def test_who_writes_forwarded_addresses_does_not_get_past_a_limit(folder: Folder):
    folder.write(
        "limited.py",
        "from tests.operations.plugins import new_plugin\nplugin = new_plugin()\n"
        "@plugin.operation(effect='read', open_world=False, limit='2/hour')\n"
        "async def one() -> int:\n    'One.'\n    return 1\n",
    )
    with serving(folder, "serve", "limited:plugin") as (port, _):
        statuses = [get(port, "/one", forwarded=f"198.51.100.{number}")[0] for number in range(3)]
    assert statuses == [200, 200, 429]
