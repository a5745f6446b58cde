"""Access tokens without the way to them: a signed-in user, written into the database as the endpoints would."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, insert, update

from plugwright.settings import Settings
from plugwright.store.database import Database
from plugwright.store.secret_values import digest, new_id, new_secret
from plugwright.store.tables import access_tokens, accounts, grants

URL = "http://127.0.0.1:8000"
METADATA = f'resource_metadata="{URL}/.well-known/oauth-protected-resource/mcp"'


@dataclass(frozen=True)
class SignedIn:
    """A user who signed in, and the header of their calls."""

    account_id: str
    client_id: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a call."""
        return {"authorization": f"Bearer {self.token}"}


def settings_in(folder: Path, **given: object) -> Settings:
    """Settings with a database of their own."""
    usual: dict[str, object] = {"public_url": URL, "database_url": f"sqlite:///{folder / 'auth.db'}"}
    return Settings(**(usual | given))  # pyright: ignore[reportArgumentType] the model validates


def sign_in(
    settings: Settings, scopes: Sequence[str], *, resource: str = f"{URL}/mcp", expires_in: float = 3600
) -> SignedIn:
    """A new user, and a token with these scopes; the tables must be there."""
    found = SignedIn(new_id("u"), new_id("c"), new_secret("pw_at"))
    now, grant_id = time.time(), new_id("g")

    def write(c: Connection) -> None:
        account = {"id": found.account_id, "provider": "password", "name_at_provider": found.account_id}
        c.execute(insert(accounts).values(**account, display_name="Ann", is_demo=False, created_at=now))
        c.execute(
            insert(grants).values(
                id=grant_id,
                account_id=found.account_id,
                client_id=found.client_id,
                scopes=sorted(scopes),
                resource=resource,
                created_at=now,
                ends_at=now + 86_400,
            )
        )
        c.execute(
            insert(access_tokens).values(
                digest=digest(found.token),
                grant_id=grant_id,
                scopes=sorted(scopes),
                issued_at=now,
                expires_at=now + expires_in,
            )
        )

    _run(settings, write)
    return found


def revoke(settings: Settings, user: SignedIn) -> None:
    """Revoke the user's token, as another process would."""
    _run(
        settings,
        lambda c: c.execute(
            update(access_tokens).where(access_tokens.c.digest == digest(user.token)).values(revoked_at=time.time())
        ),
    )


def _run(settings: Settings, work: Callable[[Connection], object]) -> None:
    database = Database(settings.database_url.get_secret_value())
    try:
        database.run(work, writes=True)
    finally:
        database.close()
