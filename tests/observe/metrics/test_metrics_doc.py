"""The page about metrics names exactly those that there are."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import SecretStr

from plugwright import Cache, OAuth
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.web.plugins import new_plugin

PAGE = (Path(__file__).parents[3] / "docs/metrics.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([a-z_]+)` \| (\w+) \| ([^|]*) \| ([^|]+) \|$", re.MULTILINE)


async def test_the_table_is_what_a_plugin_with_everything_tells(tmp_path: Path) -> None:
    plugin = new_plugin(auth=OAuth(scopes={"read": "Read"}))

    @plugin.operation(effect="read", open_world=False, path="/do", public=True, cache=Cache(ttl="1m"), limit="5/minute")
    async def do() -> None:
        """Do it."""

    @plugin.operation(effect="read", open_world=False, path="/later", public=True, background=True)
    async def later() -> None:
        """Do it later."""

    settings = Settings(
        database_url=SecretStr(f"sqlite:///{tmp_path}/plugin.db"), valkey_url=SecretStr("valkey://127.0.0.1:9")
    )
    async with Client(plugin, settings) as client:
        page = (await client.get("/metrics")).text

    told = set(re.findall(r"^# TYPE (\w+) (\w+)$", page, re.MULTILINE))
    told = {
        ("plugwright_build_info", "info") if name == "plugwright_build_info" else (name, kind) for name, kind in told
    }
    helped = dict(re.findall(r"^# HELP (\w+) (.*)$", page, re.MULTILINE))
    rows = ROW.findall(PAGE)

    assert {(name, kind) for name, kind, _, _ in rows} == told
    assert len(rows) == len(told)
    assert {name: text for name, _, _, text in rows} == helped
