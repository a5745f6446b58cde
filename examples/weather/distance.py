"""How far it is from one point of the earth to another."""

from math import asin, cos, radians, sin, sqrt

_EARTH_RADIUS_KM = 6371.0


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The way between two points along the surface of the earth, in kilometres."""
    one, other = radians(latitude), radians(other_latitude)
    east = radians(longitude - other_longitude)
    chord = sin((one - other) / 2) ** 2 + cos(one) * cos(other) * sin(east / 2) ** 2
    return 2 * _EARTH_RADIUS_KM * asin(min(1.0, sqrt(chord)))
