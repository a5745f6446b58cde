"""What a supervisor and its workers say to each other."""

READY = b"ready\n"
"""A worker accepts connections."""
RETIRE = b"retire\n"
"""Another worker serves in this one's place; it shall finish what it has."""
