"""The cookie of a known device."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugwright.auth.devices import LIFETIME, Device, Devices

SECRET = "a secret of more than thirty-two characters"  # noqa: S105 of this test only
OTHER = "another secret of more than thirty-two characters"
NOON = 1_800_000_000.0


class Clock:
    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> float:
        return self.time


def test_a_device_that_signed_in_is_recognised() -> None:
    devices = Devices([SECRET], now=Clock())
    assert devices.recognise(devices.issue("u_1"), "u_1") is not None


def test_each_device_has_an_identifier_of_its_own() -> None:
    devices = Devices([SECRET], now=Clock())
    ids = {devices.recognise(devices.issue("u_1"), "u_1") for _ in range(20)}
    assert len(ids) == 20


def test_a_known_device_stays_the_same_device_when_its_cookie_is_renewed() -> None:
    devices = Devices([SECRET], now=Clock())
    device = devices.recognise(devices.issue("u_1"), "u_1")
    assert device is not None
    assert devices.recognise(devices.issue("u_1", device), "u_1") == device


def test_a_device_of_one_account_is_no_device_of_another() -> None:
    devices = Devices([SECRET], now=Clock())
    cookie = devices.issue("u_1")
    assert devices.recognise(cookie, "u_2") is None
    assert devices.recognise(cookie, "") is None


def test_a_device_is_forgotten_after_90_days() -> None:
    clock = Clock()
    devices = Devices([SECRET], now=clock)
    cookie = devices.issue("u_1")
    clock.time = NOON + LIFETIME - 1
    assert devices.recognise(cookie, "u_1") is not None
    clock.time = NOON + LIFETIME
    assert devices.recognise(cookie, "u_1") is None
    assert LIFETIME == 90 * 24 * 3600


def test_cookies_of_the_previous_secret_are_accepted_and_new_ones_signed_with_the_newest() -> None:
    old = Devices([SECRET], now=Clock())
    both = Devices([OTHER, SECRET], now=Clock())
    new = Devices([OTHER], now=Clock())
    assert both.recognise(old.issue("u_1"), "u_1") is not None
    assert new.recognise(both.issue("u_1"), "u_1") is not None
    assert new.recognise(old.issue("u_1"), "u_1") is None


def test_the_cookie_tells_nothing_of_the_account() -> None:
    cookie = Devices([SECRET], now=Clock()).issue("u_0123456789abcdef")
    decoded = b"".join(base64.urlsafe_b64decode(part + "==") for part in cookie.split(".")[2:])
    assert "0123456789abcdef" not in cookie
    assert b"0123456789abcdef" not in decoded


def test_a_cookie_changed_in_any_character_is_not_ours() -> None:
    devices = Devices([SECRET], now=Clock())
    cookie = devices.issue("u_1")
    for position, character in enumerate(cookie):
        for other in {"A", "B", ".", "=", "0"} - {character}:
            changed = cookie[:position] + other + cookie[position + 1 :]
            assert devices.recognise(changed, "u_1") is None, changed


def test_a_longer_life_cannot_be_written_into_a_cookie() -> None:
    devices = Devices([SECRET], now=Clock())
    version, expires_at, device_id, signature = devices.issue("u_1").split(".")
    longer = f"{version}.{int(expires_at) + 1}.{device_id}.{signature}"
    assert devices.recognise(longer, "u_1") is None


@pytest.mark.parametrize("cookie", [None, "", ".", "...", "v1...", "v1.1.1.\u00e9", "\ud800.\ud800", "x" * 100_000])
def test_what_is_no_cookie_of_ours_is_nobody(cookie: str | None) -> None:
    assert Devices([SECRET], now=Clock()).recognise(cookie, "u_1") is None


@given(st.text())
def test_no_text_is_taken_for_a_cookie(text: str) -> None:
    assert Devices([SECRET], now=Clock()).recognise(text, "u_1") is None


def test_a_device_shows_only_its_random_identifier() -> None:
    assert repr(Device("abc")) == "Device(id='abc')"
