"""`pairmatch plugins`: the rules that counties add; one module per command."""

from pairmatch.cli.groups import LazyGroup

PLUGIN_COMMANDS = ("list", "check", "audit", "new", "fields")
"""In the order of the work on a scenario; the modules of this package."""

command = LazyGroup(
    "plugins",
    package=__name__,
    commands=PLUGIN_COMMANDS,
    examples=(
        "pairmatch plugins list scenarios/cangzhou-2026",
        "pairmatch plugins new huanghua --county 黄骅市",
    ),
)
