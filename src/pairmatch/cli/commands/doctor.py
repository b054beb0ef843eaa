"""`pairmatch doctor`: whether this computer has what pairmatch needs."""

from pairmatch.cli.console import Console
from pairmatch.cli.options import make_command

EXAMPLES = ("pairmatch doctor", "pairmatch doctor --json")
NOT_WELL = 1


@make_command("doctor", EXAMPLES)
def command(console: Console) -> int:
    """Print one line per part; exit code 1 if one is missing or broken."""
    from pairmatch import engine

    lines = engine.diagnose()
    for line in lines:
        code = "cli.doctor_good" if line.ok else "cli.doctor_bad"
        console.tell(code, name=line.name, detail=line.detail)
    well = all(line.ok for line in lines)
    console.say("cli.doctor_well" if well else "cli.doctor_unwell")
    console.emit(
        {
            "status": "ok" if well else "broken",
            "parts": [{"name": n.name, "ok": n.ok, "detail": n.detail} for n in lines],
        }
    )
    return 0 if well else NOT_WELL
