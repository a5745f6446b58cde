"""Forecasts to draw, as the operation get_forecast answers them."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

FIRST_DAY = date(2026, 11, 22)
UNITS = {
    "temperature": "Celsius",
    "precipitation": "mm",
    "wind_speed": "km/h",
    "precipitation_probability": "%",
    "humidity": "%",
}
WEEK = (
    # condition, low, high, rain, chance, wind
    ("mostly clear", 9.4, 18.2, 0.0, 5, 9.0),
    ("partly cloudy", 10.8, 19.6, 0.0, 15, 12.0),
    ("rain showers", 12.1, 17.3, 2.4, 55, 16.0),
    ("heavy rain", 10.2, 14.1, 14.8, 95, 31.0),
    ("rain", 8.3, 12.6, 6.2, 80, 24.0),
    ("overcast", 6.1, 12.9, 0.3, 30, 14.0),
    ("clear", 4.2, 14.8, 0.0, 0, 8.0),
)


def forecast(steps: str, entries: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """A whole answer around days or hours."""
    return {
        "city": "Tokyo",
        "country": "JP",
        "region": None,
        "timezone": "Asia/Tokyo",
        "source": "simulated",
        "units": UNITS,
        "steps": steps,
        "daily": entries if steps == "daily" else [],
        "hourly": entries if steps == "hourly" else [],
    } | changes


def day(index: int, shift: float = 0.0) -> dict[str, Any]:
    """One day of a repeating week, made colder or warmer by a shift."""
    condition, low, high, rain, chance, wind = WEEK[index % len(WEEK)]
    return {
        "date": (FIRST_DAY + timedelta(days=index)).isoformat(),
        "condition": condition,
        "temperature_min": round(low + shift, 1),
        "temperature_max": round(high + shift, 1),
        "precipitation": rain,
        "precipitation_probability": chance,
        "wind_speed": wind,
    }


def daily(days: int = 7, *, shift: float = 0.0, **changes: Any) -> dict[str, Any]:
    """A forecast by day."""
    return forecast("daily", [day(index, shift) for index in range(days)], **changes)


def hour(index: int, first: int = 0) -> dict[str, Any]:
    """One hour of a mild day with a shower in its afternoon."""
    moment = datetime.combine(FIRST_DAY, datetime.min.time()) + timedelta(hours=first + index)
    warmth = math.cos((moment.hour - 15) / 24 * math.tau)
    is_wet = 13 <= moment.hour <= 18
    return {
        "time": moment.strftime("%Y-%m-%dT%H:%M"),
        "condition": "rain" if is_wet else "partly cloudy" if moment.hour > 9 else "clear",
        "temperature": round(13.5 + 4.6 * warmth, 1),
        "precipitation": round(1.9 * math.sin((moment.hour - 12) / 7 * math.pi), 1) if is_wet else 0.0,
        "precipitation_probability": 75 if is_wet else 10,
        "wind_speed": 11.0,
    }


def hourly(hours: int = 24, *, first: int = 0, **changes: Any) -> dict[str, Any]:
    """A forecast by hour."""
    return forecast("hourly", [hour(index, first) for index in range(hours)], **changes)


def result(content: dict[str, Any]) -> dict[str, Any]:
    """A tool result that carries a forecast."""
    return {"content": [{"type": "text", "text": "A forecast."}], "structuredContent": content}
