"""The effective since of a version, read from git."""
