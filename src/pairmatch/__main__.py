"""Run the command line as `python -m pairmatch`."""

from pairmatch.cli import main

main()
