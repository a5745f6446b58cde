"""A local server that speaks Open-Meteo's forecast protocol, as its documentation describes it."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

NOW = datetime(2026, 11, 22, 10, 15)  # noqa: DTZ001  # local time without a zone, as the service writes it
UNITS = {
    "temperature_2m": "°C", "relative_humidity_2m": "%", "precipitation": "mm", "precipitation_probability": "%",
    "weather_code": "wmo code", "wind_speed_10m": "km/h",
}  # fmt: skip
VALUES = {
    "temperature_2m": 12.3, "relative_humidity_2m": 61, "precipitation": 0.4, "precipitation_probability": 60,
    "weather_code": 61, "wind_speed_10m": 9.0, "temperature_2m_max": 14.9, "temperature_2m_min": 8.1,
    "precipitation_sum": 3.2, "precipitation_probability_max": 70, "wind_speed_10m_max": 12.0,
}  # fmt: skip


class BadParameter(Exception):
    """The query is not one that the service takes."""


def answer(query: dict[str, str]) -> dict[str, object]:
    """What the service answers to a query."""
    days = int(query.get("forecast_days", "7"))
    if not 0 <= days <= 16:
        raise BadParameter("Forecast days is invalid. Allowed range 0 to 16.")
    if "daily" in query and "timezone" not in query:
        raise BadParameter("Timezone is required")
    today = NOW.date()
    midnight = datetime(today.year, today.month, today.day)  # noqa: DTZ001  # local time, as above
    hours = [(midnight + timedelta(hours=hour)).strftime("%Y-%m-%dT%H:%M") for hour in range(24 * days)]
    dates = [(today + timedelta(days=day)).isoformat() for day in range(days)]
    body: dict[str, object] = {
        "latitude": float(query["latitude"]),
        "longitude": float(query["longitude"]),
        "generationtime_ms": 0.06,
        "utc_offset_seconds": 32400,
        "timezone": query.get("timezone", "GMT"),
        "timezone_abbreviation": "GMT+9",
        "elevation": 40.0,
    }
    if "current" in query:
        names = variables(query["current"])
        body["current_units"] = {"time": "iso8601", "interval": "seconds"} | {name: UNITS[name] for name in names}
        body["current"] = {"time": NOW.strftime("%Y-%m-%dT%H:%M"), "interval": 900} | {
            name: VALUES[name] for name in names
        }
    for kind, times in (("hourly", hours), ("daily", dates)):
        if kind in query:
            columns = {name: [VALUES[name]] * len(times) for name in variables(query[kind])}
            body[kind] = {"time": times, **columns}
    return body


def variables(names: str) -> list[str]:
    """The variables a query names."""
    unknown = [name for name in names.split(",") if name not in VALUES]
    if unknown:
        raise BadParameter(f"Cannot initialize WeatherVariable from invalid String value {unknown[0]}")
    return names.split(",")


async def forecast(request: web.Request) -> web.Response:
    """The service's own handler."""
    try:
        return web.json_response(answer(dict(request.query)))
    except (BadParameter, KeyError, ValueError) as error:
        return web.json_response({"error": True, "reason": str(error)}, status=400)


@asynccontextmanager
async def open_meteo(handler: Handler = forecast) -> AsyncGenerator[str]:
    """Runs the server on loopback; the value is its base URL."""
    app = web.Application()
    app.router.add_get("/v1/forecast", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def days_from(first: date, count: int) -> list[date]:
    """``count`` days in a row."""
    return [first + timedelta(days=day) for day in range(count)]
