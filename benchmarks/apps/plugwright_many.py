"""The same operation in a plugin with many others: ``BENCH_OPERATIONS`` in all, half of them before it.

``BENCH_PATH`` is the pattern of their paths; ``{own}`` in it is the place of each operation's own part.
Every operation has the same signature, so that only their number differs between two sizes.
"""

import os

from plugwright_weather import get_weather, weather_plugin

from plugwright import Plugin


def sized_plugin(operations: int, path: str) -> Plugin:
    """Fill a plugin with operations."""
    plugin = weather_plugin()
    half = operations // 2
    names = [f"get_weather_{number:04}" for number in range(operations - 1)]
    for name in (*names[:half], get_weather.__name__, *names[half:]):
        own = name.removeprefix("get_").replace("_", "-")
        own_path = path.replace("{own}", own)
        plugin.operation(effect="read", open_world=False, name=name, path=own_path)(get_weather)
    return plugin


app = sized_plugin(int(os.environ["BENCH_OPERATIONS"]), os.environ["BENCH_PATH"]).asgi()
