"""Client of the Jobs API: models in, models out. Only this package imports httpx."""
