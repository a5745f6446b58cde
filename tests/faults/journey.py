"""People with browsers, and client programs, at a served plugin: every step is checked against the model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from plugwright import Identity
from plugwright.store import accounts
from plugwright.store.database import Database
from plugwright.store.sweep import sweep
from tests.auth.server.flows import (
    Browser,
    Client,
    Form,
    Pkce,
    Reply,
    Site,
    authorization,
    call,
    form_to,
    pkce,
    register,
)
from tests.faults import stored
from tests.faults.model import (
    ACCESS_TTL,
    CODE_TTL,
    GRANT_TTL,
    REFRESH_TTL,
    Access,
    Credential,
    Family,
    TokenRequest,
    User,
    World,
    judge,
)

TICKET_TTL = 600.0
SESSION_TTL = 12 * 3600.0
CONFIDENTIAL = "client_secret_post"
_MANY_TRIES = 4  # wrong passwords in a row, after which a right one may have to wait


@dataclass(frozen=True)
class Asked:
    """An authorization request that a client made."""

    client: Client
    scopes: frozenset[str]
    resource: str
    pair: Pkce


@dataclass
class Page:
    """A page in a browser: the form, what it is for, and the cookie that it is bound to."""

    asked: Asked
    form: Form
    bound_to: str | None
    until: float
    is_used: bool = False


@dataclass
class Person:
    """A browser with whoever sits before it."""

    browser: Browser
    session: tuple[User, float] | None = None
    sign_in_page: Page | None = None
    consent_page: Page | None = None

    def user(self, now: float) -> User | None:
        """Who is signed in."""
        return self.session[0] if self.session and self.session[1] > now else None

    def cookie(self, name: str) -> str | None:
        """The value of one of the plugin's cookies."""
        return self.browser.cookies.get(f"plugwright-{name}")


class Journey:
    """One sequence of steps at one plugin; ``tally`` counts what happened."""

    def __init__(
        self, site: Site, world: World, persons: Sequence[Person], program: Browser, tally: Counter[str]
    ) -> None:
        self.site = site
        self.program = program
        self.world = world
        self.persons = persons
        self.tally = tally
        self.wrong_tries = 0

    @property
    def now(self) -> float:
        return self.site.clock()

    @property
    def database(self) -> Database:
        service = self.site.app.auth
        assert service is not None
        assert service.database is not None
        return service.database

    def compare(self) -> None:
        """The invariants that hold at any time."""
        self.database.run(partial(stored.compare, world=self.world), writes=False)

    async def register(self, *, is_confidential: bool) -> None:
        method = CONFIDENTIAL if is_confidential else "none"
        client = await register(self.program, token_endpoint_auth_method=method)
        self.world.clients.append(client)
        self.world.registered_at[client.id] = self.now

    async def authorize(self, person: Person, client: Client, scopes: frozenset[str], *, is_alias: bool) -> None:
        resource = self.site.url if is_alias else self.site.resource
        asked = Asked(client, scopes, resource, pkce())
        given = authorization(client, asked.pair.challenge, scope=" ".join(sorted(scopes)), resource=resource)
        self._arrive(person, asked, await person.browser.get("/oauth/authorize", params=given))

    def _arrive(self, person: Person, asked: Asked, reply: Reply) -> None:
        """At what answers an authorization request: sign-in, consent, or a code for what was allowed before."""
        user = person.user(self.now)
        until = self.now + TICKET_TTL
        if user is None:
            form = form_to(reply, "/oauth/sign-in")
            person.sign_in_page = Page(asked, form, person.cookie("browser"), until)
        elif asked.scopes <= self.world.remembered.get(_consent(user, asked), frozenset()):
            self._approved(user, asked, asked.scopes, reply)
            self.tally["codes for what was allowed before"] += 1
        else:
            assert reply.status == 200, reply.text
            form = form_to(reply, "/oauth/consent")
            person.consent_page = Page(asked, form, person.cookie("session"), until)

    async def sign_in(self, person: Person, user: User, *, is_right: bool) -> None:
        page = person.sign_in_page
        assert page is not None
        password = user.password if is_right else f"not {user.password}"
        is_usable = page.bound_to == person.cookie("browser") and page.until >= self.now
        reply = await person.browser.submit(page.form, ("username", user.name), ("password", password))
        if reply.status == 303:
            assert is_usable
            assert is_right
            assert not user.is_disabled
            user.account_id = user.account_id or self._account_id(user)
            person.session = (user, self.now + SESSION_TTL)
            self.wrong_tries = 0
            self._arrive(person, page.asked, await person.browser.get(reply.location))
            return
        may_wait = self.wrong_tries >= _MANY_TRIES
        assert not (is_usable and is_right and not user.is_disabled) or may_wait, reply.text
        self.wrong_tries += 1

    async def consent(self, person: Person, unselected: frozenset[str], *, is_allowed: bool) -> None:
        page = person.consent_page
        assert page is not None
        user = person.user(self.now)
        is_usable = user is not None and page.bound_to == person.cookie("session") and page.until >= self.now
        scopes = page.asked.scopes - unselected
        form = Form(page.form.action, [pair for pair in page.form.fields if pair[0] != "scope"])
        chosen = [("scope", scope) for scope in sorted(scopes)]
        reply = await person.browser.submit(form, ("decision", "allow" if is_allowed else "deny"), *chosen)
        if user is not None and is_usable and is_allowed and scopes and not page.is_used:
            page.is_used = True
            self.world.remembered[_consent(user, page.asked)] = scopes
            self._approved(user, page.asked, scopes, reply)
            return
        if is_usable and not (is_allowed and scopes):
            assert reply.answer["error"] == "access_denied"
        else:
            assert reply.status >= 400, "a consent that cannot be used was accepted"
            assert "Location" not in reply.headers

    def _approved(self, user: User, asked: Asked, scopes: frozenset[str], reply: Reply) -> None:
        assert reply.status == 303, reply.text
        code = reply.answer["code"]
        self.world.families.append(
            Family(
                grant_id=self.database.run(partial(stored.grant_of, code=code), writes=False),
                client=asked.client,
                user=user,
                scopes=scopes,
                resource=asked.resource,
                pair=asked.pair,
                code=Credential(code, self.now + CODE_TTL),
                ends_at=self.now + GRANT_TTL,
            )
        )

    async def request_tokens(self, given: dict[str, str], request: TokenRequest) -> None:
        """Make a token request; the answer is what the model says."""
        expected = judge(request, self.now)
        reply = await self.program.post("/oauth/token", given | request.client.proof)
        self.tally[f"{given['grant_type']}: {expected}"] += 1
        assert (reply.status == 200) == (expected != "refuse"), f"{expected}, but: {reply.text}"
        if expected == "repeat":
            assert reply.text == request.credential.answer
        elif expected == "issue":
            self._issued(request, reply)

    def _issued(self, request: TokenRequest, reply: Reply) -> None:
        family, credential = request.family, request.credential
        answer = reply.json()
        assert answer["scope"] == " ".join(sorted(request.scopes))
        credential.used_at, credential.used_by, credential.answer = self.now, request.identity, reply.text
        valid_for = max(1.0, min(ACCESS_TTL, family.ends_at - self.now))
        family.accesses.append(Access(answer["access_token"], request.scopes, self.now + valid_for))
        expires_at = min(self.now + REFRESH_TTL, family.ends_at)
        family.refreshes.append(Credential(answer["refresh_token"], expires_at))

    async def call(self, family: Family, access: Access, *, writes: bool) -> None:
        if writes:
            headers = {"Authorization": f"Bearer {access.token}"}
            reply = await self.program.request("POST", "/add-note", json={"text": "a"}, headers=headers)
        else:
            reply = await call(self.program, access.token)
        scope = "notes:write" if writes else "notes:read"
        allowed = 200 if scope in access.scopes else 403
        expected = allowed if family.accepts(access, self.now) else 401
        self.tally[f"calls answered {expected}"] += 1
        assert reply.status == expected, reply.text
        assert expected != 200 or str(family.user.account_id) in reply.text

    async def revoke_refresh(self, family: Family, refresh: Credential, client: Client) -> None:
        await self._revoke(refresh.text, client)
        if client == family.client and not refresh.is_gone and not family.is_gone:
            family.revoke(self.now)

    async def revoke_access(self, family: Family, access: Access, client: Client) -> None:
        await self._revoke(access.token, client)
        if client == family.client:
            access.is_revoked = True

    async def _revoke(self, token: str, client: Client) -> None:
        reply = await self.program.post("/oauth/revoke", {"token": token, **client.proof})
        assert reply.status == 200, reply.text

    def change_password(self, user: User) -> None:
        """As the operator does, in another process: it takes a second to be known everywhere."""
        user.password += "!"
        if user.account_id is not None:
            account_id, now = user.account_id, self.now
            self.database.run(lambda c: accounts.change_password(c, account_id, "no hash", now=now), writes=True)
            self._locked_out(user)

    def disable(self, user: User) -> None:
        if user.account_id is not None and not user.is_disabled:
            self.database.run(partial(accounts.disable, account_id=user.account_id, now=self.now), writes=True)
            user.is_disabled = True
            self._locked_out(user)

    def enable(self, user: User) -> None:
        if user.account_id is not None:
            self.database.run(partial(accounts.enable, account_id=user.account_id), writes=True)
            user.is_disabled = False

    def sweep(self) -> None:
        """What a server does every minute."""
        self.database.run(partial(sweep, now=self.now), writes=True)
        self.world.sweep(self.now)

    def _locked_out(self, user: User) -> None:
        self.world.revoke_user(user, self.now)
        for person in self.persons:
            if person.session is not None and person.session[0] is user:
                person.session = None
        self.site.clock.advance(1)

    def _account_id(self, user: User) -> str:
        found = self.database.run(partial(accounts.find, provider="author", name=user.name), writes=False)
        assert found is not None
        return found.id


def authenticating(users: Sequence[User]) -> Any:
    """The author's function that knows these users."""

    async def authenticate(username: str, password: str) -> Identity | None:
        known = [user for user in users if (user.name, user.password) == (username, password)]
        return Identity(known[0].name, known[0].name) if known else None

    return authenticate


def _consent(user: User, asked: Asked) -> tuple[object, ...]:
    return (user.name, asked.client.id, asked.resource)
