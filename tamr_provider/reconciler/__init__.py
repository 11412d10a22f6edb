"""Is done: launch each step's job exactly once, and wait until it ends."""
