"""The places that people save: a short list for each of them, in the plugin's database.

Each function takes the person whose list it is, and each statement has that person in its WHERE: there is none with
which one could reach the list of somebody else.
"""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Column, Connection, ForeignKey, Integer, MetaData, String, Table, delete, insert, select
from sqlalchemy.exc import IntegrityError

from examples.weather.place_names import name_key
from plugwright import Conflict, NotFound
from plugwright.errors import Detail

MOST_PLACES = 50
"""How many one person may save."""

tables = MetaData()
"""What the plugin keeps; given to `Plugin`, which creates it beside its own tables."""

# A row for everybody who ever saved a place. Whoever adds to a list locks its row, so that two calls at once
# cannot make the list longer than it may be.
_lists = Table("weather_place_lists", tables, Column("subject", String, primary_key=True))
_places = Table(
    "weather_places",
    tables,
    Column("subject", String, ForeignKey(_lists.c.subject), primary_key=True),
    Column("key", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("city_id", Integer, nullable=False),
    Column("city", String, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A city under a person's own name for it."""

    name: str
    city_id: int
    city: str


class PlaceNameTaken(Conflict):
    """The person has another city under this name."""

    code = "place_name_taken"


class TooManyPlaces(Conflict):
    """The person's list is full."""

    code = "too_many_places"


def listed(c: Connection, subject: str) -> list[Place]:
    """A person's places by name."""
    return list(_by_key(c, subject).values())


def save(c: Connection, subject: str, place: Place) -> Place:
    """Add a place to a person's list. One that is there already, with the same city, stays as it is.

    Raises:
        PlaceNameTaken: the name stands for another city.
        TooManyPlaces: the list is full.
    """
    _hold_list(c, subject)
    saved, key = _by_key(c, subject), name_key(place.name)
    there = saved.get(key)
    if there is None:
        if len(saved) >= MOST_PLACES:
            raise TooManyPlaces(f"{MOST_PLACES} places are saved, which is the most. Remove one first.")
        row = {"subject": subject, "key": key, "name": place.name, "city_id": place.city_id, "city": place.city}
        c.execute(insert(_places).values(row))
        return place
    if there.city_id == place.city_id:
        return there
    raise PlaceNameTaken(
        f"{there.name!r} is saved already, as {there.city}. Ask the user whether to remove it first, "
        f"or to save {place.city} under another name.",
        details=[Detail("name", f"stands for {there.city} (id {there.city_id})")],
    )


def remove(c: Connection, subject: str, name: str) -> Place:
    """Take a place off a person's list, whichever way its name is written.

    Raises:
        NotFound: it is not on the list; the names that are stand in the details.
    """
    mine = (_places.c.subject == subject) & (_places.c.key == name_key(name))
    statement = delete(_places).where(mine).returning(_places.c.name, _places.c.city_id, _places.c.city)
    row = c.execute(statement).first()
    if row is None:
        names = ", ".join(place.name for place in listed(c, subject))
        problem = f"there are {names}" if names else "no place is saved"
        raise NotFound(f"No saved place is called {name!r}.", details=[Detail("name", problem)])
    return Place(*row)


def _by_key(c: Connection, subject: str) -> dict[str, Place]:
    rows = c.execute(
        select(_places.c.key, _places.c.name, _places.c.city_id, _places.c.city).where(_places.c.subject == subject)
    )
    # Sorted here: each database has an order of its own for letters.
    return {key: Place(name, city_id, city) for key, name, city_id, city in sorted(rows)}


def _hold_list(c: Connection, subject: str) -> None:
    """Keep others from adding to a person's list until this transaction ends."""
    mine = select(_lists.c.subject).where(_lists.c.subject == subject).with_for_update()
    if c.execute(mine).first() is None:
        with suppress(IntegrityError), c.begin_nested():  # somebody else may just have made it
            c.execute(insert(_lists).values(subject=subject))
        c.execute(mine)
