"""Queued work: calls that are accepted now and run later, wherever a process has room for them."""
