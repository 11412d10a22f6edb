"""How fast, how sparing, how small: measured, never asserted in a test."""
