@echo off
REM The Windows twin of pulumi-resource-pulumi-python.
if defined PULUMI_PYTHON_CMD (
    "%PULUMI_PYTHON_CMD%" -u -m tamr_provider.resources.host %*
) else (
    @python -u -m tamr_provider.resources.host %*
)
