@echo off
REM pulumi-resource-pulumi-python for Windows.
if defined PULUMI_PYTHON_CMD (
    "%PULUMI_PYTHON_CMD%" -u -m tamr_provider.resources.host %*
) else (
    @python -u -m tamr_provider.resources.host %*
)
