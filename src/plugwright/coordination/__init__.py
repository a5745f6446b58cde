"""What replicas share but may lose: replies and invalidations, in process and in Valkey."""
