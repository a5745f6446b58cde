"""What is measured of the way to Valkey."""

from plugwright.coordination.valkey import ValkeyClient
from plugwright.observe.metrics.families import Metric, counter, gauge, histogram, one


def valkey_metrics(client: ValkeyClient) -> list[Metric]:
    """The figures of one client."""
    counts = client.counts
    return [
        counter(
            "plugwright_valkey_commands",
            "Commands to Valkey: ok, failed, or not_tried while it was away.",
            lambda: {("ok",): counts.ok, ("failed",): counts.failed, ("not_tried",): counts.not_tried},
            ("outcome",),
        ),
        histogram(
            "plugwright_valkey_command_duration_seconds",
            "How long commands to Valkey took, in seconds, the wait for a connection included.",
            lambda: {(): counts.durations},
        ),
        gauge("plugwright_valkey_connections", "Connections to Valkey in use.", one(lambda: counts.running)),
        gauge(
            "plugwright_valkey_connections_limit",
            "Connections to Valkey that may be in use.",
            one(lambda: client.limits.connections),
        ),
        gauge("plugwright_valkey_away", "Processes to which Valkey is away.", one(lambda: int(client.is_away))),
    ]
