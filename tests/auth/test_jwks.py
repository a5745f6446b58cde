"""Keys of somebody else: which are taken, for which algorithms, and when they are fetched anew."""

import asyncio
import json
from typing import Any

import pytest

from plugwright.auth.jwks import FixedKeys, KeysRefused, RemoteKeys, UnknownKey, public_keys
from plugwright.errors import Unavailable
from tests.auth.outside import Clock, ec_key, okp_key, outside, public, rsa_key


@pytest.mark.parametrize(
    ("key", "algorithms"),
    [
        (rsa_key(), {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}),
        (ec_key(), {"ES256"}),
        (ec_key("p384", "P-384"), {"ES384"}),
        (ec_key("p521", "P-521"), {"ES512"}),
        (okp_key(), {"EdDSA", "Ed25519"}),
        (okp_key("ed448", "Ed448"), {"EdDSA", "Ed448"}),
    ],
)
def test_t5_the_algorithm_follows_from_the_key(key: Any, algorithms: set[str]):
    (found,) = public_keys(public(key))

    assert found.algorithms == algorithms
    assert found.kid == key.kid


def test_t5_a_key_that_names_its_algorithm_is_for_that_one_only():
    (found,) = public_keys(public(rsa_key(), alg="PS256"))

    assert found.algorithms == {"PS256"}


@pytest.mark.parametrize(
    "entry",
    [
        {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMyYnk"},
        rsa_key().as_dict(private=True),
        ec_key().as_dict(private=True),
        okp_key().as_dict(private=True),
        {**ec_key().as_dict(private=False), "k": "AAAA"},
    ],
)
def test_t5_a_key_that_is_not_public_is_never_used(entry: dict[str, Any]):
    assert public_keys({"keys": [entry]}) == ()
    with pytest.raises(KeysRefused, match="symmetric or private"):
        FixedKeys({"keys": [entry]})


@pytest.mark.parametrize(
    "entry",
    [
        {},
        {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"},
        {"kty": ["RSA"], "n": "AQAB", "e": "AQAB"},
        {"kty": "EC", "crv": "P-256", "x": "AAAA", "y": "AAAA"},
        {"kty": "EC", "crv": {"a": 1}, "x": "AAAA", "y": "AAAA"},
        {"kty": "EC", "crv": "P-256", "x": 5, "y": None},
        {"kty": "RSA", "n": "", "e": ""},
        okp_key("x", "X25519").as_dict(private=False),
        ec_key("k", "secp256k1").as_dict(private=False),
        {"kty": "RSA", "n": "_" * 171, "e": "AQAB"},
        {"kty": "RSA", "n": "_" * 1367, "e": "AQAB"},
        {**ec_key().as_dict(private=False), "use": "enc"},
        {**ec_key().as_dict(private=False), "key_ops": ["encrypt"]},
        {**ec_key().as_dict(private=False), "alg": "HS256"},
        {**ec_key().as_dict(private=False), "alg": "none"},
        {**rsa_key().as_dict(private=False), "alg": "ES256"},
        {**ec_key().as_dict(private=False), "kid": 5},
    ],
)
def test_a_key_that_cannot_verify_is_left_out(entry: dict[str, Any]):
    good = ec_key("good").as_dict(private=False)

    assert [key.kid for key in public_keys({"keys": [entry, good]})] == ["good"]


@pytest.mark.parametrize("jwks", ["null", "[]", '"x"', "{}", '{"keys": {}}', '{"keys": [' + "{}," * 64 + "{}]}"])
def test_what_is_no_key_set_is_refused(jwks: str):
    with pytest.raises(KeysRefused):
        public_keys(json.loads(jwks))


async def test_a_key_is_found_by_its_kid_and_algorithm_together():
    keys = FixedKeys(public(rsa_key(), ec_key(), ec_key("other")))

    assert (await keys.find("ec", "ES256")).kid == "ec"
    assert (await keys.find(None, "RS256")).kid == "rsa"
    for kid, algorithm in (("ec", "RS256"), ("rsa", "HS256"), ("rsa", "none"), ("nobody", "ES256"), (None, "ES256")):
        with pytest.raises(UnknownKey):
            await keys.find(kid, algorithm)


async def test_keys_are_kept_as_long_as_their_server_says():
    clock = Clock()
    async with outside() as (site, fetch):
        uri = site.put("/jwks", public(ec_key()), more="Cache-Control: max-age=300\r\n")
        keys = RemoteKeys(fetch, uri, now=clock)

        await keys.find("ec", "ES256")
        clock.time += 299
        await keys.find("ec", "ES256")
        assert len(site.asked) == 1
        clock.time += 1
        await keys.find("ec", "ES256")
        assert len(site.asked) == 2


async def test_a_new_key_is_found_at_once_and_invented_ones_cost_one_look_in_30_seconds():
    clock = Clock()
    async with outside() as (site, fetch):
        uri = site.put("/jwks", public(ec_key()))
        keys = RemoteKeys(fetch, uri, now=clock)
        await keys.find("ec", "ES256")
        site.put("/jwks", public(ec_key("new")))
        clock.time += 30

        assert (await keys.find("new", "ES256")).kid == "new"
        for number in range(20):
            with pytest.raises(UnknownKey):
                await keys.find(f"invented-{number}", "ES256")
        with pytest.raises(UnknownKey):
            await keys.find("ec", "ES256")
        assert len(site.asked) == 2


async def test_many_who_need_the_keys_at_once_fetch_them_once():
    async with outside() as (site, fetch):
        keys = RemoteKeys(fetch, site.put("/jwks", public(ec_key())), now=Clock())

        await asyncio.gather(*(keys.find("ec", "ES256") for _ in range(50)))

        assert site.asked == ["/jwks"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (public(ec_key()), "503 Service Unavailable"),
        (public(ec_key()), "302 Found"),
        (b"not json", "200 OK"),
        (b"[" * 100_000, "200 OK"),
        ([], "200 OK"),
    ],
)
async def test_an_error_is_unavailable_and_never_kept(body: Any, status: str):
    async with outside() as (site, fetch):
        keys = RemoteKeys(fetch, site.put("/jwks", body, status=status), now=Clock())

        with pytest.raises(Unavailable):
            await keys.find("ec", "ES256")
        site.put("/jwks", public(ec_key()))
        assert (await keys.find("ec", "ES256")).kid == "ec"


async def test_known_keys_verify_on_while_their_server_is_away_and_an_unknown_one_cannot_be_told():
    clock = Clock()
    async with outside() as (site, fetch):
        keys = RemoteKeys(fetch, site.put("/jwks", public(ec_key())), now=clock)
        await keys.find("ec", "ES256")
        site.put("/jwks", {}, status="500 Internal Server Error")
        clock.time += 60

        assert (await keys.find("ec", "ES256")).kid == "ec"
        for _ in range(2):
            with pytest.raises(Unavailable):
                await keys.find("new", "ES256")
