"""The same operation in a plugin with many others: ``BENCH_OPERATIONS`` in all, half of them before it.

Every operation has the same signature, so that only their number differs between two sizes.
"""

import os

from plugwright_weather import get_weather, weather_plugin

from plugwright import Plugin

OPERATIONS = int(os.environ["BENCH_OPERATIONS"])


def sized_plugin(operations: int, path: str) -> Plugin:
    """Fill a plugin; ``path`` is a pattern with the place of each operation's own part, ``{own}``."""
    plugin = weather_plugin()
    half = operations // 2
    names = [f"get_weather_{number:04}" for number in range(operations - 1)]
    for name in (*names[:half], get_weather.__name__, *names[half:]):
        own = name.removeprefix("get_").replace("_", "-")
        register = plugin.operation(
            effect="read", open_world=False, name=name, path=path.replace("{own}", own)
        )
        register(get_weather)
    return plugin


app = sized_plugin(OPERATIONS, "/{own}").asgi()
app_with_path_parameters = sized_plugin(OPERATIONS, "/{own}/{city}").asgi()
