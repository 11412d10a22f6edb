"""Several environments: status, promotion, and history."""
