"""Saved places in the database, SQLite and PostgreSQL alike."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection, event

from examples.weather import places
from examples.weather.places import MOST_PLACES, Place, PlaceNameTaken, TooManyPlaces
from plugwright import NotFound
from plugwright.store.database import Database
from plugwright.store.upgrade import prepare

ANN, BEN = "u_ann", "u_ben"
OSLO = Place("home", 3143244, "Oslo, NO")
ROME = Place("home", 3169070, "Rome, IT")


@pytest.fixture
def kept(database: Database) -> Database:
    """A database with the plugin's tables."""
    prepare(database, places.tables)
    return database


def saving(subject: str, place: Place) -> Callable[[Connection], Place]:
    return lambda c: places.save(c, subject, place)


async def names(database: Database, subject: str) -> list[str]:
    return [place.name for place in await database.read(lambda c: places.listed(c, subject))]


async def test_saving_the_same_again_changes_nothing(kept: Database):
    assert await kept.write(saving(ANN, OSLO)) == OSLO
    assert await kept.write(saving(ANN, Place("HOME", OSLO.city_id, "Christiania, NO"))) == OSLO
    assert await kept.read(lambda c: places.listed(c, ANN)) == [OSLO]


async def test_a_name_that_stands_for_another_city_is_never_overwritten(kept: Database):
    await kept.write(saving(ANN, OSLO))
    with pytest.raises(PlaceNameTaken, match="'home' is saved already, as Oslo, NO"):
        await kept.write(saving(ANN, Place("Höme", ROME.city_id, ROME.city)))
    assert await kept.read(lambda c: places.listed(c, ANN)) == [OSLO]


async def test_places_are_listed_by_name(kept: Database):
    for name in ("work", "Äpfel", "home", "beach", "家"):
        await kept.write(saving(ANN, Place(name, 1, "Somewhere")))
    assert await names(kept, ANN) == ["Äpfel", "beach", "home", "work", "家"]


async def test_everybody_has_a_list_of_their_own(kept: Database):
    await kept.write(saving(ANN, OSLO))
    assert await names(kept, BEN) == []
    with pytest.raises(NotFound) as refused:
        await kept.write(lambda c: places.remove(c, BEN, "home"))
    assert [detail.problem for detail in refused.value.details] == ["no place is saved"]

    assert await kept.write(saving(BEN, ROME)) == ROME
    assert await kept.write(lambda c: places.remove(c, BEN, "home")) == ROME
    assert await kept.read(lambda c: places.listed(c, ANN)) == [OSLO]


async def test_every_statement_names_the_person_whose_list_it_is(kept: Database):
    statements: list[str] = []

    def note(c: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "weather_" in statement:
            statements.append(" ".join(statement.split()))

    event.listen(kept.engine, "before_cursor_execute", note)
    await kept.write(saving(ANN, OSLO))
    await kept.read(lambda c: places.listed(c, ANN))
    await kept.write(lambda c: places.remove(c, ANN, "home"))
    with pytest.raises(NotFound):
        await kept.write(lambda c: places.remove(c, ANN, "home"))

    assert {statement.split()[0] for statement in statements} == {"SELECT", "INSERT", "DELETE"}
    for statement in statements:
        assert "(subject" in statement if statement.startswith("INSERT") else "subject = " in statement, statement


async def test_a_removed_place_is_gone_and_its_name_free(kept: Database):
    await kept.write(saving(ANN, OSLO))
    assert await kept.write(lambda c: places.remove(c, ANN, "HOME")) == OSLO
    assert await names(kept, ANN) == []
    assert await kept.write(saving(ANN, ROME)) == ROME


async def test_removing_what_is_not_there_tells_what_is(kept: Database):
    await kept.write(saving(ANN, OSLO))
    await kept.write(saving(ANN, Place("work", 1, "Somewhere")))
    with pytest.raises(NotFound, match="No saved place is called 'wrk'") as refused:
        await kept.write(lambda c: places.remove(c, ANN, "wrk"))
    assert [(detail.field, detail.problem) for detail in refused.value.details] == [("name", "there are home, work")]


async def test_a_list_ends_somewhere_also_when_many_calls_come_at_once(kept: Database):
    """Also the very first ones, when there is no row yet that anybody could wait for."""
    attempts = [saving(ANN, Place(f"place {number}", 1, "Somewhere")) for number in range(MOST_PLACES + 10)]
    outcomes = await asyncio.gather(*map(kept.write, attempts), return_exceptions=True)

    assert sum(isinstance(outcome, Place) for outcome in outcomes) == MOST_PLACES
    assert {type(outcome) for outcome in outcomes} == {Place, TooManyPlaces}
    assert len(await names(kept, ANN)) == MOST_PLACES
    assert await kept.write(saving(BEN, OSLO)) == OSLO  # the list of one is full, not that of everybody


async def test_a_full_list_still_answers_a_repeat_and_takes_another_once_one_is_removed(kept: Database):
    for number in range(MOST_PLACES):
        await kept.write(saving(ANN, Place(f"place {number}", 1, "Somewhere")))
    assert (await kept.write(saving(ANN, Place("Place 7", 1, "Somewhere")))).name == "place 7"
    with pytest.raises(TooManyPlaces, match="50 places are saved"):
        await kept.write(saving(ANN, OSLO))
    await kept.write(partial(places.remove, subject=ANN, name="place 7"))
    assert await kept.write(saving(ANN, OSLO)) == OSLO


async def test_the_same_name_saved_at_once_for_two_cities_stands_for_one_of_them(kept: Database):
    outcomes = await asyncio.gather(
        *(kept.write(saving(ANN, place)) for place in (OSLO, ROME) * 5), return_exceptions=True
    )
    (winner,) = await kept.read(lambda c: places.listed(c, ANN))
    assert winner in {OSLO, ROME}
    assert outcomes.count(winner) == 5
    assert sum(isinstance(outcome, PlaceNameTaken) for outcome in outcomes) == 5
