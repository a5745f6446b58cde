"""What the weather plugin is known to offer; clients must find exactly this."""

from __future__ import annotations

from typing import Final

TOOLS: Final = {
    *("find_city", "get_weather", "get_weather_batch", "get_forecast", "compare_weather", "travel_report"),
    *("get_job", "cancel_job"),
    *("list_places", "save_place", "remove_place"),
}
RESOURCE: Final = "weather://providers"
CITY_RESOURCE: Final = "weather://city/1850147"
PROMPT: Final = "trip"
PROMPT_ARGUMENTS: Final = {"city": "Tokyo"}
