"""The Jobs API from our end: models in, models out; the only package that knows httpx."""
