"""What an author runs, never imported by a server in production."""
