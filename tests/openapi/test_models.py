"""Models in the OpenAPI documents: every reference and every discriminator leads to the model it means."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from plugwright.testing import Client
from tests.web.plugins import doing, new_plugin


class Cat(BaseModel):
    """A cat."""

    kind: Literal["cat"]


class Dog(BaseModel):
    """A dog."""

    kind: Literal["dog"]


async def test_discriminators_point_to_components() -> None:
    async def do(
        pet: Annotated[Cat | Dog, Field(discriminator="kind")],
    ) -> list[Annotated[Cat | Dog, Field(discriminator="kind")]]:
        return [pet]

    async with Client(doing(do, effect="write")) as client:
        for target in ("/openapi.json", "/openapi.yaml"):
            assert "#/$defs/" not in (await client.get(target)).text


async def test_anything_is_not_an_array() -> None:
    async def do() -> Any:
        return None

    async with Client(doing(do)) as client:
        responses = (await client.get("/openapi.json")).json()["paths"]["/do"]["get"]["responses"]
    assert responses["200"]["content"]["application/json"]["schema"].get("type") != "array"


def same_named(field: str) -> Any:
    inner = type("Inner", (BaseModel,), {"__annotations__": {field: Decimal}, "__module__": __name__})
    return type("Outer", (BaseModel,), {"__annotations__": {"inner": inner}, "__module__": __name__})


async def test_models_of_one_name_stay_apart_in_what_refers_to_them_and_in_both_directions() -> None:
    plugin = new_plugin()
    for field in ("first", "second", "third"):

        async def do(value: Any) -> Any:
            """Do it."""

        outer = same_named(field)
        do.__annotations__ = {"value": outer, "return": list[outer]}
        plugin.operation(effect="write", open_world=False, name=field, path=f"/{field}")(do)

    async with Client(plugin) as client:
        document = (await client.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]

    def at(schema: Any) -> Any:
        return schemas[schema["$ref"].rsplit("/", 1)[1]]

    for field in ("first", "second", "third"):
        operation = document["paths"][f"/{field}"]["post"]
        given = operation["requestBody"]["content"]["application/json"]["schema"]["properties"]["value"]
        gives = operation["responses"]["200"]["content"]["application/json"]["schema"]["items"]
        into = at(at(given)["properties"]["inner"])["properties"]
        out = at(at(gives)["properties"]["inner"])["properties"]
        assert set(into) == set(out) == {field}
        assert "anyOf" in into[field]
        assert out[field]["type"] == "string"
