"""OAuth clients, what users allowed them, and how they prove themselves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import Connection, select

from plugwright.store import accounts, assertions, clients, consents
from plugwright.store.clients import Client, ClientTaken
from plugwright.store.database import Database
from plugwright.store.grants import Approval, approve
from plugwright.store.tables import grants

PLAIN = Client(id="c_1", source="registration", name="ChatGPT", created_at=1.0)
FULL = Client(
    id="c_2",
    source="operator",
    name="Actions",
    uri="https://chatgpt.com",
    auth_method="private_key_jwt",
    secret_digest=b"s" * 32,
    jwks={"keys": [{"kty": "OKP"}]},
    jwks_uri="https://chatgpt.com/jwks",
    signing_alg="EdDSA",
    redirect_uris=("https://b.example/cb", "https://a.example/cb"),
    redirect_templates=("https://chatgpt.com/aip/{id}/oauth/callback",),
    grant_types=("authorization_code", "refresh_token"),
    scopes=frozenset({"b", "a"}),
    requires_pkce=False,
    takes_json=True,
    is_trusted=True,
    registration_digest=b"r" * 32,
    document_digest="d" * 64,
    created_at=2.0,
    used_at=3.0,
)
DOCUMENT = Client(id="https://a.example/client.json", source="document", name="First", created_at=1.0)


def account_id(c: Connection) -> str:
    """Add an account."""
    return accounts.ensure(c, provider="author", name="7", display_name="Ada", now=1.0).id


@pytest.mark.parametrize("client", [PLAIN, FULL, DOCUMENT])
def test_a_client_is_found_as_it_was_added(client: Client, database: Database):
    def work(c: Connection) -> None:
        clients.add(c, client)
        assert clients.find(c, client.id) == client
        assert clients.find(c, "c_0") is None

    database.run(work, writes=True)


def test_a_client_authenticates_unless_its_method_is_none():
    assert not PLAIN.authenticates
    assert FULL.authenticates


def test_an_id_is_given_once(database: Database):
    def work(c: Connection) -> None:
        clients.add(c, PLAIN)
        with pytest.raises(ClientTaken, match="There is a client 'c_1' already"):
            clients.add(c, replace(PLAIN, name="Other"))
        assert clients.find(c, "c_1") == PLAIN

    database.run(work, writes=True)


def test_clients_are_listed_by_age_and_source(database: Database):
    def work(c: Connection) -> None:
        for client in (FULL, PLAIN, DOCUMENT):
            clients.add(c, client)
        assert clients.listed(c) == [PLAIN, DOCUMENT, FULL]
        assert clients.listed(c, "operator") == [FULL]

    database.run(work, writes=True)


def test_replacing_a_client_keeps_its_source_and_its_times(database: Database):
    def work(c: Connection) -> None:
        clients.add(c, PLAIN)
        clients.mark_used(c, "c_1", 5.0)
        assert clients.replace(c, replace(FULL, id="c_1"))
        expected = replace(FULL, id="c_1", source="registration", created_at=1.0, used_at=5.0)
        assert clients.find(c, "c_1") == expected
        assert not clients.replace(c, replace(FULL, id="c_0"))

    database.run(work, writes=True)


def test_the_first_use_of_a_client_counts(database: Database):
    def work(c: Connection) -> None:
        clients.add(c, PLAIN)
        clients.mark_used(c, "c_1", 5.0)
        clients.mark_used(c, "c_1", 6.0)
        assert clients.find(c, "c_1") == replace(PLAIN, used_at=5.0)

    database.run(work, writes=True)


async def test_a_metadata_document_is_entered_and_kept_up_to_date(database: Database):
    entered = await asyncio.gather(*(database.write(partial(clients.put_document, client=DOCUMENT)) for _ in range(5)))
    assert all(entered)
    await database.write(partial(clients.mark_used, client_id=DOCUMENT.id, now=5.0))
    changed = replace(DOCUMENT, name="Second", redirect_uris=("https://a.example/cb",), created_at=9.0)
    assert await database.write(partial(clients.put_document, client=changed))

    expected = replace(changed, created_at=1.0, used_at=5.0)
    assert await database.read(partial(clients.find, client_id=DOCUMENT.id)) == expected


@pytest.mark.parametrize("source", ["operator", "registration"])
def test_a_metadata_document_never_takes_the_place_of_another_client(source: clients.Source, database: Database):
    def work(c: Connection) -> None:
        kept = replace(DOCUMENT, source=source)
        clients.add(c, kept)
        assert not clients.put_document(c, replace(DOCUMENT, name="Other"))
        assert clients.find(c, DOCUMENT.id) == kept
        with pytest.raises(ValueError, match="metadata document"):
            clients.put_document(c, kept)

    database.run(work, writes=True)


def test_removing_a_client_ends_what_it_was_granted(database: Database):
    def work(c: Connection) -> None:
        user = account_id(c)
        for client in (PLAIN, FULL):
            clients.add(c, client)
            scopes, ticket = frozenset({"a"}), client.id.encode()
            approve(c, Approval(user, client.id, scopes, "r", "https://a.example", None, ticket), now=1.0, lifetime=9.0)
            consents.remember(c, user, client.id.encode(), client.id, scopes, 1.0)
        assert clients.remove(c, "c_1", now=5.0)
        assert not clients.remove(c, "c_1", now=6.0)

        rows = c.execute(select(grants.c.client_id, grants.c.revoked_at, grants.c.revoked_because))
        assert {tuple(row) for row in rows} == {("c_1", 5.0, "client_removed"), ("c_2", None, None)}
        assert consents.allowed(c, user, b"c_1") == frozenset()
        assert consents.allowed(c, user, b"c_2") == {"a"}
        assert clients.listed(c) == [FULL]

    database.run(work, writes=True)


def test_a_consent_is_remembered_for_what_the_user_saw(database: Database):
    def work(c: Connection) -> None:
        user = account_id(c)
        consents.remember(c, user, b"key", "c_1", {"b", "a"}, 1.0)
        assert consents.allowed(c, user, b"key") == {"a", "b"}
        assert consents.allowed(c, user, b"other") == frozenset()
        assert consents.allowed(c, "u_0", b"key") == frozenset()

        consents.remember(c, user, b"key", "c_1", ["c"], 2.0)
        assert consents.allowed(c, user, b"key") == {"c"}

    database.run(work, writes=True)


def test_a_consent_that_is_withdrawn_is_asked_for_again(database: Database):
    def work(c: Connection) -> None:
        user = account_id(c)
        consents.remember(c, user, b"one", "c_1", ["a"], 1.0)
        consents.remember(c, user, b"two", "c_1", ["a"], 1.0)
        consents.remember(c, user, b"three", "c_2", ["a"], 1.0)
        assert consents.withdraw(c, user, "c_1")
        assert not consents.withdraw(c, user, "c_1")
        assert [consents.allowed(c, user, key) for key in (b"one", b"two", b"three")] == [set(), set(), {"a"}]

    database.run(work, writes=True)


async def test_an_assertion_is_used_once_however_many_try(database: Database):
    use = partial(assertions.use, client_id="c_1", jti="j", expires_at=9.0)

    assert sorted(await asyncio.gather(*(database.write(use) for _ in range(20)))) == [False] * 19 + [True]


def test_assertions_of_different_clients_are_different(database: Database):
    def work(c: Connection) -> None:
        assert assertions.use(c, "c_1", "1", 9.0)
        assert assertions.use(c, "c_11", "", 9.0)
        assert assertions.use(c, "c_2", "1", 9.0)
        assert not assertions.use(c, "c_1", "1", 99.0)

    database.run(work, writes=True)
