"""The command line: parse, call the engine, print, exit code. The only importer of click."""

import os
from typing import NoReturn

INTERRUPTED = 130


def main() -> NoReturn:
    """Run the command line; the entry point of the program `pairmatch`."""
    try:
        # Here, so that Ctrl-C in the first moments, while libraries are read, is no traceback.
        from pairmatch.cli.program import run
    except KeyboardInterrupt:
        os._exit(INTERRUPTED)
    run()
