"""The Open-Meteo provider speaks the service's protocol, and turns each of its faults into one of ours."""

import asyncio
import gzip
import json
import socket
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from examples.weather.cities import City
from examples.weather.conditions import CONDITIONS, WMO_CODES
from examples.weather.providers.open_meteo import OpenMeteoProvider
from examples.weather.tests.open_meteo_server import NOW, Handler, answer, days_from, forecast, open_meteo
from plugwright import UpstreamError, UpstreamTimeout, UpstreamUnavailable

TOKYO = City(1850147, "Tokyo", "JP", None, 35.6895, 139.69171, 9_733_276, "Asia/Tokyo")


@asynccontextmanager
async def provider_for(handler: Handler = forecast, *, patience: str = "4s") -> AsyncGenerator[OpenMeteoProvider]:
    async with open_meteo(handler) as url:
        provider = OpenMeteoProvider(url, timeout=patience)
        try:
            yield provider
        finally:
            await provider.close()


def answering(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=body, status=status, headers=headers, content_type="application/json")

    return handler


def changed(change: Callable[[dict[str, Any]], object]) -> Handler:
    async def handler(request: web.Request) -> web.Response:
        body = answer(dict(request.query))
        change(body)
        return web.json_response(text=json.dumps(body))

    return handler


async def test_the_present_weather_is_read() -> None:
    async with provider_for() as provider:
        reading = await provider.current(TOKYO)
    assert reading.observed_at.isoformat() == "2026-11-22T10:15:00+09:00"
    assert (reading.temperature, reading.condition, reading.humidity) == (12.3, "rain", 61)
    assert (reading.precipitation, reading.wind_speed) == (0.4, 9.0)


@pytest.mark.parametrize("days", [1, 3, 16])
async def test_hours_are_read(days: int) -> None:
    async with provider_for() as provider:
        hours = await provider.hourly(TOKYO, days)
    assert [hours[0].time, hours[1].time] == ["2026-11-22T00:00", "2026-11-22T01:00"]
    assert len(hours) == 24 * days
    assert (hours[0].temperature, hours[0].condition, hours[0].precipitation_probability) == (12.3, "rain", 60)


@pytest.mark.parametrize("count", [1, 7, 16])
async def test_days_are_read(count: int) -> None:
    async with provider_for() as provider:
        days = await provider.daily(TOKYO, count)
    assert [day.date for day in days] == days_from(NOW.date(), count)
    assert (days[0].temperature_min, days[0].temperature_max) == (8.1, 14.9)
    assert (days[0].precipitation, days[0].precipitation_probability, days[0].wind_speed) == (3.2, 70, 12.0)


async def test_the_place_and_its_time_zone_are_sent() -> None:
    queries: list[dict[str, str]] = []

    async def handler(request: web.Request) -> web.Response:
        queries.append(dict(request.query))
        return await forecast(request)

    async with provider_for(handler) as provider:
        await provider.daily(TOKYO, 5)
    (query,) = queries
    assert query["latitude"] == "35.6895"
    assert query["longitude"] == "139.6917"
    assert query["timezone"] == "Asia/Tokyo"
    assert query["forecast_days"] == "5"
    assert "current" not in query


async def test_steps_beyond_the_service_s_horizon_are_left_out() -> None:
    def beyond_horizon(body: dict[str, Any]) -> None:
        body["hourly"]["temperature_2m"][-2:] = [None, None]
        body["hourly"]["precipitation_probability"][0] = None

    async with provider_for(changed(beyond_horizon)) as provider:
        hours = await provider.hourly(TOKYO, 1)
    assert len(hours) == 22
    assert hours[0].precipitation_probability is None


async def test_a_base_url_may_end_in_a_slash() -> None:
    async with open_meteo() as url:
        provider = OpenMeteoProvider(url + "/")
        assert (await provider.current(TOKYO)).temperature == 12.3
        await provider.close()


@pytest.mark.parametrize("code", WMO_CODES)
async def test_every_weather_code_of_the_service_has_a_word(code: int) -> None:
    def with_code(body: dict[str, Any]) -> None:
        body["current"]["weather_code"] = code

    async with provider_for(changed(with_code)) as provider:
        assert (await provider.current(TOKYO)).condition in CONDITIONS


def drop(*path: str) -> Callable[[dict[str, Any]], object]:
    def change(body: dict[str, Any]) -> None:
        *outer, last = path
        for key in outer:
            body = body[key]
        del body[last]

    return change


def put(value: object, *path: str) -> Callable[[dict[str, Any]], object]:
    def change(body: dict[str, Any]) -> None:
        *outer, last = path
        for key in outer:
            body = body[key]
        body[last] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        drop("current"),
        drop("utc_offset_seconds"),
        drop("current", "temperature_2m"),
        drop("current", "time"),
        put("warm", "current", "temperature_2m"),
        put(None, "current", "temperature_2m"),
        put("12.3", "current", "temperature_2m"),
        put(float("nan"), "current", "temperature_2m"),
        put(float("inf"), "current", "wind_speed_10m"),
        put(-1.0, "current", "precipitation"),
        put(101, "current", "relative_humidity_2m"),
        put(42, "current", "weather_code"),
        put("61", "current", "weather_code"),
        put(True, "current", "weather_code"),
        put("soon", "current", "time"),
        put(10**9, "utc_offset_seconds"),
        put([], "current"),
    ],
)
async def test_a_reading_of_an_unknown_form_is_refused(change: Callable[[dict[str, Any]], object]) -> None:
    async with provider_for(changed(change)) as provider:
        with pytest.raises(UpstreamError, match="in a form that this plugin does not know"):
            await provider.current(TOKYO)


@pytest.mark.parametrize(
    "change",
    [
        drop("daily"),
        drop("daily", "time"),
        put([61] * 6, "daily", "weather_code"),
        put(["2026-13-40"] * 7, "daily", "time"),
        put([[1]] * 7, "daily", "temperature_2m_max"),
        put("none", "daily", "precipitation_sum"),
    ],
)
async def test_days_of_an_unknown_form_are_refused(change: Callable[[dict[str, Any]], object]) -> None:
    async with provider_for(changed(change)) as provider:
        with pytest.raises(UpstreamError, match="in a form that this plugin does not know"):
            await provider.daily(TOKYO, 7)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"<html>busy</html>", b"[]", b"null", b'{"current": \xff\xfe}', b"[" * 100_000, b'{"error": true}'],
)
async def test_what_is_not_an_answer_is_refused(body: bytes) -> None:
    async with provider_for(answering(body)) as provider:
        with pytest.raises(UpstreamError, match="in a form that this plugin does not know"):
            await provider.current(TOKYO)


@pytest.mark.parametrize(
    ("status", "kind", "problem"),
    [
        *((status, UpstreamError, "in a form that this plugin does not know") for status in (201, 204)),
        *((status, UpstreamError, "redirect") for status in (301, 302)),
        *((status, UpstreamError, "refused the request") for status in (400, 401, 403, 404)),
        *((status, UpstreamUnavailable, "cannot answer now") for status in (500, 502, 503)),
    ],
)
async def test_any_status_but_200_is_a_failure_that_hides_the_service_s_words(
    status: int, kind: type[UpstreamError], problem: str
) -> None:
    headers = {"Location": "http://127.0.0.1:1/secret"}
    body = b"" if status == 204 else b'{"error": true, "reason": "secret words"}'
    async with provider_for(answering(body, status, headers)) as provider:
        with pytest.raises(UpstreamError, match=problem) as refusal:
            await provider.current(TOKYO)
    assert type(refusal.value) is kind
    assert refusal.value.upstream_status == status
    assert "secret" not in refusal.value.message


@pytest.mark.parametrize(("header", "seconds"), [("30", 30.0), ("999999", 3600.0), ("soon", None), ("-1", None)])
async def test_too_many_requests_tells_when_to_come_back(header: str, seconds: float | None) -> None:
    async with provider_for(answering(b"{}", 429, {"Retry-After": header})) as provider:
        with pytest.raises(UpstreamUnavailable, match="no more requests for now") as refusal:
            await provider.current(TOKYO)
    assert refusal.value.retry_after == seconds
    assert refusal.value.retryable


async def test_an_answer_larger_than_any_forecast_is_cut_off() -> None:
    async with provider_for(answering(b'{"current": "' + b"x" * 10_000_000 + b'"}')) as provider:
        with pytest.raises(UpstreamError, match="larger answer than is taken"):
            await provider.current(TOKYO)


async def test_a_small_answer_that_unpacks_to_a_large_one_is_cut_off() -> None:
    packed = gzip.compress(b" " * 50_000_000)
    async with provider_for(answering(packed, headers={"Content-Encoding": "gzip"})) as provider:
        with pytest.raises(UpstreamError, match="larger answer than is taken"):
            await provider.current(TOKYO)


async def test_a_service_that_says_nothing_times_out() -> None:
    release = asyncio.Event()

    async def handler(request: web.Request) -> web.Response:
        await release.wait()
        return web.Response()

    async with provider_for(handler, patience="200ms") as provider:
        with pytest.raises(UpstreamTimeout, match="did not answer in time"):
            await provider.current(TOKYO)
        release.set()


async def test_a_service_that_stops_in_the_middle_times_out() -> None:
    release = asyncio.Event()

    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b'{"current": {')
        await release.wait()
        return response

    async with provider_for(handler, patience="200ms") as provider:
        with pytest.raises(UpstreamTimeout, match="did not answer in time"):
            await provider.current(TOKYO)
        release.set()


async def test_a_connection_that_breaks_in_the_middle_is_a_service_out_of_reach() -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"current": {')
        assert request.transport is not None
        request.transport.close()
        return response

    async with provider_for(handler) as provider:
        with pytest.raises(UpstreamUnavailable, match="cannot be reached"):
            await provider.current(TOKYO)


async def test_a_port_where_nobody_listens_is_a_service_out_of_reach() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    provider = OpenMeteoProvider(f"http://127.0.0.1:{port}")
    with pytest.raises(UpstreamUnavailable, match="cannot be reached") as refusal:
        await provider.current(TOKYO)
    assert str(port) not in refusal.value.message
    await provider.close()


async def test_a_server_that_speaks_no_http_is_a_service_out_of_reach() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        provider = OpenMeteoProvider(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        with pytest.raises(UpstreamUnavailable, match="cannot be reached"):
            await provider.current(TOKYO)
        await provider.close()


async def test_a_fault_that_passes_is_not_noticed() -> None:
    faults = iter([500, 200])

    async def handler(request: web.Request) -> web.Response:
        return await forecast(request) if next(faults) == 200 else web.Response(status=500)

    async with provider_for(handler) as provider:
        assert (await provider.current(TOKYO)).temperature == 12.3
