"""The same operation, whose answers are kept for everybody."""

from plugwright_weather import get_weather, weather_plugin

from plugwright import Cache

plugin = weather_plugin()
plugin.operation(effect="read", open_world=False, path="/weather", cache=Cache(ttl="1h", shared=True))(get_weather)
