"""The HTTP server of ``plugwright serve``: connections, requests and replies under uvicorn."""
