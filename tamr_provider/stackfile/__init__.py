"""The stack file: the desired version of each data product in one environment."""
