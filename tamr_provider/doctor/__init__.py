"""Checks of a setup, with a fix for each problem."""
