"""The path of one call: validate, run under a deadline, record."""
