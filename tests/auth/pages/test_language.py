"""Which language a person gets."""

from __future__ import annotations

import string

import pytest

from plugwright.auth.pages.chinese import CHINESE
from plugwright.auth.pages.english import ENGLISH
from plugwright.auth.pages.language import Language, choose_language
from plugwright.auth.pages.models import ErrorKind, SignInProblem
from plugwright.auth.pages.texts import Texts


@pytest.mark.parametrize(
    "header",
    [
        "zh",
        "zh-CN",
        "ZH-cn",
        "zh-Hans",
        "zh-Hans-CN",
        "zh-SG",
        "zh-CN,zh;q=0.9,en;q=0.8",
        "en;q=0.3, zh-CN;q=0.9",
        "fr, zh;q=0.4",
        "zh-TW, zh;q=0.9, en;q=0.8",
        "en;q=0, zh;q=0.1",
        "*;q=0.1, zh ; Q=0.5",
    ],
)
def test_who_prefers_simplified_chinese_gets_it(header: str):
    assert choose_language(header) is Language.CHINESE


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "en",
        "en-GB,zh;q=0.9",
        "de-DE,de;q=0.9",
        "zh-TW",
        "zh-Hant-HK",
        "zh;q=0",
        "zh;q=2",
        "zh;q=0.5;x",
        "zh_CN",
        "zhx",
        "*",
        "en;q=0.5,zh;q=0.5",
        "," * 100_000 + "zh",
        "\x00\r\nzh",
    ],
)
def test_everyone_else_gets_english(header: str | None):
    assert choose_language(header) is Language.ENGLISH


def placeholders(text: str) -> set[str]:
    """The names that a sentence sets in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_both_tables_have_the_same_sentences_with_the_same_names_in_them():
    assert ENGLISH.keys() == CHINESE.keys()
    assert [key for key in ENGLISH if placeholders(ENGLISH[key]) != placeholders(CHINESE[key])] == []
    assert [key for table in (ENGLISH, CHINESE) for key, text in table.items() if not text.strip() or "<" in text] == []


def test_every_problem_and_every_error_has_its_words():
    wanted = {f"problem.{problem}" for problem in SignInProblem}
    wanted |= {f"error.{kind}.{part}" for kind in ErrorKind for part in ("title", "text")}
    assert wanted <= ENGLISH.keys()


@pytest.mark.parametrize(
    ("seconds", "english", "chinese"),
    [
        (None, "Wait a moment, then try again.", "请稍后重试。"),
        (0, "Wait a moment, then try again.", "请稍后重试。"),
        (1, "Wait 1 second, then try again.", "请等待 1 秒后重试。"),
        (90, "Wait 90 seconds, then try again.", "请等待 90 秒后重试。"),
        (91, "Wait 2 minutes, then try again.", "请等待 2 分钟后重试。"),
        (3600, "Wait 60 minutes, then try again.", "请等待 60 分钟后重试。"),
    ],
)
def test_a_wait_is_told_in_words_and_never_too_short(seconds: int | None, english: str, chinese: str):
    assert Texts(Language.ENGLISH).wait(seconds) == english
    assert Texts(Language.CHINESE).wait(seconds) == chinese


def test_chinese_has_a_gap_beside_a_latin_name_and_none_beside_a_chinese_one():
    say = Texts(Language.CHINESE).say
    assert say("consent.title", client="ChatGPT", brand="天气") == "允许 ChatGPT 使用您的天气账号吗？"  # noqa: RUF001 - Chinese punctuation
    assert say("sign_in.title", brand="天气") == "登录天气"
    assert say("sign_in.title", brand="Weather") == "登录 Weather"
