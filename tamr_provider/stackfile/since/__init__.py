"""Since when a version counts: the time is read from git."""
