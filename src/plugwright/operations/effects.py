"""What an operation does to the world, and what each protocol makes of it."""

from dataclasses import dataclass
from typing import Literal

Effect = Literal["read", "write", "destroy"]


@dataclass(frozen=True, slots=True)
class EffectRules:
    """How the protocols state one effect.

    The hints are MCP's tool annotations; ``is_consequential`` is ``x-openai-isConsequential`` of GPT Actions:
    ChatGPT asks the person before each such call.
    """

    method: str
    read_only: bool
    destructive: bool
    idempotent: bool
    is_consequential: bool


EFFECTS: dict[str, EffectRules] = {
    "read": EffectRules("GET", read_only=True, destructive=False, idempotent=True, is_consequential=False),
    "write": EffectRules("POST", read_only=False, destructive=False, idempotent=False, is_consequential=True),
    "destroy": EffectRules("DELETE", read_only=False, destructive=True, idempotent=True, is_consequential=True),
}
