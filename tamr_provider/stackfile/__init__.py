"""The stack file: which version of which data product an environment should hold."""
