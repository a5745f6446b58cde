"""Plain ASGI parts that every protocol uses."""
