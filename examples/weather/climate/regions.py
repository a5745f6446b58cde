"""Where the climate departs from what latitude alone would make it: mountains, currents, deserts, interiors.

Each row is a round part of the earth whose influence is full in the middle and fades out over its edge. The
figures are round ones of physical geography. They make Bogota cooler than Singapore, and Moscow's winter
colder than London's; they are no survey.
"""

from dataclasses import dataclass
from math import exp

from examples.weather.distance import distance_km


@dataclass(frozen=True, slots=True)
class Region:
    """A round part of the earth and what it does to the climate there.

    Attributes:
        name: for the reader of the table.
        latitude: of the middle, in degrees.
        longitude: of the middle, in degrees.
        radius_km: where its influence has faded to a third.
        elevation: height of the land in metres.
        warmth: added to the mean temperature of the year, in degrees Celsius.
        swing: added to the difference between the mean of the year and its warmest time.
        wetness: added to the share of wet weather, which is 0.5 on average.
        summer_rain: 1 where all rain falls in summer, -1 where all falls in winter.
    """

    name: str
    latitude: float
    longitude: float
    radius_km: float
    elevation: float = 0.0
    warmth: float = 0.0
    swing: float = 0.0
    wetness: float = 0.0
    summer_rain: float = 0.0

    def influence(self, latitude: float, longitude: float) -> float:
        """How much of the region is felt at a point: 1 inside, towards 0 outside."""
        distance = distance_km(self.latitude, self.longitude, latitude, longitude)
        return exp(-((distance / self.radius_km) ** 4))


REGIONS = (
    # mountains and high plains
    Region("Western Tibet", 33, 82, 480, elevation=4600, wetness=-0.2, summer_rain=0.6),
    Region("Eastern Tibet", 32, 94, 520, elevation=4400, wetness=-0.1, summer_rain=0.6),
    Region("Nepal", 27.8, 84.5, 190, elevation=1350, summer_rain=0.8),
    Region("Yunnan", 25.5, 102, 380, elevation=1850, summer_rain=0.5),
    Region("Mongolia", 47, 103, 800, elevation=1300, swing=6, warmth=-3, wetness=-0.2, summer_rain=0.6),
    Region("Hindu Kush", 35, 68.5, 350, elevation=1900, swing=3, wetness=-0.15, summer_rain=-0.5),
    Region("Iran", 33.5, 54, 600, elevation=1250, swing=4, warmth=1.5, wetness=-0.28, summer_rain=-0.7),
    Region("Anatolia", 39, 35, 420, elevation=1000, swing=3, wetness=-0.05, summer_rain=-0.3),
    Region("Armenia", 40, 44, 220, elevation=1150, swing=4, wetness=-0.05),
    Region("Ethiopia", 9.5, 39, 330, elevation=2350, summer_rain=0.5),
    Region("Eritrea", 15.2, 38.7, 110, elevation=2200, wetness=-0.1, summer_rain=0.5),
    Region("Kenya", -0.8, 36.6, 230, elevation=1750),
    Region("Rwanda", -2, 30, 220, elevation=1500),
    Region("Southern Africa", -26, 27, 480, elevation=1550, wetness=-0.1, summer_rain=0.8),
    Region("Zambezi", -16.5, 30, 420, elevation=1300, summer_rain=0.9),
    Region("Namibia", -22, 17, 300, elevation=1550, wetness=-0.3, summer_rain=0.8),
    Region("Angola", -13, 16, 350, elevation=1500, summer_rain=0.9),
    Region("Madagascar", -19.2, 47, 220, elevation=1250, summer_rain=0.8),
    Region("Yemen", 15, 44.2, 190, elevation=2100, wetness=-0.2, summer_rain=0.4),
    Region("Hejaz", 19.5, 41.8, 170, elevation=1900, wetness=-0.25),
    Region("Altiplano", -17.5, -67.6, 370, elevation=3800, summer_rain=0.8, wetness=-0.1),
    Region("Peruvian Andes", -13.2, -72.5, 240, elevation=3400, summer_rain=0.7),
    Region("Ecuador", -1, -78.6, 150, elevation=2750),
    Region("Colombian Andes", 5.2, -74, 170, elevation=2450, wetness=0.05),
    Region("Antioquia", 6.4, -75.6, 110, elevation=1550, wetness=0.1),
    Region("Mexican plateau", 19.6, -100, 300, elevation=2200, summer_rain=0.7),
    Region("Northern Mexico", 24, -104, 300, elevation=1800, wetness=-0.15, summer_rain=0.7),
    Region("Guatemala", 14.8, -91, 120, elevation=1600, summer_rain=0.7),
    Region("Costa Rica", 9.9, -84, 70, elevation=1150, summer_rain=0.5),
    Region("Great Basin", 40, -113, 480, elevation=1400, swing=3, wetness=-0.2, summer_rain=-0.3),
    Region("High Plains", 38.5, -105, 380, elevation=1700, swing=2, wetness=-0.15, summer_rain=0.3),
    Region("Alberta", 51.5, -114, 260, elevation=1000, swing=2, wetness=-0.1, summer_rain=0.5),
    Region("Castile", 40.3, -4, 230, elevation=680, swing=2, warmth=1),
    # deserts and dry lands
    Region("Sahara", 23.5, 8, 1900, warmth=1, swing=3, wetness=-0.45),
    Region("Nile", 26, 31, 650, warmth=-1, swing=2, wetness=-0.42, summer_rain=-0.8),
    Region("Arabia", 24, 48, 950, warmth=2.5, swing=3.5, wetness=-0.42, summer_rain=-0.6),
    Region("Thar", 27, 71, 480, warmth=1.5, swing=3, wetness=-0.35, summer_rain=0.8),
    Region("Taklamakan", 40, 83, 650, warmth=-1, swing=9, wetness=-0.38, elevation=1000),
    Region("Gobi", 42, 106, 500, warmth=-1, swing=8, wetness=-0.36),
    Region("Turan", 43, 62, 750, swing=8, wetness=-0.28, summer_rain=-0.3),
    Region("Australian interior", -25, 134, 1050, swing=2, warmth=1, wetness=-0.36),
    Region("Atacama", -21, -70, 480, warmth=-4, wetness=-0.47),
    Region("Lima coast", -11.5, -77.2, 300, warmth=-5, swing=1, wetness=-0.43),
    Region("Patagonia", -46, -69, 650, warmth=1, wetness=-0.22),
    Region("Sonora", 32.5, -113, 420, warmth=3, swing=4, wetness=-0.4),
    # oceans and their winds
    Region("North-western Europe", 54, 2, 1150, warmth=2, swing=-3, wetness=0.06),
    Region("Scandinavian coast", 66, 13, 850, warmth=4.5, swing=-1.5, wetness=0.06),
    Region("Iceland", 64.5, -19, 450, warmth=3.5, swing=-5.5, wetness=0.14),
    Region("Pacific North-West", 48, -124, 480, swing=-1.5, wetness=0.08, summer_rain=-0.6),
    Region("California", 36.5, -121.5, 480, warmth=-2, swing=-2, wetness=-0.22, summer_rain=-0.9),
    Region("Mediterranean", 38.5, 15, 1350, warmth=0.5, swing=1.5, wetness=-0.1, summer_rain=-0.65),
    Region("Levant", 33, 35, 380, warmth=1, swing=1.5, wetness=-0.2, summer_rain=-0.9),
    Region("Chilean coast", -35, -72, 520, warmth=-2.5, wetness=-0.08, summer_rain=-0.8),
    Region("Cape", -33.7, 19, 300, warmth=-1.5, wetness=-0.08, summer_rain=-0.7),
    Region("South-western Australia", -32, 116, 420, warmth=1, wetness=-0.1, summer_rain=-0.8),
    Region("South-eastern Australia", -36, 148, 650, warmth=-1, wetness=-0.02),
    Region("New Zealand", -41, 174, 750, warmth=-1.5, swing=-2.5, wetness=0.08),
    # interiors of continents
    Region("Russia", 56, 42, 1150, warmth=-0.5, swing=4.5),
    Region("Western Siberia", 58, 75, 1050, warmth=-2, swing=9, wetness=-0.05, summer_rain=0.3),
    Region("Eastern Siberia", 62, 118, 1250, warmth=-7, swing=16, wetness=-0.16, summer_rain=0.5),
    Region("Manchuria", 45, 125, 620, warmth=-3.5, swing=10.5, wetness=-0.12, summer_rain=0.75),
    Region("Northern China", 38.5, 115, 620, warmth=-3, swing=8.5, wetness=-0.14, summer_rain=0.8),
    Region("Yangtze", 30.5, 114, 700, warmth=-0.5, swing=6, wetness=0.06, summer_rain=0.4),
    Region("Southern China", 23.5, 112.5, 500, warmth=-0.5, swing=2.5, wetness=0.08, summer_rain=0.65),
    Region("Korea", 37, 127.5, 320, warmth=-2.5, swing=7.5, summer_rain=0.65),
    Region("Japan", 36, 138, 520, warmth=-2, swing=4, wetness=0.06, summer_rain=0.25),
    Region("Hokkaido", 43.5, 142.5, 280, warmth=-4, swing=5, wetness=0.06),
    Region("Canadian prairies", 52, -104, 750, warmth=-4.5, swing=8.5, wetness=-0.08, summer_rain=0.5),
    Region("Middle West", 42, -90, 750, warmth=-4, swing=6.5, summer_rain=0.2),
    Region("Eastern Canada", 47, -73, 620, warmth=-5.5, swing=6.5, wetness=0.04),
    Region("North-eastern America", 40.8, -75, 320, warmth=-3, swing=4.5, wetness=0.02),
    Region("Southern Plains", 32, -97, 520, warmth=-1.5, swing=5, wetness=-0.03),
    Region("Alaska", 63, -150, 750, warmth=-1, swing=4, wetness=-0.02),
    # the tropics
    Region("Central Indian monsoon", 20, 78, 780, warmth=2, swing=0.5, wetness=-0.06, summer_rain=0.95),
    Region("Ganges", 26, 82, 650, warmth=1.5, swing=4, wetness=-0.06, summer_rain=0.9),
    Region("Bengal", 23.5, 90, 420, wetness=0.06, summer_rain=0.8),
    Region("Indochina", 16, 102.5, 750, warmth=1.5, swing=-1, summer_rain=0.8),
    Region("Malay archipelago", 0, 112, 1750, wetness=0.16),
    Region("Amazon", -4, -62, 1350, wetness=0.15),
    Region("Congo", 0, 21, 900, wetness=0.12),
    Region("Sahel", 14, 5, 1200, warmth=1.5, wetness=-0.24, summer_rain=0.95),
    Region("Guinea coast", 6.5, 0, 900, wetness=0.06, summer_rain=0.4),
    Region("Brazilian highlands", -18, -47, 620, elevation=850, summer_rain=0.75),
    Region("Sao Paulo", -23.6, -46.9, 130, elevation=650, summer_rain=0.5),
)  # fmt: skip
"""The parts of the earth with a climate of their own."""
