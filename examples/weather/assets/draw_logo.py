#!/usr/bin/env python3
"""Draws logo.png, the plugin's mark: a sun behind a cloud. Run it again after a change."""

import struct
import zlib
from collections.abc import Iterator
from math import atan2, cos, hypot, pi, sin, tau
from pathlib import Path

SIZE = 512
SKY_TOP, SKY_BOTTOM = (38, 118, 229), (122, 192, 255)
SUN, RAY, CLOUD, SHADE = (255, 205, 64), (255, 221, 120), (255, 255, 255), (214, 230, 248)
RAYS = 10

Colour = tuple[float, float, float]


def rounded_box(x: float, y: float, half_width: float, half_height: float, radius: float) -> float:
    """Distance to a box with round corners around the origin; negative inside."""
    dx, dy = abs(x) - half_width + radius, abs(y) - half_height + radius
    return hypot(max(dx, 0.0), max(dy, 0.0)) + min(max(dx, dy), 0.0) - radius


def ray(x: float, y: float) -> float:
    """Distance to the nearest of the sun's rays; the sun is at the origin."""
    step = tau / RAYS
    angle = (atan2(y, x) + pi / 2) % step
    turned = min(angle, step - angle)
    length = hypot(x, y)
    return rounded_box(length * cos(turned) - 133, length * sin(turned), 22, 8.5, 8.5)


def cloud(x: float, y: float) -> float:
    """Distance to the cloud: two puffs on a rounded base."""
    puffs = (hypot(x - 244, y - 296) - 80, hypot(x - 336, y - 322) - 58)
    return min(*puffs, rounded_box(x - 278, y - 348, 146, 52, 52))


def blend(under: Colour, over: Colour, share: float) -> Colour:
    """``over`` painted on ``under``, covering a share of it."""
    red, green, blue = (a + (b - a) * share for a, b in zip(under, over, strict=True))
    return red, green, blue


def cover(distance: float) -> float:
    """How much of a pixel lies inside a shape, from the distance of its middle to the edge."""
    return min(1.0, max(0.0, 0.5 - distance))


def pixel(x: float, y: float) -> Colour:
    """The colour at one point."""
    sky = blend(SKY_TOP, SKY_BOTTOM, (x + 2 * y) / (3 * SIZE))
    x, y = x + 34, y - 34  # to the middle
    sun_x, sun_y = x - 318, y - 200
    colour = blend(sky, RAY, cover(ray(sun_x, sun_y)))
    colour = blend(colour, SUN, cover(hypot(sun_x, sun_y) - 88))
    edge = cloud(x, y)
    colour = blend(colour, sky, cover(edge - 14))  # keeps the cloud off the sun
    shaded = blend(CLOUD, SHADE, min(1.0, max(0.0, (y - 290) / 130)))
    return blend(colour, shaded, cover(edge))


def rows() -> Iterator[bytes]:
    """The lines of the picture, each with PNG's filter type 0 before it."""
    for y in range(SIZE):
        line = (round(part) for x in range(SIZE) for part in pixel(x + 0.5, y + 0.5))
        yield b"\0" + bytes(line)


def chunk(kind: bytes, data: bytes) -> bytes:
    """One part of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def main() -> None:
    """Writes the file beside this one."""
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    parts = (
        chunk(b"IHDR", header),
        chunk(b"IDAT", zlib.compress(b"".join(rows()), 9)),
        chunk(b"IEND", b""),
    )
    Path(__file__).with_name("logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts))


if __name__ == "__main__":
    main()
