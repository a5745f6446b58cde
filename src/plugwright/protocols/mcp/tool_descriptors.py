"""Operations as MCP tool descriptors, in the shape of each revision."""

from typing import Any

from plugwright.operations.access import Access
from plugwright.operations.operation import Operation
from plugwright.operations.schemas import Schema
from plugwright.protocols.mcp.revisions import Revision


def tool_descriptor(operation: Operation, revision: Revision) -> dict[str, Any]:
    """One entry of ``tools/list``."""
    entry: dict[str, Any] = {"name": operation.name}
    if revision.has_titles:
        entry["title"] = operation.title
    entry["description"] = operation.description
    entry["inputSchema"] = operation.input_schema
    schema = structured_schema(operation)
    if revision.has_structured and schema is not None:
        entry["outputSchema"] = schema
    if revision.has_annotations:
        annotations: dict[str, Any] = {
            "readOnlyHint": operation.read_only,
            "destructiveHint": operation.destructive,
            "idempotentHint": operation.idempotent,
            "openWorldHint": operation.open_world,
        }
        if not revision.has_titles:
            annotations["title"] = operation.title
        entry["annotations"] = annotations
    schemes = security_schemes(operation.access)
    if schemes:
        entry["securitySchemes"] = schemes
    meta = _meta(operation)
    if meta:
        entry["_meta"] = meta
    return entry


def security_schemes(access: Access) -> list[dict[str, Any]]:
    """How ChatGPT has to be signed in to call the tool; empty where that cannot be said.

    It knows ``noauth`` and ``oauth2``; both mean that sign-in is optional. A key is none of them.
    """
    schemes: list[dict[str, Any]] = [{"type": "noauth"}] if access.is_public else []
    if access.sign_in == "oauth" and access.scopes:
        schemes.append({"type": "oauth2", "scopes": list(access.scopes)})
    return schemes


def structured_schema(operation: Operation) -> Schema | None:
    """The schema of ``structuredContent``: an object always, as ChatGPT and the handshake revisions want it."""
    schema = operation.output.schema
    if schema is None:
        return None
    if operation.output.is_object:
        return schema if "type" in schema else {"type": "object", **schema}
    inner = {key: value for key, value in schema.items() if key != "$defs"}
    wrapped: Schema = {"type": "object", "properties": {"result": inner}, "required": ["result"]}
    if "$defs" in schema:
        wrapped["$defs"] = schema["$defs"]
    return wrapped


def _meta(operation: Operation) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    if schemes := security_schemes(operation.access):
        meta["securitySchemes"] = schemes  # for clients that drop fields they do not know
    if operation.widget is not None:
        meta |= operation.widget.tool_meta()
    if operation.invoking is not None:
        meta["openai/toolInvocation/invoking"] = operation.invoking
    if operation.invoked is not None:
        meta["openai/toolInvocation/invoked"] = operation.invoked
    return meta
