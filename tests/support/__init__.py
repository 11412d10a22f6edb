"""What tests share: stand-ins, processes, and judges of what a tenant recorded."""
