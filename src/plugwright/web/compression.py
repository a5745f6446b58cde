"""Compression of replies: which are worth it, where it is done, and the forms that are kept.

What has secrets next to what a stranger may choose must not be compressed (BREACH). A stranger can only make a browser
call in a user's name where a cookie proves who calls; that is so for the pages of sign-in alone, which never come here.
"""

import asyncio
import sys
from collections.abc import Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from plugwright.web.asgi import Headers
from plugwright.web.codings import Coding, wanted_coding

SHORT: Final = 1024  # bytes: a body up to this is sent as it is
NEVER: Final = sys.maxsize  # the same where nothing is compressed
VARY: Final = (b"vary", b"Accept-Encoding")

_ON_LOOP: Final = 64 * 1024  # bytes that the event loop compresses itself, in about a millisecond
_THREADS: Final = 2
_MOST_WAITING: Final = 16  # bodies in those threads and before them; another is sent as it is
_TEXTS: Final = frozenset({"application/json", "application/yaml", "image/svg+xml"})

Forms = MutableMapping[bytes, "bytes | asyncio.Future[bytes]"]
"""The compressed forms of one body by the coding's name: made, or being made."""


class Compressor:
    """Compresses bodies: small ones at once, large ones and those made for keeps in threads of its own."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="plugwright-compression")
        self._room = _MOST_WAITING
        self._is_open = True

    def close(self) -> None:
        """Compress nothing large any more."""
        self._is_open = False
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def reply(
        self, body: bytes, accept_encoding: bytes | None, forms: Forms | None = None
    ) -> tuple[Coding, bytes] | None:
        """A reply's coding and compressed form, which ``forms`` keeps; nothing where it is sent as it is."""
        coding = wanted_coding(accept_encoding)
        if coding is None:
            return None
        if len(body) > _ON_LOOP:
            coded = await self._in_thread(coding.name, partial(coding.fast, body), {} if forms is None else forms)
            return None if coded is None else (coding, coded)
        kept = None if forms is None else forms.get(coding.name)
        if isinstance(kept, bytes):
            return coding, kept
        coded = coding.fast(body)
        if forms is not None:
            forms[coding.name] = coded
        return coding, coded

    async def document(self, body: bytes, accept_encoding: bytes | None, forms: Forms) -> tuple[Coding, bytes] | None:
        """The same of what is sent often and never changes: smaller, and made once."""
        coding = wanted_coding(accept_encoding)
        if coding is None:
            return None
        coded = await self._in_thread(coding.name, partial(coding.dense, body), forms)
        return None if coded is None else (coding, coded)

    async def _in_thread(self, name: bytes, encode: Callable[[], bytes], forms: Forms) -> bytes | None:
        """A form that a thread makes, once for all who need it meanwhile; nothing where there is no room."""
        form = forms.get(name)
        if isinstance(form, bytes):
            return form
        if form is None:
            if self._room <= 0 or not self._is_open:
                return None
            self._room -= 1
            form = asyncio.get_running_loop().run_in_executor(self._threads, encode)
            forms[name] = form
            form.add_done_callback(partial(self._made, name, forms))
        await asyncio.wait((form,))  # which leaves it alone when whoever waits leaves
        return None if form.cancelled() or form.exception() is not None else form.result()

    def _made(self, name: bytes, forms: Forms, form: "asyncio.Future[bytes]") -> None:
        self._room += 1
        if form.cancelled() or form.exception() is not None:
            del forms[name]
        else:
            forms[name] = form.result()


def coded_headers(coding: Coding) -> Headers:
    """What a compressed reply says besides its length."""
    return [(b"content-encoding", coding.name), VARY]


def coded_etag(etag: bytes, coding: Coding) -> bytes:
    """The strong ETag of a compressed form: other bytes have another (RFC 9110 §8.8.3.3)."""
    return etag[:-1] + b"-" + coding.name + b'"'


def is_text(media_type: str) -> bool:
    """Whether a type is worth compressing: pictures and fonts are compressed already."""
    kind = media_type.partition(";")[0].strip()
    return kind.startswith("text/") or kind in _TEXTS
