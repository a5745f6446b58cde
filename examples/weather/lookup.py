"""From what a caller wrote to the one city that is meant, or to a refusal that tells how to say it better.

A name is taken when one city is clearly meant: it has at least twice the weight of any other of that name.
The weight is the population, a twentieth of it when the name is not the city's main one (Amman was once
Philadelphia). Otherwise the caller is asked to choose: the weather of the wrong Springfield helps nobody.
"""

import re
from collections.abc import Iterable

from examples.weather.cities import City, CityIndex
from examples.weather.distance import distance_km
from examples.weather.folding import fold
from plugwright import Conflict, NotFound
from plugwright.errors import Detail

_DOMINANCE = 2.0
_OTHER_NAME_WEIGHT = 0.05
_ONE_PLACE_KM = 40.0  # the weather does not tell Manhattan from New York City
_CANDIDATES = 6
_SUGGESTIONS = 5
_GEONAMES_ID = re.compile("[0-9]{1,9}")
_QUALIFIER_SEPARATOR = re.compile("[,\uff0c\u3001\u060c]")


class AmbiguousCity(Conflict):
    """Several cities have the name; ``details`` lists them by names that tell them apart."""

    code = "ambiguous_city"


def find_one(cities: CityIndex, name: str, country: str | None = None, *, field: str = "city") -> City:
    """The city that ``name`` means: a name, `Portland, Oregon`, or a GeoNames id.

    Args:
        cities: where to look.
        name: what the caller wrote.
        country: a country's code or name; only its cities count then.
        field: the input that ``name`` came in, for the details of a refusal.

    Raises:
        NotFound: there is no such city or country.
        AmbiguousCity: several cities of comparable weight have the name.
    """
    code = country_code(cities, country) if country else None
    found = _matches(cities, name, code)
    if not found:
        raise _unknown(cities, name, code, field)
    key = fold(_QUALIFIER_SEPARATOR.split(name)[0])
    places = _distinct(sorted(found, key=lambda city: -_weight(city, key)))
    if len(places) > 1 and _weight(places[0], key) < _DOMINANCE * _weight(places[1], key):
        raise _ambiguous(name, places, field)
    return places[0]


def find_many(cities: CityIndex, names: list[str]) -> list[City]:
    """The cities that ``names`` mean, in their order; one refusal names everything wrong with them.

    Raises:
        NotFound: some of them do not exist.
        AmbiguousCity: all exist, and some have namesakes of comparable weight.
    """
    found: list[City] = []
    refusals: list[NotFound | AmbiguousCity] = []
    for position, name in enumerate(names):
        try:
            found.append(find_one(cities, name, field=f"cities.{position}"))
        except (NotFound, AmbiguousCity) as refusal:
            refusals.append(refusal)
    if refusals:
        worst = next((refusal for refusal in refusals if isinstance(refusal, NotFound)), refusals[0])
        details = [detail for refusal in refusals for detail in refusal.details]
        raise type(worst)(" ".join(refusal.message for refusal in refusals), details=details)
    return found


def search(cities: CityIndex, text: str, country: str | None, limit: int) -> list[City]:
    """Cities that ``text`` may mean: those of that name first, then those whose names begin so.

    Raises:
        NotFound: there is no such country.
    """
    code = country_code(cities, country) if country else None
    begun = cities.starting_with(text, limit, code) if fold(text) else []
    key = fold(_QUALIFIER_SEPARATOR.split(text)[0])
    exact = sorted(_matches(cities, text, code), key=lambda city: -_weight(city, key))
    found = {city.id: city for city in (*exact, *begun)}
    return list(found.values())[:limit]


def suggestions(cities: CityIndex, name: str, country: str | None = None) -> list[str]:
    """Names a misspelt ``name`` may stand for, the largest cities first."""
    key = fold(_QUALIFIER_SEPARATOR.split(name)[0])
    if not key:
        return []
    near = {city.id: city for city in (*cities.spelt_like(key), *cities.starting_with(key, _SUGGESTIONS))}
    ranked = sorted(near.values(), key=lambda city: -city.population)
    inside = [city for city in ranked if country in (None, city.country)]
    return [city.label for city in inside[:_SUGGESTIONS]]


def country_code(cities: CityIndex, country: str) -> str:
    """The ISO code of the country a caller named.

    Raises:
        NotFound: there is no such country.
    """
    code = cities.countries.code_of(country)
    if code is None:
        problem = "use an ISO 3166 code such as JP, or an English name"
        raise NotFound(f"No country called {country!r}.", details=[Detail("country", problem)])
    return code


def _matches(cities: CityIndex, name: str, country: str | None) -> list[City]:
    """All cities that ``name`` can mean: first as a whole, else as a name and what it lies in."""
    text = name.strip()
    city = cities.by_id(int(text)) if _GEONAMES_ID.fullmatch(text) else None
    found = [city] if city else cities.named(fold(text)) or _qualified(cities, text)
    return [city for city in found if country in (None, city.country)]


def _qualified(cities: CityIndex, text: str) -> list[City]:
    first, *qualifiers = _QUALIFIER_SEPARATOR.split(text)
    found = cities.named(fold(first)) if qualifiers else []
    return [city for city in found if all(_lies_in(cities, city, part) for part in qualifiers)]


def _lies_in(cities: CityIndex, city: City, qualifier: str) -> bool:
    key = fold(qualifier)
    region = city.region or ""
    in_region = key in (fold(region), fold(cities.countries[city.country].regions.get(region, "")))
    return not key or in_region or cities.countries.code_of(qualifier) == city.country


def _weight(city: City, key: str) -> float:
    return city.population * (1.0 if fold(city.name) == key else _OTHER_NAME_WEIGHT)


def _distinct(ranked: Iterable[City]) -> list[City]:
    """The places among the cities, without those so near to a larger one that they share its weather."""
    kept: list[City] = []
    for city in ranked:
        if len(kept) == _CANDIDATES:
            break
        if all(_far_apart(city, other) for other in kept):
            kept.append(city)
    return kept


def _far_apart(one: City, other: City) -> bool:
    apart = distance_km(one.latitude, one.longitude, other.latitude, other.longitude)
    return apart > _ONE_PLACE_KM


def _unknown(cities: CityIndex, name: str, country: str | None, field: str) -> NotFound:
    where = f" in {cities.countries[country].name}" if country else ""
    near = suggestions(cities, name, country)
    hint = f"did you mean {'; '.join(near)}?" if near else "find_city searches by the beginning of a name"
    return NotFound(f"No city called {name!r}{where}.", details=[Detail(field, hint)])


def _ambiguous(name: str, places: list[City], field: str) -> AmbiguousCity:
    details = [Detail(field, f"{city.label} (id {city.id}, population {city.population:,})") for city in places]
    message = f"Several cities are called {name!r}. Repeat the call with one of these names, or with its id."
    return AmbiguousCity(message, details=details)
