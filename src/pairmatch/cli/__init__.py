"""The command line: parse, call the engine, print, exit code. The only importer of click."""

from pairmatch.cli.program import main

__all__ = ["main"]
