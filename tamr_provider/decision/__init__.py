"""Pure: what to do about one step, from the tenant's jobs alone."""
