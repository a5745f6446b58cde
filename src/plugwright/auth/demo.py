"""The demo account: in development somebody can sign in before any account was added. Never in production."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import digest as hmac_digest

from pydantic import SecretStr
from sqlalchemy import Connection

from plugwright.auth.passwords import Passwords
from plugwright.store import accounts
from plugwright.store.accounts import PASSWORD, NameTaken
from plugwright.store.database import Database

USERNAME = "demo"
_DISPLAY_NAME = "Demo"
_LABEL = b"plugwright demo password"
_PASSWORD_LENGTH = 16  # hexadecimal digits: 64 bits, behind a throttle


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """How to sign in."""

    username: str
    password: SecretStr


async def ensure_demo_account(
    database: Database, passwords: Passwords, secret_text: str | None, *, now: Callable[[], float]
) -> DemoAccount | None:
    """Make sure that there is the demo account, and say how to sign in with it.

    Its password follows from the secret, so that every process and every start of a plugin gives the same one, and
    plugins with different secrets different ones. Without a secret it is another one at every start: what everybody
    could work out would be open to everybody whom a tunnel lets in. Who is signed in stays so.

    Returns:
        Nothing where somebody's real account has this name, or the demo account was disabled.
    """
    demo = DemoAccount(USERNAME, _password(secret_text))
    found = await database.read(lambda c: (accounts.find(c, PASSWORD, USERNAME), accounts.password_of(c, USERNAME)))
    account, with_password = found
    if account is not None and (not account.is_demo or account.is_disabled):
        return None
    if with_password is not None and await passwords.verify(with_password[1], demo.password):
        return demo
    hashed = await passwords.hash(demo.password)
    return demo if await database.write(lambda c: _put(c, hashed, now())) else None


def demo_problems(c: Connection) -> Sequence[str]:
    """What keeps a plugin from starting in production: that the demo account can be used."""
    account = accounts.find(c, PASSWORD, USERNAME)
    if account is None or not account.is_demo or account.is_disabled:
        return ()
    return (f"the demo account is in the database; run: plugwright users disable {USERNAME}",)


def _put(c: Connection, password_hash: str, now: float) -> bool:
    try:
        accounts.add(
            c,
            provider=PASSWORD,
            name=USERNAME,
            display_name=_DISPLAY_NAME,
            password_hash=password_hash,
            now=now,
            is_demo=True,
        )
    except NameTaken:
        account = accounts.find(c, PASSWORD, USERNAME)
        return account is not None and account.is_demo and accounts.set_password(c, account.id, password_hash)
    return True


def _password(secret_text: str | None) -> SecretStr:
    key = secret_text or secrets.token_hex()
    return SecretStr(hmac_digest(key.encode(), _LABEL, sha256).hex()[:_PASSWORD_LENGTH])
