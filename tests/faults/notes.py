"""The plugin that the servers of these tests serve: notes of users who sign in."""

from __future__ import annotations

from typing import Final

from tests.auth.server.flows import notes_plugin

TARGET: Final = "tests.faults.notes:plugin"
PUBLIC_URL: Final = "http://127.0.0.1:8000"  # of all its servers, whatever port each listens on
RESOURCE: Final = f"{PUBLIC_URL}/mcp"

plugin = notes_plugin()
