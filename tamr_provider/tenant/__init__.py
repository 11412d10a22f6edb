"""Observed: the tenant's jobs, their durations, and the tenant's clock."""
