"""The words for weather, and the WMO codes (table 4677, as Open-Meteo uses it) that they stand for."""

from typing import Literal, get_args

Condition = Literal[
    "clear",
    "mostly clear",
    "partly cloudy",
    "overcast",
    "fog",
    "drizzle",
    "rain showers",
    "rain",
    "snow showers",
    "snow",
    "heavy rain",
    "heavy snow",
    "freezing rain",
    "thunderstorm",
]
"""What the sky does, from the mildest to the most severe."""

CONDITIONS: tuple[Condition, ...] = get_args(Condition)
"""All conditions, from the mildest to the most severe."""

WMO_CODES: dict[int, Condition] = {
    0: "clear",
    1: "mostly clear",
    2: "partly cloudy",
    3: "overcast",
    45: "fog",
    48: "fog",  # depositing rime
    51: "drizzle",
    53: "drizzle",
    55: "drizzle",
    56: "freezing rain",  # freezing drizzle
    57: "freezing rain",
    61: "rain",
    63: "rain",
    65: "heavy rain",
    66: "freezing rain",
    67: "freezing rain",
    71: "snow",
    73: "snow",
    75: "heavy snow",
    77: "snow",  # grains
    80: "rain showers",
    81: "rain showers",
    82: "heavy rain",  # violent showers
    85: "snow showers",
    86: "snow showers",
    95: "thunderstorm",
    96: "thunderstorm",  # with hail
    99: "thunderstorm",
}
"""The codes that Open-Meteo sends, in words."""
