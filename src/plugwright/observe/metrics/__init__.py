"""What Prometheus scrapes: figures of all processes of one command, read when somebody asks."""
