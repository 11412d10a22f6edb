"""What commonly goes wrong around a stack, found and named with the command that repairs it."""
