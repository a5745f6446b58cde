"""The authorization server: one file per endpoint or RFC."""
