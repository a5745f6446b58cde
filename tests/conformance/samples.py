"""The smallest picture and the smallest sound."""

from __future__ import annotations

import base64
import io
import wave
from pathlib import Path
from typing import Final

LOGO: Final = Path(__file__).parents[2] / "examples/weather/assets/logo.png"

PIXEL: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
)


def silence() -> bytes:
    """A WAV file of one silent sample."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\x00\x00")
    return buffer.getvalue()
