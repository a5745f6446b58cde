"""The page about upstreams: its examples work, and it names every option."""

import inspect
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from plugwright import Plugin, PublicWeb, Upstream
from plugwright.testing import Client
from tests.upstream.services import service

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "upstream.md").read_text(encoding="utf-8")
REFERENCE = (DOCS / "reference.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", [Upstream, PublicWeb])
def test_every_option_and_its_default_is_in_the_reference(kind: type[Any]) -> None:
    table = REFERENCE.split(f"| `{kind.__name__}(")[1].split("\n\n")[0]
    hidden = {"self", "base_url", "timing", "resolve"}

    for name, option in inspect.signature(kind).parameters.items():
        if name not in hidden:
            row = next(line for line in table.splitlines() if line.startswith(f"| `{name}` |"))
            if isinstance(option.default, (str, int)):
                assert row.split("|")[2].strip() == f"`{option.default}`"


async def test_the_examples_of_the_page_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def handle(request: web.Request) -> web.Response:
        is_there = request.path == "/v2/articles/17" and request.headers["X-Api-Key"] == "our own key"
        return web.json_response({"name": "cup", "price": 2.5}, status=200 if is_there else 404)

    (tmp_path / "logo.png").write_bytes(b"a picture")
    monkeypatch.chdir(tmp_path)
    blocks = [block.split("```")[0] for block in PAGE.split("```python\n")[1:]]
    names: dict[str, Any] = {}
    async with service(handle) as served:
        code = "\n".join(blocks).replace("https://api.example.com", served.url)
        exec(compile(code, "upstream.md", "exec"), names)  # noqa: S102 our own page
        plugin = names["plugin"]
        assert isinstance(plugin, Plugin)
        async with Client(plugin) as client:
            found = await client.get("/get-article?number=17")
            missing = await client.get("/get-article?number=..%2F17")
            refused = await client.get("/count-words?url=https://127.0.0.1/")

    assert found.json() == {"name": "cup", "price": 2.5}
    assert (missing.status, missing.json()["code"]) == (404, "not_found")
    assert (refused.status, refused.json()["code"]) == (400, "invalid_input")
