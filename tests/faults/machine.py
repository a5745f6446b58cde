"""Random sequences of everything that people, clients and operators do, checked against the model after each step."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Final, TypeVar

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.auth.server.flows import Client, Clock, notes_plugin, serving
from tests.faults.givens import ALL_SCOPES, GIVEN, Which
from tests.faults.journey import Journey, Person, authenticating
from tests.faults.model import Credential, Family, TokenRequest, User, World

NewDatabase = Callable[[], AbstractContextManager[str]]
"""The URL of a new database with the present tables, for as long as a block runs."""

ItemT = TypeVar("ItemT")
OTHER_VERIFIER: Final = "w" * 43


def pick(items: Sequence[ItemT], which: int) -> ItemT:
    """One of several, counted from the last."""
    return items[-1 - which % len(items)]


def one_of(families: Sequence[Family], which: Which, is_useful: Callable[[Family], bool]) -> Family:
    """One of several families; mostly one that is good for something, if there is any."""
    is_any, number = which
    useful = [family for family in families if is_useful(family)]
    return pick(families if is_any or not useful else useful, number)


class SignInMachine(RuleBasedStateMachine):
    """The steps. A run makes a class of it, with its databases and its tally."""

    tally: Counter[str]

    @staticmethod
    def new_database() -> AbstractContextManager[str]:
        """A database for one sequence."""
        raise NotImplementedError

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.opened = contextlib.AsyncExitStack()
        self.tally["sequences"] += 1
        self.journey = self.do(self._open())

    def do(self, work: Coroutine[Any, Any, ItemT]) -> ItemT:
        return self.loop.run_until_complete(work)

    async def _open(self) -> Journey:
        users = [User("ada", "one"), User("bob", "two")]
        url = self.opened.enter_context(self.new_database())
        plugin = notes_plugin(authenticate=authenticating(users))
        site = await self.opened.enter_async_context(serving(url, plugin, clock=Clock()))
        browsers = [await self.opened.enter_async_context(site.browser()) for _ in range(3)]
        persons = [Person(browser) for browser in browsers[:2]]
        return Journey(site, World(users), persons, browsers[2], self.tally)

    def teardown(self) -> None:
        self.do(self.opened.aclose())
        self.do(self.loop.shutdown_default_executor())
        self.loop.close()

    @invariant()
    def the_database_holds_what_people_allowed(self) -> None:
        self.journey.compare()

    @initialize()
    def two_users_allow_two_clients(self) -> None:
        """Some sequences never sign anybody in; these have something to use all the same."""
        for which in range(2):
            self.do(self.journey.register(is_confidential=which == 0))
            self._walk(self.journey.persons[which], self.world.clients[-1], ALL_SCOPES, self.world.users[which])
            self._exchange(self.world.families[-1], "right", 0)

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """One step. A single rule chooses, for Hypothesis would leave rules out of whole sequences."""
        name = data.draw(st.sampled_from(self._possible()))
        getattr(self, name)(**data.draw(GIVEN[name], label=name))

    def _possible(self) -> list[str]:
        """The steps that can be done now, the more interesting ones several times."""
        world = self.world
        weights = {
            "walk": 2 if world.clients else 0,
            "authorize": 1 if world.clients else 0,
            "sign_in": 2 if self.has_page("sign_in_page") else 0,
            "consent": 2 if self.has_page("consent_page") else 0,
            "exchange": 3 if world.families else 0,
            "refresh": 5 if world.used else 0,
            "call": 4 if world.used else 0,
            "revoke": 1 if world.used else 0,
            "manage": 1,
            "advance": 2,
        }
        return [name for name, weight in weights.items() for _ in range(weight)]

    def authorize(self, person: int, client: int, scopes: frozenset[str], is_alias: bool) -> None:
        self._count("authorize")
        chosen = pick(self.world.clients, client)
        self.do(self.journey.authorize(pick(self.journey.persons, person), chosen, scopes, is_alias=is_alias))

    def walk(self, person: int, client: int, scopes: frozenset[str], user: int, unselected: frozenset[str]) -> None:
        """The whole way, as random steps alone seldom find it."""
        self._walk(
            pick(self.journey.persons, person),
            pick(self.world.clients, client),
            scopes,
            pick(self.world.users, user),
            unselected,
        )

    def _walk(
        self, who: Person, client: Client, scopes: frozenset[str], user: User, unselected: frozenset[str] = frozenset()
    ) -> None:
        who.sign_in_page = who.consent_page = None
        self._count("authorize")
        self.do(self.journey.authorize(who, client, scopes, is_alias=False))
        if who.sign_in_page is not None:
            self._count("sign in")
            self.do(self.journey.sign_in(who, user, is_right=True))
            who.sign_in_page = None
        if who.consent_page is not None:
            self._count("consent")
            self.do(self.journey.consent(who, unselected, is_allowed=True))
            who.consent_page = None

    def sign_in(self, user: int, is_right: bool) -> None:
        self._count("sign in")
        person = next(person for person in self.journey.persons if person.sign_in_page)
        self.do(self.journey.sign_in(person, pick(self.world.users, user), is_right=is_right))
        person.sign_in_page = None

    def consent(self, unselected: frozenset[str], is_allowed: bool, is_kept: bool) -> None:
        self._count("consent")
        person = next(person for person in self.journey.persons if person.consent_page)
        self.do(self.journey.consent(person, unselected, is_allowed=is_allowed))
        if not is_kept:  # else the same form is sent again
            person.consent_page = None

    def exchange(self, family: Which, how: str, other: int, again: int | None) -> None:
        self._exchange(one_of(self.world.families, family, self._may_exchange), how, other, again)

    def _exchange(self, chosen: Family, how: str, other: int, again: int | None = None) -> None:
        self._count("exchange")
        given = {
            "grant_type": "authorization_code",
            "code": chosen.code.text,
            "code_verifier": chosen.pair.verifier,
            "redirect_uri": chosen.client.redirect_uri,
        }
        changes = {"verifier": {"code_verifier": OTHER_VERIFIER}, "redirect": {"redirect_uri": "https://o.example/"}}
        given |= changes.get(how, {})
        if how == "no redirect":
            del given["redirect_uri"]
        request = self._request(chosen, chosen.code, given, how, other)
        self._send(
            given, replace(request, scopes=chosen.scopes, is_right=request.is_right and how not in changes), again
        )

    def refresh(  # noqa: PLR0917 Hypothesis gives them by name
        self, family: Which, token: int, how: str, scopes: frozenset[str] | None, other: int, again: int | None
    ) -> None:
        self._count("refresh")
        chosen = one_of(self.world.used, family, self._may_refresh)
        credential = pick(chosen.refreshes, token)
        given = {"grant_type": "refresh_token", "refresh_token": credential.text}
        if scopes is not None:
            given["scope"] = " ".join(sorted(scopes))
        asked = chosen.scopes if scopes is None else scopes
        request = self._request(chosen, credential, given, how, other)
        self._send(given, replace(request, scopes=asked, is_right=request.is_right and asked <= chosen.scopes), again)

    def call(self, family: Which, token: int, writes: bool) -> None:
        self._count("call")
        chosen = one_of(self.world.used, family, self._may_refresh)
        self.do(self.journey.call(chosen, pick(chosen.accesses, token), writes=writes))

    def revoke(self, family: Which, token: int, client: int, is_refresh: bool, is_own: bool) -> None:
        self._count("revoke")
        chosen = one_of(self.world.used, family, self._may_refresh)
        by = chosen.client if is_own else pick(self.world.clients, client)
        if is_refresh:
            self.do(self.journey.revoke_refresh(chosen, pick(chosen.refreshes, token), by))
        else:
            self.do(self.journey.revoke_access(chosen, pick(chosen.accesses, token), by))

    def manage(self, which: int, what: str) -> None:
        self._count(what)
        journey = self.journey
        if what == "register":
            self.do(journey.register(is_confidential=which % 2 == 0))
        else:
            steps = {"password": journey.change_password, "disable": journey.disable, "enable": journey.enable}
            steps[what](pick(self.world.users, which))

    def advance(self, seconds: int, sweeps: bool) -> None:
        self._count("advance the clock")
        self.journey.site.clock.advance(seconds)
        if sweeps:
            self.journey.sweep()

    @property
    def world(self) -> World:
        return self.journey.world

    def has_page(self, name: str) -> bool:
        return any(getattr(person, name) for person in self.journey.persons)

    def _request(
        self, family: Family, credential: Credential, given: dict[str, str], how: str, other: int
    ) -> TokenRequest:
        client = pick(self.world.clients, other) if how == "client" else family.client
        if how == "resource":
            given["resource"] = (self.journey.site.resource, self.journey.site.url)[other % 2]
        is_right = client == family.client and given.get("resource") in {None, family.resource}
        return TokenRequest(family, credential, client, (client.id, *sorted(given.items())), family.scopes, is_right)

    def _send(self, given: dict[str, str], request: TokenRequest, again: int | None) -> None:
        """Send a token request, and perhaps the same once more, so many seconds later."""
        self.do(self.journey.request_tokens(given, request))
        if again is not None:
            self.journey.site.clock.advance(again)
            self._count("repeat a token request")
            self.do(self.journey.request_tokens(given, request))

    def _may_exchange(self, family: Family) -> bool:
        now = self.journey.now
        return family.is_live(now) and family.code.used_at is None and family.code.expires_at > now

    def _may_refresh(self, family: Family) -> bool:
        return family.is_live(self.journey.now) and family.refreshes[-1].expires_at > self.journey.now

    def _count(self, step: str) -> None:
        self.tally["steps"] += 1
        self.tally[f"steps: {step}"] += 1


def run_machine(
    new_database: NewDatabase, *, sequences: int, steps: int, number: int, shrinks: bool = False
) -> Counter[str]:
    """So many sequences of so many steps, the same for the same number; what was done.

    A sequence that fails is printed; with ``shrinks`` one that is as short as can be found, which takes minutes.
    """
    tally = Counter[str]()
    machine = type("SignIn", (SignInMachine,), {"new_database": staticmethod(new_database), "tally": tally})
    run_state_machine_as_test(
        seed(number)(machine),
        settings=settings(
            max_examples=sequences,
            stateful_step_count=steps,
            database=None,
            deadline=None,
            phases=(Phase.generate, Phase.shrink) if shrinks else (Phase.generate,),
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
        ),
    )
    return tally
