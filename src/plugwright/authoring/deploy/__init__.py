"""Deployment files, written into the author's project."""
