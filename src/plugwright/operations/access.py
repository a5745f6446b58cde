"""Who may call an operation: what its author says, checked against what the plugin's authentication allows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from plugwright.errors import SetupError

SignIn = Literal["none", "oauth", "key"]
"""How a caller proves who they are: not at all, with an OAuth access token, or with a key."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call one operation.

    ``is_public``: whoever likes. ``scopes`` are those that a caller needs who has signed in, all of them. Both
    together make sign-in optional: without a token that has the scopes the caller is nobody in particular.
    ``learns_caller``: optional also where no scope is needed.
    """

    sign_in: SignIn
    is_public: bool
    scopes: tuple[str, ...] = ()
    learns_caller: bool = False

    @property
    def is_open(self) -> bool:
        """Whether the operation never learns who calls."""
        return self.is_public and not self.scopes and not self.learns_caller


OPEN = Access("none", is_public=True)


@dataclass(frozen=True, slots=True)
class AccessRules:
    """What the operations of a plugin may say.

    ``scopes`` are those that exist. ``must_say``: an operation that says nothing is refused rather than protected.
    """

    sign_in: SignIn = "none"
    scopes: frozenset[str] = frozenset()
    must_say: bool = False


NO_SIGN_IN = AccessRules()


def compile_access(name: str, scopes: Sequence[str], *, public: bool | None, rules: AccessRules) -> Access:
    """Who may call the operation ``name``.

    Raises:
        SetupError: what its author says does not fit the plugin's authentication; the message names the mend.
    """
    _check_forms(name, scopes, public)
    if rules.sign_in == "none":
        _check_open(name, scopes, public)
        return OPEN
    for scope in scopes:
        if scope not in rules.scopes:
            raise SetupError(f"{name}: scope {scope!r} does not exist; {_known(rules)}")
    if rules.must_say and not scopes and not public:
        raise SetupError(
            f"{name}: say who may call it: scopes=[...] with scopes of the plugin's OAuth, or public=True for everybody"
        )
    return Access(rules.sign_in, bool(public), tuple(dict.fromkeys(scopes)))


def _check_forms(name: str, scopes: Sequence[str], public: bool | None) -> None:  # noqa: FBT001 what an author wrote
    if isinstance(scopes, str):
        raise SetupError(f"{name}: scopes must be a list, such as [{scopes!r}]")
    if public not in {None, True, False}:
        raise SetupError(f"{name}: public must be True or False")


def _check_open(name: str, scopes: Sequence[str], public: bool | None) -> None:  # noqa: FBT001 what an author wrote
    if scopes:
        raise SetupError(f"{name}: it has scopes, but the plugin has no sign-in; give Plugin auth=OAuth(...)")
    if public is False:
        raise SetupError(f"{name}: public=False, but the plugin has no sign-in; give Plugin an auth or leave it out")


def _known(rules: AccessRules) -> str:
    if not rules.scopes:
        return "this plugin's authentication knows no scopes; leave scopes out"
    return f"the plugin's authentication has {', '.join(sorted(rules.scopes))}"
