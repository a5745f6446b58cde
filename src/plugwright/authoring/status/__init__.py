"""One look at a running plugin, from outside."""
