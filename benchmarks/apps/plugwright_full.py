"""The same operation with all that a plugin in production has: sign-in, scope, limits, and answers that are kept."""

from plugwright_weather import get_weather, weather_plugin

from plugwright import Cache, OAuth

# High enough that no call of the benchmark is refused; it is counted all the same.
LIMIT = "100000000/minute"

plugin = weather_plugin(OAuth(scopes={"weather:read": "See the weather", "weather:write": "Report the weather"}))
plugin.operation(
    effect="read",
    open_world=False,
    path="/weather",
    scopes=["weather:read"],
    limit=LIMIT,
    cache=Cache(ttl="1h"),
)(get_weather)
