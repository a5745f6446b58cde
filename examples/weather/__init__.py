"""The weather plugin: what an author writes with Plugwright, in full."""
