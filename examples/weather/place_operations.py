"""What an assistant can do with the places that a signed-in user saves."""

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType

from examples.weather import places
from examples.weather.cities import CityIndex
from examples.weather.lookup import find_one
from examples.weather.models import SavedPlace, SavedPlaces
from examples.weather.parameters import CityParameter, CountryParameter, PlaceNameParameter
from examples.weather.place_names import read_name
from examples.weather.places import Place
from plugwright import Call, Plugin, Scope

READ = "places:read"
WRITE = "places:write"
SCOPES: Mapping[str, str | Scope] = MappingProxyType(
    {
        READ: Scope("See the places you have saved", is_required=True, in_chinese="查看您保存的地点"),
        WRITE: Scope("Save places and remove them", in_chinese="保存和删除地点"),
    }
)
"""What a user may allow an assistant, in the words of the consent page. Who may write but not read could do nothing."""


def add_place_operations(plugin: Plugin) -> None:
    """Give the plugin the operations of this module.

    Those that change the list need both rights, since what they refuse tells something about it.
    """
    plugin.operation(
        path="/places",
        effect="write",
        open_world=False,
        idempotent=True,
        scopes=[READ, WRITE],
        title="Save a place",
        tags=["places"],
        invoking="Saving the place",
        invoked="Place saved",
    )(save_place)
    plugin.operation(
        path="/places",
        effect="read",
        open_world=False,
        scopes=[READ],
        title="Saved places",
        tags=["places"],
        invoking="Looking at your places",
        invoked="Looked at your places",
    )(list_places)
    plugin.operation(
        path="/places/{name}",
        effect="destroy",
        open_world=False,
        scopes=[READ, WRITE],
        title="Remove a saved place",
        tags=["places"],
        invoking="Removing the place",
        invoked="Place removed",
    )(remove_place)


async def save_place(
    name: PlaceNameParameter, city: CityParameter, country: CountryParameter = None, *, call: Call
) -> SavedPlace:
    """Save a city under the user's own name for it. Use this when the user asks to remember a place, such as home.

    Saving it again changes nothing. A name that stands for another city is refused: nothing is ever overwritten.
    """
    own_name = read_name(name)
    cities: CityIndex = call.state.cities
    found = find_one(cities, city, country)
    place = Place(own_name, found.id, found.label)
    return _shown(await call.database.write(partial(places.save, subject=call.subject, place=place)))


async def list_places(*, call: Call) -> SavedPlaces:
    """The places that the user saved. Use this when the user speaks of home, work or another place of their own.

    Ask for the weather there with the city_id as the city.
    """
    saved = await call.database.read(partial(places.listed, subject=call.subject))
    return SavedPlaces(places=[_shown(place) for place in saved])


async def remove_place(name: PlaceNameParameter, *, call: Call) -> SavedPlace:
    """Remove a saved place for good. Use this only when the user asks to forget one of their places.

    The answer says what was removed.
    """
    own_name = read_name(name)
    return _shown(await call.database.write(partial(places.remove, subject=call.subject, name=own_name)))


def _shown(place: Place) -> SavedPlace:
    return SavedPlace(name=place.name, city=place.city, city_id=place.city_id)
