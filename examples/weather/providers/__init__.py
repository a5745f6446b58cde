"""The sources of weather, behind one interface: `examples.weather.providers.base.WeatherProvider`."""

from datetime import UTC, datetime

from examples.weather.models import ProviderInfo, Source
from examples.weather.providers.base import WeatherProvider
from examples.weather.providers.simulated import SimulatedProvider
from examples.weather.settings import WeatherSettings

PROVIDERS: tuple[tuple[Source, str, str | None], ...] = (
    (
        "simulated",
        "A deterministic climate model: believable weather, but neither measured nor forecast.",
        None,
    ),
    ("open-meteo", "The Open-Meteo forecast service, over the internet.", "Open-Meteo.com, CC BY 4.0"),
)


def open_provider(settings: WeatherSettings) -> WeatherProvider:
    """The source that the settings choose, ready for use; whoever opens it closes it."""
    if settings.provider == "open-meteo":
        # Only who uses the service pays for loading an HTTP client.
        from examples.weather.providers.open_meteo import OpenMeteoProvider  # noqa: PLC0415  # see above

        return OpenMeteoProvider(settings.open_meteo_url)
    fixed = settings.now
    return SimulatedProvider(clock=lambda: fixed or datetime.now(UTC))


def describe_providers(in_use: Source) -> list[ProviderInfo]:
    """All sources, and which of them answers now."""
    return [
        ProviderInfo(name=name, description=description, in_use=name == in_use, attribution=attribution)
        for name, description, attribution in PROVIDERS
    ]
