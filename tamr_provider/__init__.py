"""Tamr Cloud pipeline runs as declarative resources: every job is launched exactly once.

This package imports nothing, so importing one part loads only that part.
"""
