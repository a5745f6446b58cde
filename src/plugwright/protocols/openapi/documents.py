"""The OpenAPI documents as they are served: 3.1 as JSON, 3.0.1 as YAML, and the other version of each on request."""

from collections.abc import Sequence
from typing import Any

import yaml
from pydantic_core import to_json

from plugwright.auth.kinds import Auth
from plugwright.operations.identity import Identity
from plugwright.operations.operation import Operation
from plugwright.protocols.openapi.document import openapi, openapi_30
from plugwright.web.documents import Document

_JSON = "application/json"
_YAML = "application/yaml"


def openapi_documents(
    identity: Identity, operations: Sequence[Operation], public_url: str, auth: Auth = None
) -> dict[str, Document]:
    """Documents by path; old clients read YAML and know 3.0 only, so that is what YAML defaults to."""
    current = openapi(identity, operations, public_url, auth)
    old = openapi_30(current)
    return {
        "/openapi.json": _versions(_json(current), "3.0", _json(old), _JSON),
        "/openapi.yaml": _versions(_yaml(old), "3.1", _yaml(current), _YAML),
    }


def _versions(usual: bytes, version: str, other: bytes, media_type: str) -> Document:
    return Document(usual, media_type, variants={b"version=" + version.encode(): other})


def _json(document: dict[str, Any]) -> bytes:
    return to_json(document, indent=2)


_SafeDumper: type[yaml.SafeDumper] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # in C where libyaml is


class _Dumper(_SafeDumper):
    """Without anchors and aliases, which some readers of OpenAPI do not resolve."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 the base class calls it with the data
        return True


def _yaml(document: dict[str, Any]) -> bytes:
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110).encode()
