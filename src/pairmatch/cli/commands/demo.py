"""`pairmatch demo`: the whole main job on the bundled scenario."""

from pathlib import Path

from pairmatch.cli.console import Console
from pairmatch.cli.options import make_command, make_folder_argument, read_wanted_plugins
from pairmatch.cli.outcome import present_outcome
from pairmatch.domain.plugins import PluginOptions

EXAMPLES = ("pairmatch demo", "pairmatch demo my-demo --lang en")


@make_command("demo", EXAMPLES, make_folder_argument("dir", required=False))
def command(console: Console, dir: Path | None) -> int:
    """Run the demo and say where the results are."""
    from pairmatch import engine

    plugins = PluginOptions(only=read_wanted_plugins())
    outcome = engine.run_demo(dir, console.show_step, plugins)
    return present_outcome(console, outcome)
