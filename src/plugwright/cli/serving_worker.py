"""A worker process of ``plugwright serve --workers``; its supervisor starts it with two file descriptors."""

import socket
import sys

from plugwright.cli import serving
from plugwright.errors import PlugwrightError


def main(listening: int, control: int) -> None:
    """Serve. What a person can mend is one line and exit code 2."""
    try:
        serving.check()
        serving.serve_here(socket.socket(fileno=listening), socket.socket(fileno=control))
    except PlugwrightError as error:
        sys.stderr.write(f"plugwright: {error.message}\n")
        sys.exit(2)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
