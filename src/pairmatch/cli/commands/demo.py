"""`pairmatch demo`: the whole main job on the bundled scenario."""

from pathlib import Path

from pairmatch.cli.console import Console
from pairmatch.cli.options import make_command, make_folder_argument
from pairmatch.cli.outcome import present_outcome

EXAMPLES = ("pairmatch demo", "pairmatch demo my-demo --lang en")


@make_command("demo", EXAMPLES, make_folder_argument("dir", required=False))
def command(console: Console, dir: Path | None) -> int:
    """Run the demo and say where the results are."""
    from pairmatch import engine

    outcome = engine.run_demo(dir, console.show_step)
    return present_outcome(console, outcome)
