"""Is done: launch each step's job once, and wait until it ends."""
