"""The same service as a tool of FastMCP, imported from its OpenAPI document: stateless HTTP, JSON replies."""

import os
from typing import Any

import httpx2
from fastmcp import FastMCP

CITY = {"type": "string", "minLength": 1, "maxLength": 100, "description": "City name, e.g. Tokyo"}
UNITS = {"type": "string", "enum": ["metric", "imperial"], "default": "metric", "description": "Units"}
WEATHER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "city": {"type": "string"},
        "temperature": {"type": "number"},
        "condition": {"type": "string"},
        "units": {"type": "string"},
    },
    "required": ["city", "temperature", "condition", "units"],
}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Weather", "version": "1.0.0"},
    "paths": {
        "/v1/weather": {
            "get": {
                "operationId": "get_weather",
                "summary": "Current weather in a city.",
                "parameters": [
                    {"name": "city", "in": "query", "required": True, "schema": CITY},
                    {"name": "units", "in": "query", "schema": UNITS},
                ],
                "responses": {"200": {"description": "Weather", "content": {"application/json": {"schema": WEATHER}}}},
            }
        }
    },
}

client = httpx2.AsyncClient(base_url=os.environ["BENCH_UPSTREAM"])
server = FastMCP.from_openapi(DOCUMENT, client=client, name="weather")
app = server.http_app(path="/mcp", stateless_http=True, json_response=True)
