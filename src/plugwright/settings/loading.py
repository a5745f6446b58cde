"""Loading the settings, with everything that is wrong told at once."""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from plugwright.errors import SetupError
from plugwright.settings.files import settings_in_files
from plugwright.settings.model import Settings
from plugwright.settings.safety import Problem, unsafe_settings

Check = Callable[[Settings], Sequence[Problem]]


def load_settings(*, check: Check | None = None, **given: Any) -> Settings:
    """Settings from the environment and the files it names, with what is given in place of it.

    Args:
        check: more that can be wrong with settings.
        given: values by field.

    Raises:
        SetupError: a value is missing or wrong; all that is wrong is listed.
    """
    in_files, problems = settings_in_files(field for field in Settings.model_fields if field not in given)
    values: dict[str, Any] = {**_short_forms(), **in_files, **given}
    try:
        settings = Settings(**values)
    except ValidationError as error:
        malformed = [(str(item["loc"][0]) if item["loc"] else "", item["msg"]) for item in error.errors()]
        problems += malformed
        settings = _without(values, {field for field, _ in malformed})
    named = {field for field, _ in problems}
    rest = [*unsafe_settings(settings), *(check(settings) if check else ())]
    raise_problems([*problems, *(problem for problem in rest if problem[0] not in named)])
    return settings


def _short_forms() -> dict[str, str]:
    # PLUGWRIGHT_ENV is what one would guess, and a wrong guess would serve production unchecked.
    short = os.environ.get("PLUGWRIGHT_ENV")
    return {"environment": short} if short and not os.environ.get("PLUGWRIGHT_ENVIRONMENT") else {}


def raise_problems(problems: Sequence[Problem]) -> None:
    """Refuse what is wrong, if anything is.

    Raises:
        SetupError: it lists every problem once.
    """
    if problems:
        raise SetupError("Settings: " + "; ".join(dict.fromkeys(_told(*problem) for problem in problems)))


def _without(values: Mapping[str, Any], malformed: set[str]) -> Settings:
    # What is malformed is told already; its default stands in, so that the rest can be looked at too.
    defaults = {
        field: info.get_default(call_default_factory=True)
        for field, info in Settings.model_fields.items()
        if field in malformed
    }
    return Settings(**{key: value for key, value in values.items() if key in Settings.model_fields} | defaults)


def _told(field: str, message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"PLUGWRIGHT_{field.upper()}: {text}" if field else text
