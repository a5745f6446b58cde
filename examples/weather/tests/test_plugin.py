"""The weather plugin, called as its users call it: over REST and over MCP."""

import re
import struct
import zlib
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import web

from examples.weather.plugin import plugin
from examples.weather.tests.open_meteo_server import open_meteo
from plugwright import SetupError
from plugwright.testing import Client

NOW = "2026-11-22T01:07:00+00:00"
UNITS = {
    "temperature": "Celsius",
    "precipitation": "mm",
    "wind_speed": "km/h",
    "precipitation_probability": "%",
    "humidity": "%",
}


@pytest.fixture(autouse=True)
def _simulated_at_a_fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEATHER_NOW", NOW)
    monkeypatch.delenv("WEATHER_PROVIDER", raising=False)
    monkeypatch.delenv("OPEN_METEO_URL", raising=False)


@asynccontextmanager
async def client() -> AsyncGenerator[Client]:
    async with Client(plugin) as opened:
        yield opened


async def get(target: str, status: int = 200) -> Any:
    async with client() as opened:
        reply = await opened.get(target)
    assert reply.status == status
    return reply.json()


async def call_tool(name: str, arguments: dict[str, object]) -> Any:
    async with client() as opened:
        reply = await opened.mcp("tools/call", {"name": name, "arguments": arguments})
    return reply.json()["result"]


async def ask(method: str, params: dict[str, object]) -> Any:
    async with client() as opened:
        reply = await opened.mcp(method, params)
    return reply.json()["result"]


async def test_the_weather_in_tokyo_has_every_promised_field() -> None:
    weather = await get("/weather?city=Tokyo")
    assert weather["city"] == "Tokyo"
    assert weather["country"] == "JP"
    assert weather["observed_at"] == "2026-11-22T10:00:00+09:00"
    assert weather["source"] == "simulated"
    assert weather["units"] == UNITS
    assert isinstance(weather["temperature"], float)
    assert set(weather) >= {"condition", "humidity", "precipitation", "wind_speed"}


@pytest.mark.parametrize("name", ["东京", "東京", "tokyo", "Tōkyō", "1850147", "Tokyo, Japan"])
async def test_a_city_is_the_same_by_every_name(name: str) -> None:
    assert await get("/weather?city=" + quote(name)) == await get("/weather?city=Tokyo")


async def test_rest_and_mcp_give_the_same_answer() -> None:
    result = await call_tool("get_weather", {"city": "Tokyo"})
    assert result["structuredContent"] == await get("/weather?city=Tokyo")


async def test_an_ambiguous_name_answers_with_candidates() -> None:
    refusal = await get("/weather?city=Springfield", 409)
    assert refusal["code"] == "ambiguous_city"
    assert refusal["details"][0]["field"] == "city"
    assert refusal["details"][0]["problem"].startswith("Springfield, MO, US")


async def test_a_candidate_s_name_is_accepted_in_the_next_call() -> None:
    weather = await get("/weather?city=" + quote("Springfield, IL, US"))
    assert (weather["city"], weather["region"]) == ("Springfield", "IL")


async def test_a_country_picks_the_namesake() -> None:
    assert (await get("/weather?city=Paris&country=US"))["region"] == "TX"
    assert (await get("/weather?city=Paris&country=france"))["country"] == "FR"


@pytest.mark.parametrize(
    ("target", "field"),
    [("/weather?city=Lodnon", "city"), ("/weather?city=Paris&country=Narnia", "country"), ("/forecast?city=-", "city")],
)
async def test_what_does_not_exist_is_not_found(target: str, field: str) -> None:
    refusal = await get(target, 404)
    assert refusal["code"] == "not_found"
    assert [detail["field"] for detail in refusal["details"]] == [field]


@pytest.mark.parametrize(
    ("target", "field"),
    [
        ("/weather", "city"),
        ("/weather?city=", "city"),
        ("/weather?city=" + "x" * 101, "city"),
        ("/forecast?city=Oslo&days=0", "days"),
        ("/forecast?city=Oslo&days=17", "days"),
        ("/forecast?city=Oslo&days=soon", "days"),
        ("/forecast?city=Oslo&steps=weekly", "steps"),
        ("/weather/comparison?cities=Oslo", "cities"),
        ("/weather/comparison?" + "&".join(["cities=Oslo"] * 11), "cities"),
        ("/weather?city=Oslo&planet=Mars", "planet"),
    ],
)
async def test_bad_input_names_its_field(target: str, field: str) -> None:
    refusal = await get(target, 400)
    assert refusal["code"] == "invalid_input"
    assert field in {detail["field"] for detail in refusal["details"]}


async def test_a_daily_forecast_begins_today_in_the_city() -> None:
    forecast = await get("/forecast?city=Tokyo&days=16")
    assert (forecast["steps"], forecast["timezone"], forecast["source"]) == ("daily", "Asia/Tokyo", "simulated")
    assert forecast["hourly"] == []
    dates = [date.fromisoformat(day["date"]) for day in forecast["daily"]]
    assert [(day - dates[0]).days for day in dates] == list(range(16))
    assert dates[0] == date(2026, 11, 22)


async def test_an_hourly_forecast_has_every_hour() -> None:
    forecast = await get("/forecast?city=Tokyo&days=2&steps=hourly")
    assert forecast["daily"] == []
    assert len(forecast["hourly"]) == 48
    assert forecast["hourly"][0]["time"] == "2026-11-22T00:00"


async def test_the_weather_now_is_the_forecast_of_this_hour() -> None:
    weather = await get("/weather?city=Tokyo")
    hourly = (await get("/forecast?city=Tokyo&days=1&steps=hourly"))["hourly"]
    assert hourly[10]["time"] == "2026-11-22T10:00"
    assert hourly[10]["temperature"] == weather["temperature"]
    assert hourly[10]["condition"] == weather["condition"]


async def test_cities_are_compared_in_the_order_given() -> None:
    comparison = await get("/weather/comparison?cities=Yakutsk&cities=Singapore&cities=Paris")
    assert [weather["city"] for weather in comparison["cities"]] == ["Yakutsk", "Singapore", "Paris"]
    assert (comparison["warmest"], comparison["coldest"]) == ("Singapore", "Yakutsk")


async def test_a_comparison_reports_each_city_as_it_is_looked_at() -> None:
    arguments = {"name": "compare_weather", "arguments": {"cities": ["Oslo", "Rome"]}}
    async with client() as opened:
        reply = await opened.mcp("tools/call", arguments, meta={"progressToken": "p"})
    *reports, result = reply.events()
    assert [report["params"]["progress"] for report in reports] == [1, 2]
    assert {report["params"]["message"] for report in reports} == {"Oslo", "Rome"}
    assert len(result["result"]["structuredContent"]["cities"]) == 2


async def test_a_comparison_names_every_city_that_is_wrong() -> None:
    refusal = await get("/weather/comparison?cities=Xyzzyqq&cities=Oslo&cities=Springfield", 404)
    assert {detail["field"] for detail in refusal["details"]} == {"cities.0", "cities.2"}


async def test_finding_a_city_lists_its_namesakes() -> None:
    found = await get("/find-city?name=Springfield&country=US&limit=3")
    assert [city["region"] for city in found["cities"]] == ["MO", "MA", "IL"]
    assert found["did_you_mean"] == []


async def test_finding_a_misspelt_city_suggests_the_right_one() -> None:
    found = await get("/find-city?name=Lodnon")
    assert found["cities"] == []
    assert found["did_you_mean"][0] == "London, ENG, GB"


async def test_the_forecast_comes_with_its_widget() -> None:
    tools = (await ask("tools/list", {}))["tools"]
    (uri,) = [tool["_meta"]["ui"]["resourceUri"] for tool in tools if tool["name"] == "get_forecast"]
    (content,) = (await ask("resources/read", {"uri": uri}))["contents"]
    assert content["mimeType"] == "text/html;profile=mcp-app"
    assert "<svg" in content["text"]


async def test_every_tool_says_when_to_use_it_and_only_three_change_something() -> None:
    tools = (await ask("tools/list", {}))["tools"]
    reads = {tool["name"] for tool in tools if tool["annotations"]["readOnlyHint"]}
    weather = {"get_weather", "get_weather_batch", "get_forecast", "compare_weather", "travel_report"}
    assert reads == {"find_city", "list_places", "get_job", *weather}
    assert {tool["name"] for tool in tools} - reads == {"save_place", "remove_place", "cancel_job"}
    for tool in tools:
        assert re.search("Use this (only )?when", tool["description"])


async def test_resources_tell_about_cities_and_sources() -> None:
    (city,) = (await ask("resources/read", {"uri": "weather://city/1850147"}))["contents"]
    assert '"Asia/Tokyo"' in city["text"]
    (sources,) = (await ask("resources/read", {"uri": "weather://providers"}))["contents"]
    assert "GeoNames" in sources["text"]


async def test_an_unknown_city_resource_is_not_found() -> None:
    async with client() as opened:
        reply = await opened.mcp("resources/read", {"uri": "weather://city/1"})
    assert "error" in reply.json()


async def test_the_trip_prompt_names_the_city_and_the_days() -> None:
    prompt = await ask("prompts/get", {"name": "trip", "arguments": {"city": "奥斯陆", "days": "3"}})
    text = prompt["messages"][0]["content"]["text"]
    assert "Oslo, NO for 3 days" in text
    assert "get_forecast" in text


@pytest.mark.parametrize(
    ("reference", "argument", "completed"),
    [
        ({"type": "ref/prompt", "name": "trip"}, {"name": "city", "value": "shangh"}, "Shanghai, CN"),
        ({"type": "ref/prompt", "name": "trip"}, {"name": "city", "value": "東京"}, "Tokyo, JP"),
        ({"type": "ref/resource", "uri": "weather://city/{id}"}, {"name": "id", "value": "1850147"}, "1850147"),
    ],
)
async def test_cities_are_completed(reference: dict[str, str], argument: dict[str, str], completed: str) -> None:
    result = await ask("completion/complete", {"ref": reference, "argument": argument})
    assert result["completion"]["values"][0] == completed


async def test_one_call_in_process_gives_what_rest_gives() -> None:
    assert await plugin.invoke("get_weather", {"city": "Tokyo"}) == await get("/weather?city=Tokyo")


async def test_the_real_service_s_protocol_is_used_when_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_meteo() as url:
        monkeypatch.setenv("WEATHER_PROVIDER", "open-meteo")
        monkeypatch.setenv("OPEN_METEO_URL", url)
        weather = await get("/weather?city=Tokyo")
        daily = await get("/forecast?city=Tokyo&days=3")
        hourly = await get("/forecast?city=Tokyo&days=1&steps=hourly")
        comparison = await get("/weather/comparison?cities=Tokyo&cities=Oslo")
    assert (weather["source"], weather["temperature"], weather["condition"]) == ("open-meteo", 12.3, "rain")
    assert [day["temperature_max"] for day in daily["daily"]] == [14.9] * 3
    assert len(hourly["hourly"]) == 24
    assert {weather["source"] for weather in comparison["cities"]} == {"open-meteo"}


@pytest.mark.parametrize(
    "target", ["/weather?city=Tokyo", "/forecast?city=Tokyo", "/weather/comparison?cities=Oslo&cities=Rome"]
)
async def test_a_failing_service_is_reported_as_such(monkeypatch: pytest.MonkeyPatch, target: str) -> None:
    async def fail(request: web.Request) -> web.Response:
        return web.Response(status=500, text="secret words")

    async with open_meteo(fail) as url:
        monkeypatch.setenv("WEATHER_PROVIDER", "open-meteo")
        monkeypatch.setenv("OPEN_METEO_URL", url)
        refusal = await get(target, 503)
    assert refusal["code"] == "upstream_unavailable"
    assert "secret" not in str(refusal)


async def test_an_unknown_provider_is_refused_before_serving(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEATHER_PROVIDER", "crystal-ball")
    with pytest.raises(SetupError, match=r"WEATHER_PROVIDER is 'crystal-ball'; it may be simulated or open-meteo"):
        async with client():
            pass


def test_the_logo_is_a_square_picture_of_512_points() -> None:
    picture = (Path(__file__).parents[1] / "assets" / "logo.png").read_bytes()
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", picture[16:24]) == (512, 512)
    start = picture.index(b"IDAT")
    (length,) = struct.unpack(">I", picture[start - 4 : start])
    assert len(zlib.decompress(picture[start + 4 : start + 4 + length])) == 512 * (1 + 3 * 512)
