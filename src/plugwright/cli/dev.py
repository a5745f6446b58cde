"""``plugwright dev``: the plugin while it is being written."""

import os
import sys

from plugwright.cli.listening import announcement, open_address
from plugwright.cli.serve import Host, Port, PublicUrl, Target


def dev(target: Target, host: Host = "127.0.0.1", port: Port = 8000, public_url: PublicUrl = None) -> None:
    """Serve a plugin, restart it when a file changes, and log for people."""
    from plugwright.cli import serving  # noqa: PLC0415 as in serve

    os.environ.setdefault("PLUGWRIGHT_LOG_STYLE", "console")
    listening = open_address(target, host, port, public_url)
    serving.check()
    sys.stderr.write(announcement())
    serving.serve_and_reload(listening)
