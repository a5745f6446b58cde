"""The same operation, asked of another service: ``BENCH_UPSTREAM`` says where that is."""

import os

from plugwright_weather import City, UnitsOfTemperature, weather_plugin
from work import Weather

from plugwright import Call, NotFound, Upstream, UpstreamError

plugin = weather_plugin()
service = Upstream(os.environ["BENCH_UPSTREAM"], name="The weather service")


@plugin.operation(effect="read", open_world=True, path="/weather")
async def get_weather(city: City, units: UnitsOfTemperature = "metric", *, call: Call) -> Weather:
    """Current weather in a city."""
    params = {"city": city, "units": units}
    try:
        return await call.upstream(service).get_json("/v1/weather", params=params, returns=Weather)
    except UpstreamError as error:
        if error.upstream_status == 404:
            message = f"No city called {city!r}"
            raise NotFound(message) from None
        raise
