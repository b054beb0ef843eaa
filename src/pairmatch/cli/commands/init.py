"""`pairmatch init`: a new scenario folder to fill in."""

from pathlib import Path

from pairmatch.cli.console import Console
from pairmatch.cli.options import make_command, make_folder_argument

EXAMPLES = ("pairmatch init 结对2026", "pairmatch init pairing-2026 --lang en")


@make_command("init", EXAMPLES, make_folder_argument("dir"))
def command(console: Console, dir: Path) -> int:
    """Make the folder and say what to do next."""
    from pairmatch import engine

    written = engine.init_scenario(dir)
    console.say("cli.init_done", path=str(dir))
    console.list_paths(written)
    console.say("cli.init_next", path=str(dir))
    console.emit({"status": "done", "files": [str(path) for path in written]})
    return 0
