"""The OpenAPI documents: valid for every type that an operation may take or give."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

import pytest
import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from pydantic import BaseModel

from plugwright import Plugin
from plugwright.protocols.openapi.document import openapi, openapi_30
from plugwright.settings import Settings
from plugwright.testing import Client
from tests.openapi.everything import BODY_TYPES, NOTHING_PATH, Node, Page, Pet, Point, with_everything
from tests.web.plugins import new_plugin


async def documents(plugin: Plugin, settings: Settings | None = None) -> dict[str, Any]:
    """Every form of the documents, parsed."""
    async with Client(plugin, settings) as client:
        replies = {
            target: await client.get(target)
            for target in ("/openapi.json", "/openapi.json?version=3.0", "/openapi.yaml", "/openapi.yaml?version=3.1")
        }
    assert {reply.status for reply in replies.values()} == {200}
    return {
        target: yaml.safe_load(reply.body) if ".yaml" in target else reply.json() for target, reply in replies.items()
    }


@cache
def big_documents() -> tuple[dict[str, Any], dict[str, Any]]:
    """The documents of `with_everything` in both versions, made once: it is large."""
    plugin = with_everything()
    current = openapi(plugin.identity, plugin.registry.operations.values(), "https://plugin.example")
    return current, openapi_30(current)


def test_every_supported_type_gives_valid_documents_of_both_versions() -> None:
    current, old = big_documents()

    assert current["openapi"] == "3.1.0"
    assert old["openapi"] == "3.0.1"
    OpenAPIV31SpecValidator(current).validate()
    OpenAPIV30SpecValidator(old).validate()


async def test_json_is_the_new_version_and_yaml_the_old_unless_the_other_is_asked_for() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, path="/tree")
    async def tree(node: Node, pet: Pet) -> Page[Point | None]:
        """Take a tree."""
        return Page(items=[])

    found = await documents(plugin)
    assert found["/openapi.json"]["openapi"] == "3.1.0"
    assert found["/openapi.yaml"]["openapi"] == "3.0.1"
    assert found["/openapi.yaml?version=3.1"] == found["/openapi.json"]
    assert found["/openapi.json?version=3.0"] == found["/openapi.yaml"]


def sub_schemas(schema: Any) -> Iterator[dict[str, Any]]:
    """A schema and all schemas in it."""
    if isinstance(schema, list):
        for item in schema:  # pyright: ignore[reportUnknownVariableType] JSON
            yield from sub_schemas(item)
    elif isinstance(schema, dict):
        parts: dict[str, Any] = schema  # pyright: ignore[reportUnknownVariableType] JSON
        yield parts
        for keyword, value in parts.items():
            if keyword not in {"default", "example", "enum", "discriminator"}:
                yield from sub_schemas(list(value.values()) if keyword == "properties" else value)


def all_schemas(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every schema of a document."""
    yield from sub_schemas(list(document["components"]["schemas"].values()))
    for item in document["paths"].values():
        for operation in item.values():
            yield from sub_schemas([parameter["schema"] for parameter in operation.get("parameters", [])])
            for part in (operation.get("requestBody", {}), *operation["responses"].values()):
                yield from sub_schemas([media["schema"] for media in part.get("content", {}).values()])


def test_the_old_version_holds_no_word_of_the_new_dialect() -> None:
    newer = {"const", "prefixItems", "$defs", "examples", "patternProperties", "propertyNames", "contentMediaType"}

    schemas = list(all_schemas(big_documents()[1]))
    assert len(schemas) > 200
    for schema in schemas:
        assert not newer & set(schema), schema
        assert schema.get("type") in {None, "string", "integer", "number", "boolean", "array", "object"}
        assert isinstance(schema.get("exclusiveMinimum", True), bool)
        assert isinstance(schema.get("exclusiveMaximum", True), bool)
        assert set(schema) == {"$ref"} or "$ref" not in schema
        assert schema.get("type") != "array" or "items" in schema


def test_every_reference_leads_somewhere() -> None:
    for document in big_documents():
        known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
        text = json.dumps(document)
        used = {part.split('"')[0] for part in text.split('"$ref": "')[1:]}
        assert used <= known
        assert len(used) > 5


async def test_the_head_of_the_document_is_the_plugins_identity() -> None:
    plugin = new_plugin(
        title="Weather",
        summary="Any city.",
        version="2.1.0",
        contact_email="a@b.example",
        legal_url="https://b.example/l",
    )
    document = (await documents(plugin, Settings(public_url="https://plugin.example/base/")))["/openapi.json"]

    assert document["servers"] == [{"url": "https://plugin.example/base"}]
    assert document["info"]["title"] == "Weather"
    assert document["info"]["version"] == "2.1.0"
    assert document["info"]["description"] == "Any city."
    assert document["info"]["contact"] == {"email": "a@b.example"}
    assert document["info"]["termsOfService"] == "https://b.example/l"
    assert document["security"] == []
    OpenAPIV31SpecValidator(document).validate()


def test_an_operation_is_told_with_its_name_texts_tags_and_effect() -> None:
    document = big_documents()[0]

    find = document["paths"]["/shelves/{shelf}/books"]["get"]
    assert (find["operationId"], find["summary"]) == ("find_books", "Find books.")
    assert find["tags"] == ["books", "echo"]
    assert {"name": "books"} in document["tags"]
    assert find["x-openai-isConsequential"] is False
    assert document["paths"]["/shelves/{shelf}"]["delete"]["x-openai-isConsequential"] is True
    assert document["paths"]["/shelves/{shelf}/label"]["put"]["x-openai-isConsequential"] is True
    assert "More of it." in document["paths"]["/echo/0"]["post"]["description"]
    names = [operation["operationId"] for item in document["paths"].values() for operation in item.values()]
    assert len(set(names)) == len(names) == len(BODY_TYPES) + 3


def test_parameters_say_where_they_are_and_whether_they_must_be() -> None:
    document = big_documents()[0]
    parameters = {item["name"]: item for item in document["paths"]["/shelves/{shelf}/books"]["get"]["parameters"]}

    assert parameters["shelf"]["in"] == "path"
    assert parameters["shelf"]["required"] is True
    assert parameters["shelf"]["description"] == "The shelf"
    assert parameters["shelf"]["schema"]["minimum"] == 1
    assert parameters["shelf"]["example"] == 5
    assert parameters["colours"]["in"] == "query"
    assert parameters["colours"]["required"] is True
    assert (parameters["colours"]["style"], parameters["colours"]["explode"]) == ("form", True)
    assert parameters["maybe"]["required"] is False
    assert parameters["maybe"]["schema"] == {"type": "integer"}
    assert parameters["either"]["schema"]["default"] == "x"
    assert "sort-by" in parameters
    assert "sort" not in parameters


def test_a_body_holds_what_is_not_in_the_path() -> None:
    document = big_documents()[0]
    put = document["paths"]["/shelves/{shelf}/label"]["put"]

    assert [item["name"] for item in put["parameters"]] == ["shelf", "Idempotency-Key"]
    schema = put["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["properties"]) == {"label"}
    assert schema["additionalProperties"] is False
    assert put["requestBody"]["required"] is False
    post = document["paths"]["/echo/0"]["post"]
    assert post["requestBody"]["required"] is True
    assert post["requestBody"]["content"]["application/json"]["schema"]["required"] == ["value"]
    assert [item["in"] for item in post["parameters"]] == ["header"]


def test_what_writes_takes_an_idempotency_key_that_old_clients_are_not_told_of() -> None:
    new, old = big_documents()
    written, read = "/shelves/{shelf}/label", "/shelves/{shelf}/books"

    [key] = [item for item in new["paths"][written]["put"]["parameters"] if item["in"] == "header"]
    assert (key["name"], key["required"]) == ("Idempotency-Key", False)
    assert {"409", "422"} <= set(new["paths"][written]["put"]["responses"])
    assert "422" not in new["paths"][read]["get"]["responses"]
    assert all(item["in"] != "header" for item in new["paths"][read]["get"]["parameters"])
    assert [item["name"] for item in old["paths"][written]["put"]["parameters"]] == ["shelf"]
    assert "parameters" not in old["paths"]["/echo/0"]["post"]


def test_answers_and_every_error_are_described() -> None:
    document = big_documents()[0]
    for path, item in document["paths"].items():
        for operation in item.values():
            responses = operation["responses"]
            assert {"400", "500", "504", "default"} <= set(responses)
            assert ("204" in responses) is (path in {"/shelves/{shelf}/label", NOTHING_PATH})
            for status, response in responses.items():
                if status not in {"200", "204"}:
                    schema = response["content"]["application/json"]["schema"]
                    assert schema == {"$ref": "#/components/schemas/Error"}


async def test_examples_are_handed_on() -> None:
    plugin = new_plugin()

    @plugin.operation(effect="write", open_world=False, path="/note", examples=[{"text": "a"}, {"text": "b"}])
    async def note(text: str) -> None:
        """Note it."""

    for document in (await documents(plugin)).values():
        examples = document["paths"]["/note"]["post"]["requestBody"]["content"]["application/json"]["examples"]
        assert [example["value"] for example in examples.values()] == [{"text": "a"}, {"text": "b"}]


@pytest.mark.parametrize("name", ["Error", "Inner"])
async def test_two_models_of_one_name_stay_two(name: str) -> None:
    def model(field: str) -> Any:
        return type(name, (BaseModel,), {"__annotations__": {field: int}})

    plugin = new_plugin()
    for field in ("first", "second"):

        async def read() -> Any:
            """Read it."""

        read.__annotations__["return"] = list[model(field)]
        plugin.operation(effect="read", open_world=False, name=field, path=f"/{field}")(read)

    document = (await documents(plugin))["/openapi.json"]
    schemas = document["components"]["schemas"]
    for field in ("first", "second"):
        content = document["paths"][f"/{field}"]["get"]["responses"]["200"]["content"]
        reference = content["application/json"]["schema"]["items"]["$ref"]
        assert set(schemas[reference.rsplit("/", 1)[1]]["properties"]) == {field}
    assert set(schemas["Error"]["properties"]) == {"error", "code", "request_id", "details", "retry_after"}
    OpenAPIV31SpecValidator(document).validate()


async def test_a_plugin_without_operations_has_valid_documents() -> None:
    found = await documents(new_plugin())

    OpenAPIV31SpecValidator(found["/openapi.json"]).validate()
    OpenAPIV30SpecValidator(found["/openapi.yaml"]).validate()


async def test_the_yaml_survives_texts_that_yaml_could_misread() -> None:
    plugin = new_plugin(title="yes", summary="1.0: #no '", version="1.0.0")

    @plugin.operation(effect="read", open_world=False, path="/say")
    async def say(no: Literal["on", "null", "1e3", "2026-11-22", "~", "0x1F"] = "null") -> str:
        """: - & * ! | > % @ ` 东京 \u2028 \x85."""
        return no

    found = await documents(plugin)
    assert found["/openapi.yaml"] == found["/openapi.json?version=3.0"]
