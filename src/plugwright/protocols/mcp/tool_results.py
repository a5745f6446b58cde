"""The results of tool calls that went well: envelopes around the JSON of their answers."""

from collections.abc import Callable
from json.encoder import encode_basestring as quoted

from pydantic_core import from_json, to_json

from plugwright.operations.operation import Operation
from plugwright.operations.untrusted import NOTICE
from plugwright.protocols.mcp.blocks import block_for
from plugwright.protocols.mcp.results import Results
from plugwright.protocols.mcp.revisions import Revision

Split = Callable[[bytes], tuple[bytes, ...]]
"""The JSON of an answer as pieces of a result, to be joined once."""

_TEXT = b'[{"type":"text","text":'
# In a block of its own, which no text before it can forge, and after it, so that it is read last.
_UNTRUSTED = b'},{"type":"text","text":%b}]' % to_json(NOTICE)


def modern_result(operation: Operation, results: Results) -> Callable[[bytes], bytes]:
    """How an answer becomes a result of the modern era."""
    tail = b',"isError":false,' + results.modern_tail + b"}"
    content = _content_of(operation)
    structured = _structured_of(operation)

    def modern(body: bytes) -> bytes:
        return b"".join((b'{"resultType":"complete","content":', *content(body), *structured(body), tail))

    return modern


def legacy_result(operation: Operation) -> Callable[[bytes, Revision], bytes]:
    """How an answer becomes a result of a handshake revision."""
    content = _content_of(operation)
    structured = _structured_of(operation)

    def legacy(body: bytes, revision: Revision) -> bytes:
        if operation.output.is_blocks and not revision.has_all_blocks:
            body = to_json([block_for(block, revision) for block in from_json(body)])
        extra = structured(body) if revision.has_structured else ()
        return b"".join((b'{"content":', *content(body), *extra, b',"isError":false}'))

    return legacy


def _content_of(operation: Operation) -> Split:
    output = operation.output
    if output.is_blocks:
        return lambda body: (body,)
    if output.is_nothing:
        return lambda body: (b'[{"type":"text","text":"Done."}]',)  # noqa: ARG005 the body is null
    end = _UNTRUSTED if output.is_untrusted else b"}]"
    if output.is_text:
        # A text is its own JSON string: the model reads it without quotes around it.
        return lambda body: (_TEXT, body, end)
    return lambda body: (_TEXT, quoted(body.decode()).encode(), end)


def _structured_of(operation: Operation) -> Split:
    output = operation.output
    if output.is_blocks or output.is_nothing:
        return lambda body: ()  # noqa: ARG005 such an answer has no structure
    if output.is_object:
        return lambda body: (b',"structuredContent":', body)
    return lambda body: (b',"structuredContent":{"result":', body, b"}")
