"""The Model Context Protocol: the modern revision and the handshake revisions on one endpoint."""
