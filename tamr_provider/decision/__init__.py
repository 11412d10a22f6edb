"""Pure: what to do about one step, decided from the tenant's jobs."""
