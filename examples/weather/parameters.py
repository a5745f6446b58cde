"""Inputs that several operations take, described once."""

from typing import Annotated

from pydantic import Field

CityParameter = Annotated[
    str,
    Field(
        min_length=1,
        max_length=100,
        description="City in any language, with state or country if need be: 东京, Portland, Maine",
        examples=["Tokyo"],
    ),
]
CountryParameter = Annotated[
    str | None,
    Field(
        max_length=60,
        description="Only in this country: ISO 3166 code or English name",
        examples=["JP"],
    ),
]
DaysParameter = Annotated[int, Field(ge=1, le=16, description="Number of days, today included", examples=[3])]
PlaceNameParameter = Annotated[
    str,
    Field(
        min_length=1,
        max_length=40,
        description="The user's own name for the place; capitals and accents make no difference",
        examples=["home"],
    ),
]
