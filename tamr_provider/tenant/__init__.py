"""Observed: what the tenant's jobs and clock say."""
