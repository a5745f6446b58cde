"""The plugin that the official suite is run against, written with the public API alone."""

from __future__ import annotations

from plugwright import Plugin
from tests.conformance import asking, plain, reading
from tests.conformance.samples import LOGO

plugin = Plugin(
    name="everything",
    title="Everything",
    summary="One of each thing that the conformance suite asks for.",
    instructions="Use this to test a client or a server of the Model Context Protocol.",
    version="1.0.0",
    contact_email="support@example.com",
    legal_url="https://example.com/legal",
    logo=LOGO,
)

for handler in (*plain.TOOLS, *asking.TOOLS):
    plugin.operation(effect="read", open_world=False)(handler)
plugin.operation(effect="read", open_world=False, input_schema=plain.SCHEMA_2020_12)(plain.json_schema_2020_12_tool)

for uri, (mime_type, read) in reading.RESOURCES.items():
    plugin.resource(uri, mime_type=mime_type)(read)

for prompt in (*reading.PROMPTS, asking.test_input_required_result_prompt):
    plugin.prompt()(prompt)
