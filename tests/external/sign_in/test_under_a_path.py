"""A plugin whose public URL has a path: the issuer has it too, and clients look for its metadata in between."""

from __future__ import annotations

from tests.external.servers import HOST, free_port
from tests.external.sign_in.reverse_proxy import proxying
from tests.external.sign_in.sdk import Storage, user
from tests.external.sign_in.site import PROTECTED, serving

PATH = "/tools/notes"


async def test_the_sdk_signs_in_and_calls():
    port = free_port()
    url = f"http://{HOST}:{port}{PATH}"
    with serving(PROTECTED, public_url=url) as site:
        async with proxying(site.url, PATH, port), user(url, Storage()) as somebody, somebody.connected() as client:
            result = await client.call_tool("read_note", {})

    assert result.structured_content == {"text": "Buy milk", "subject": site.account_id}
    assert f"GET /.well-known/oauth-authorization-server{PATH} 200" in somebody.seen
