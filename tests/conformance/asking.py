"""Tools and a prompt that ask the person or the client; the suite fixes their names and keys."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, Field, JsonValue

from plugwright import Answer, Call, CannotAsk, Form, Message, Roots, Sampling, Text


class Name(BaseModel):
    """Who someone is."""

    name: str


class Color(BaseModel):
    """What someone likes."""

    color: str


class Confirmation(BaseModel):
    """Whether someone agrees."""

    ok: bool


class Context(BaseModel):
    """What a prompt should know."""

    context: str


class Person(BaseModel):
    """Whom to answer."""

    username: Annotated[str, Field(description="User's response")]
    email: Annotated[str, Field(description="User's email address")]


class Defaults(BaseModel):
    """A form whose every field has a default."""

    name: str = "John Doe"
    age: int = 30
    score: float = 95.5
    status: Literal["active", "inactive", "pending"] = "active"
    verified: bool = True


def titled(*pairs: tuple[str, str]) -> list[JsonValue]:
    """Choices with a title each."""
    return [{"const": value, "title": title} for value, title in pairs]


CHOICES: Final = titled(("value1", "First Choice"), ("value2", "Second Choice"), ("value3", "Third Choice"))


class Choices(BaseModel):
    """A form with every kind of choice."""

    untitledSingle: Literal["option1", "option2", "option3"]  # noqa: N815 - the suite's name
    titledSingle: Annotated[str, Field(json_schema_extra={"oneOf": CHOICES})]  # noqa: N815 - the suite's name
    legacyEnum: Annotated[  # noqa: N815 - the suite's name
        Literal["opt1", "opt2", "opt3"],
        Field(json_schema_extra={"enumNames": ["Option One", "Option Two", "Option Three"]}),
    ]
    untitledMulti: list[Literal["option1", "option2", "option3"]]  # noqa: N815 - the suite's name
    titledMulti: Annotated[  # noqa: N815 - the suite's name
        list[str], Field(json_schema_extra={"items": {"anyOf": CHOICES}})
    ]


def sample(text: str) -> Sampling:
    """Ask the client's model one question."""
    return Sampling(messages=[Message("user", text)], max_tokens=100)


def outcome(answer: Answer) -> str:
    """What someone did with a form, and what they wrote."""
    content: Any = answer.content
    return f"action={answer.action}, content={content.model_dump() if answer.action == 'accept' else None}"


async def test_sampling(prompt: Annotated[str, Field(description="What to ask")], *, call: Call) -> Text:
    """Pass a question on to the client's model."""
    answers = await call.ask(completion=sample(prompt))
    return Text(f"LLM response: {answers['completion'].content['content']['text']}")


async def test_elicitation(message: Annotated[str, Field(description="What to show")], *, call: Call) -> Text:
    """Ask for a name and an address."""
    answers = await call.ask(person=Form(message, Person))
    return Text(f"User response: {outcome(answers['person'])}")


async def test_elicitation_sep1034_defaults(*, call: Call) -> Text:
    """Ask with a form that is filled in already."""
    answers = await call.ask(form=Form("Please review and update the form fields with defaults", Defaults))
    return Text(f"Elicitation completed: {outcome(answers['form'])}")


async def test_elicitation_sep1330_enums(*, call: Call) -> Text:
    """Ask with a form of choices."""
    answers = await call.ask(form=Form("Please select options from the enum fields", Choices))
    return Text(f"Elicitation completed: {outcome(answers['form'])}")


async def test_missing_capability(*, call: Call) -> Text:
    """Need a model that the client has not offered."""
    await call.ask(opinion=sample("What do you think?"))
    return Text("The client has a model.")


async def test_streaming_elicitation(*, call: Call) -> Text:
    """Ask in the result, never on the stream."""
    await call.ask(user_name=Form("What is your name?", Name))
    return Text("The client answered.")


async def test_input_required_result_elicitation(*, call: Call) -> Text:
    """Greet someone by the name they give."""
    answer = (await call.ask(user_name=Form("What is your name?", Name)))["user_name"]
    return Text(f"Hello, {answer.content.name}!" if answer.action == "accept" else "Hello!")


async def test_input_required_result_sampling(*, call: Call) -> Text:
    """Answer what the client's model says."""
    answers = await call.ask(capital_question=sample("What is the capital of France?"))
    return Text(answers["capital_question"].content["content"]["text"])


async def test_input_required_result_list_roots(*, call: Call) -> Text:
    """Say how many roots the client has."""
    answers = await call.ask(client_roots=Roots())
    return Text(f"The client has {len(answers['client_roots'].content)} roots.")


async def test_input_required_result_request_state(*, call: Call) -> Text:
    """Remember something between the question and the answer."""
    await call.ask(confirm=Form("Please confirm", Confirmation), remember={"asked": "confirm"})
    return Text("state-ok" if call.remembered == {"asked": "confirm"} else "state-lost")


async def test_input_required_result_multiple_inputs(*, call: Call) -> Text:
    """Ask three things at once."""
    answers = await call.ask(
        user_name=Form("What is your name?", Name),
        greeting=sample("Generate a greeting"),
        client_roots=Roots(),
        remember={"asked": 3},
    )
    return Text(f"{len(answers)} answers came back.")


async def test_input_required_result_multi_round(*, call: Call) -> Text:
    """Ask one thing after the other."""
    first = await call.ask(step1=Form("Step 1: What is your name?", Name), remember={"round": 1})
    second = await call.ask(step2=Form("Step 2: What is your favorite color?", Color), remember={"round": 2})
    return Text(f"{outcome(first['step1'])}; {outcome(second['step2'])}")


async def test_input_required_result_tampered_state(*, call: Call) -> Text:
    """Believe only a state that this server wrote."""
    await call.ask(confirm=Form("Please confirm", Confirmation), remember={"asked": "confirm"})
    return Text("The state was not changed.")


async def test_input_required_result_capabilities(*, call: Call) -> Text:
    """Ask the person, or the model where nobody can be asked."""
    try:
        await call.ask(user_name=Form("What is your name?", Name))
    except CannotAsk:
        await call.ask(capital_question=sample("What is the capital of France?"))
    return Text("Somebody answered.")


async def test_input_required_result_prompt(*, call: Call) -> list[Message]:
    """A prompt that asks before it can be written."""
    answer = (await call.ask(user_context=Form("What context should the prompt use?", Context)))["user_context"]
    context = answer.content.context if answer.action == "accept" else "none"
    return [Message("user", f"Context: {context}")]


TOOLS: Final = (
    test_sampling,
    test_elicitation,
    test_elicitation_sep1034_defaults,
    test_elicitation_sep1330_enums,
    test_missing_capability,
    test_streaming_elicitation,
    test_input_required_result_elicitation,
    test_input_required_result_sampling,
    test_input_required_result_list_roots,
    test_input_required_result_request_state,
    test_input_required_result_multiple_inputs,
    test_input_required_result_multi_round,
    test_input_required_result_tampered_state,
    test_input_required_result_capabilities,
)
