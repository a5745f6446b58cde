"""Clients by their id: those in the database, and those that are the URL of a metadata document."""

from collections.abc import Callable
from functools import partial

from plugwright.auth.server.client_documents import ClientDocument, ClientDocuments
from plugwright.store import clients
from plugwright.store.clients import Client
from plugwright.store.database import Database

_GRANTS = ("authorization_code", "refresh_token")


class ClientRegistry:
    """Finds clients. What a client may do is data on it, wherever it comes from."""

    def __init__(self, database: Database, documents: ClientDocuments | None, now: Callable[[], float]) -> None:
        self._database = database
        self._documents = documents
        self._now = now

    async def find(self, client_id: str) -> Client | None:
        """A client for an authorization request; its document is read anew where it is one.

        A registered client wins over a document of the same id. The client of a document that nobody has allowed
        anything is not stored, or whoever has a web server could fill the database.

        Raises:
            DocumentRefused: the id is the URL of a document that is against the rules.
            Unavailable: the document cannot be had now.
        """
        client = await self._database.read(partial(clients.find, client_id=client_id))
        if client is not None and client.source != "document":
            return client
        if self._documents is None or not self._documents.handles(client_id):
            return None
        document = await self._documents.load(client_id)
        if client is not None and client.document_digest == document.digest:
            return client
        found = _client_of(document, self._now())
        if client is not None:
            await self._database.write(partial(clients.put_document, client=found))
        return found


def _client_of(document: ClientDocument, now: float) -> Client:
    return Client(
        id=document.client_id,
        source="document",
        name=document.client_name,
        uri=document.client_uri,
        auth_method=document.auth_method,
        jwks=document.jwks,
        jwks_uri=document.jwks_uri,
        signing_alg=document.signing_alg,
        redirect_uris=document.redirect_uris,
        grant_types=_GRANTS,
        document_digest=document.digest,
        created_at=now,
    )
