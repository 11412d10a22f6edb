"""`python -m tamr_provider` is `tamr`."""

from tamr_provider.cli import main

if __name__ == "__main__":
    main(prog_name="tamr")
