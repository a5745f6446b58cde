"""The city that is meant is found, and nobody gets the weather of another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.weather.cities import CityIndex, load_cities
from examples.weather.lookup import AmbiguousCity, find_many, find_one, search, suggestions
from plugwright import NotFound


@pytest.mark.parametrize(
    "name",
    [
        "Tokyo",
        "tokyo",
        " TOKYO ",
        "Tōkyō",
        "东京",
        "東京",
        "도쿄",
        "Токио",
        "طوكيو",
        "टोक्यो",
        "Tokyo, Japan",
        "1850147",
    ],
)
def test_tokyo_is_found_in_many_writings(cities: CityIndex, name: str) -> None:
    assert find_one(cities, name).label == "Tokyo, JP"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Paris", "Paris, FR"),
        ("London", "London, ENG, GB"),
        ("Rome", "Rome, IT"),
        ("New York", "New York City, NY, US"),
        ("Bombay", "Mumbai, IN"),
        ("München", "Munich, DE"),
        ("Κωνσταντινούπολη", "Istanbul, TR"),
        ("القاهرة", "Cairo, EG"),
        ("서울", "Seoul, KR"),
        ("st petersburg", "Saint Petersburg, RU"),
        ("Washington, D.C.", "Washington, DC, US"),
    ],
)
def test_the_dominant_city_of_a_name_is_taken(cities: CityIndex, name: str, label: str) -> None:
    assert find_one(cities, name).label == label


@pytest.mark.parametrize(
    ("name", "country", "label"),
    [
        ("Paris", "US", "Paris, TX, US"),
        ("Paris", "usa", "Paris, TX, US"),
        ("London", "Canada", "London, ON, CA"),
        ("Valencia", "es", "Valencia, ES"),
        ("Cambridge", "UK", "Cambridge, ENG, GB"),
        ("Springfield, Illinois", None, "Springfield, IL, US"),
        ("Portland, ME", None, "Portland, ME, US"),
        ("Portland, Maine, United States", None, "Portland, ME, US"),
        ("Perth, Scotland", None, "Perth, SCT, GB"),
        ("London, Ontario", "CA", "London, ON, CA"),
        ("瓦倫西亞\uff0cSpain", None, "Valencia, ES"),
        ("Paris,", None, "Paris, FR"),
    ],
)
def test_a_country_or_state_picks_the_namesake(cities: CityIndex, name: str, country: str | None, label: str) -> None:
    assert find_one(cities, name, country).label == label


def test_an_ambiguous_name_is_refused_with_its_candidates(cities: CityIndex) -> None:
    with pytest.raises(AmbiguousCity, match="Several cities are called 'Springfield'") as refusal:
        find_one(cities, "Springfield")
    labels = [detail.problem.partition(" (")[0] for detail in refusal.value.details]
    assert labels[:3] == ["Springfield, MO, US", "Springfield, MA, US", "Springfield, IL, US"]
    assert {detail.field for detail in refusal.value.details} == {"city"}
    assert [find_one(cities, label).label for label in labels] == labels


def test_the_id_of_a_candidate_tells_apart_what_names_cannot(cities: CityIndex) -> None:
    with pytest.raises(AmbiguousCity) as refusal:
        find_one(cities, "Taizhou", "CN")
    ids = [detail.problem.split("id ")[1].split(",")[0] for detail in refusal.value.details]
    assert [str(find_one(cities, city_id).id) for city_id in ids] == ids
    assert len(ids) >= 2


def test_a_part_of_a_city_does_not_make_its_name_ambiguous(cities: CityIndex) -> None:
    assert find_one(cities, "Manhattan").region == "NY"


@pytest.mark.parametrize(
    ("name", "meant"),
    [("Lodnon", "London, ENG, GB"), ("Tokoyo", "Tokyo, JP"), ("San Francsico", "San Francisco, CA, US")],
)
def test_a_misspelt_name_gets_suggestions(cities: CityIndex, name: str, meant: str) -> None:
    with pytest.raises(NotFound, match="No city called") as refusal:
        find_one(cities, name)
    assert refusal.value.details[0].field == "city"
    assert meant in refusal.value.details[0].problem


@pytest.mark.parametrize(
    "name", ["", " ", ",", ", Japan", "-", "Xyzzyqq", "0", "99999999999999999999", "\0", "x" * 100]
)
def test_a_name_of_nothing_is_not_found(cities: CityIndex, name: str) -> None:
    with pytest.raises(NotFound):
        find_one(cities, name)


def test_a_city_of_another_country_is_not_found(cities: CityIndex) -> None:
    with pytest.raises(NotFound, match=r"No city called 'Kyoto' in France\."):
        find_one(cities, "Kyoto", "FR")


def test_an_unknown_country_is_named(cities: CityIndex) -> None:
    with pytest.raises(NotFound, match="No country called 'Narnia'") as refusal:
        find_one(cities, "Paris", "Narnia")
    assert refusal.value.details[0].field == "country"


def test_all_that_is_wrong_with_several_names_is_told_at_once(cities: CityIndex) -> None:
    with pytest.raises(NotFound) as refusal:
        find_many(cities, ["Tokyo", "Springfield", "Xyzzyqq"])
    fields = {detail.field for detail in refusal.value.details}
    assert fields == {"cities.1", "cities.2"}
    with pytest.raises(AmbiguousCity):
        find_many(cities, ["Tokyo", "Springfield"])


def test_several_cities_come_in_the_order_asked_for(cities: CityIndex) -> None:
    assert [city.name for city in find_many(cities, ["Tokyo", "Paris", "Tokyo"])] == ["Tokyo", "Paris", "Tokyo"]


def test_a_search_gives_namesakes_before_longer_names(cities: CityIndex) -> None:
    found = search(cities, "york", None, 10)
    assert [city.label for city in found[:2]] == ["York, ENG, GB", "York, PA, US"]
    assert {city.name for city in found} >= {"Yorkville", "Yorkton"}
    assert len(found) == len({city.id for city in found})
    assert [city.country for city in search(cities, "Paris", "US", 1)] == ["US"]
    assert search(cities, " ", None, 10) == []


def test_suggestions_stay_within_the_country(cities: CityIndex) -> None:
    assert suggestions(cities, "Lodnon", "CA") == ["London, ON, CA"]
    assert suggestions(cities, " ") == []


def test_nearly_all_large_cities_are_meant_by_their_own_names(cities: CityIndex) -> None:
    def is_meant(name: str, city_id: int) -> bool:
        try:
            return find_one(cities, name).id == city_id
        except AmbiguousCity:
            return False

    largest = [city for city, _ in zip(cities, range(1000), strict=False)]
    assert sum(is_meant(city.name, city.id) for city in largest) > 975


@given(name=st.text(max_size=100), country=st.none() | st.text(max_size=10))
def test_any_text_finds_a_city_or_is_refused_politely(name: str, country: str | None) -> None:
    try:
        found = find_one(load_cities(), name, country).label
    except (NotFound, AmbiguousCity) as refusal:
        found = refusal.message
    assert found
