"""The same operation for users who signed in: a bearer token with a scope on every call.

Accounts and tokens are in the database of ``PLUGWRIGHT_DATABASE_URL``, which `seed_sign_in` fills beforehand.
"""

from plugwright_weather import get_weather, weather_plugin

from plugwright import OAuth

plugin = weather_plugin(OAuth(scopes={"weather:read": "See the weather", "weather:write": "Report the weather"}))
plugin.operation(effect="read", open_world=False, path="/weather", scopes=["weather:read"])(get_weather)
app = plugin.asgi()
