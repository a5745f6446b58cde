"""``plugwright dev``: the plugin while it is being written."""

import os
import sys

from plugwright.cli.serve import Host, Port, PublicUrl, Target


def dev(target: Target, host: Host = "127.0.0.1", port: Port = 8000, public_url: PublicUrl = None) -> None:
    """Serve a plugin, restart it when a file changes, and log for people."""
    from plugwright.cli import serving  # noqa: PLC0415 as in serve

    os.environ.setdefault("PLUGWRIGHT_LOG_STYLE", "console")
    listening = serving.prepare(target, host, port, public_url)
    sys.stderr.write(serving.announce(os.environ["PLUGWRIGHT_PUBLIC_URL"]))
    reload = {
        "reload": True,
        "reload_dirs": [serving.working_directory()],
        "reload_includes": ["*.py", "*.html", "*.json"],
    }
    serving.run(serving.config(**reload), listening)
