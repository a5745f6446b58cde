"""The sentences of the pages, one table a language, and how names are set into them."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from markupsafe import Markup, escape

from plugwright.auth.pages.chinese import CHINESE
from plugwright.auth.pages.english import ENGLISH
from plugwright.auth.pages.foreign import clean
from plugwright.auth.pages.language import Language

_TABLES: Final[Mapping[Language, Mapping[str, str]]] = MappingProxyType(
    {Language.ENGLISH: ENGLISH, Language.CHINESE: CHINESE}
)
_IN_SECONDS: Final = 90  # a longer wait is told in minutes
_NAME_LIMIT: Final = 100
_IDEOGRAPH: Final = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


class Texts:
    """The sentences of one language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._table = _TABLES[language]

    def say(self, key: str, **values: object) -> Markup:
        """A sentence; what is set into it is escaped."""
        sentence = self._table[key]
        if self.language is Language.CHINESE:
            sentence = _without_gaps(sentence, values)
        return Markup(sentence).format(**values)  # noqa: S704 a sentence of our own tables

    @property
    def gap(self) -> str:
        """What stands between two sentences."""
        return "" if self.language is Language.CHINESE else " "

    def wait(self, seconds: int | None) -> Markup:
        """For how long to wait, rounded up."""
        if seconds is None or seconds < 1:
            return self.say("wait.moment")
        if seconds > _IN_SECONDS:
            return self.say("wait.minutes", count=-(-seconds // 60))
        return self.say("wait.second" if seconds == 1 else "wait.seconds", count=seconds)

    def client(self, name: str) -> Markup:
        """A client's name, set off from the sentence around it."""
        return isolated(name, _NAME_LIMIT) or self.say("client.unnamed")


def _without_gaps(sentence: str, values: Mapping[str, object]) -> str:
    """A Chinese sentence has a space beside a Latin name, and none beside a Chinese one."""
    for key, value in values.items():
        plain = escape(value).striptags()
        if plain and _IDEOGRAPH.match(plain[0]):
            sentence = sentence.replace(f" {{{key}}}", f"{{{key}}}")
        if plain and _IDEOGRAPH.match(plain[-1]):
            sentence = sentence.replace(f"{{{key}}} ", f"{{{key}}}")
    return sentence


def isolated(text: str, limit: int = _NAME_LIMIT) -> Markup:
    """Text that others wrote: cleaned, escaped, and kept from turning the writing direction of what is around it."""
    cleaned = clean(text, limit)
    return Markup("<bdi>{}</bdi>").format(cleaned) if cleaned else Markup()
