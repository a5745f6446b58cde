"""The version of this package, read by the build and by every protocol that names it."""

__version__ = "0.1.0"
