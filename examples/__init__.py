"""Plugins that show how Plugwright is used."""
