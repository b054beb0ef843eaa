"""`pairmatch plugins fields`: everything that a rule may look at, by the name to write."""

from typing import TYPE_CHECKING, Any

import click

from pairmatch.cli.console import Console
from pairmatch.cli.options import make_command

if TYPE_CHECKING:
    from pairmatch.domain.fields import Field

EXAMPLES = (
    "pairmatch plugins fields",
    "pairmatch plugins fields 距离",
)
SIDES = ("village", "unit", "pair")


@make_command("plugins fields", EXAMPLES, click.Argument(["word"], required=False))
def command(console: Console, word: str | None) -> int:
    """Print the fields whose name, id or unit holds the word, or all."""
    from pairmatch import engine

    fields = engine.list_fields(word or "")
    if not console.as_json:
        _list_fields(console, fields)
    console.say("cli.fields_next", number=str(len(fields)))
    console.emit({"status": "done", "fields": [_describe_field(field) for field in fields]})
    return 0


def _list_fields(console: Console, fields: "tuple[Field, ...]") -> None:
    from pairmatch.cli.grids import align_rows

    columns = ("name", "id", "kind", "unit", "range")
    head = tuple(console.word(f"cli.field_col_{column}").text for column in columns)
    shown = [[field for field in fields if field.side == side] for side in SIDES]
    rows = [_make_row(console, field) for side in shown for field in side]
    first, *lines = align_rows([head, *rows])
    for side, own in zip(SIDES, shown, strict=True):
        if not own:
            continue
        console.tell(f"cli.field_side_{side}")
        console.write(first)
        for field in own:
            console.write(lines.pop(0))
            if field.choices:
                mark = "、" if console.lang == "zh" else ", "
                words = mark.join(word for word, _value in field.choices)
                console.tell("cli.field_choices", choices=words)


def _make_row(console: Console, field: "Field") -> tuple[str, ...]:
    name = field.name_zh if console.lang == "zh" else f"{field.name_zh} {field.name_en}"
    kind = console.word(f"cli.field_kind_{field.kind}").text
    # Of a yes or no, 0 and 1 are how it is stored: no news to a reader.
    ends = (field.minimum, field.maximum) if field.kind == "number" else (None, None)
    return name, field.field_id, kind, field.unit, _write_range(*ends)


def _write_range(least: float | None, most: float | None) -> str:
    if least is None and most is None:
        return ""
    ends = ["" if end is None else f"{end:.12g}" for end in (least, most)]
    return "–".join(ends) if all(ends) else f"≥{ends[0]}" if ends[0] else f"≤{ends[1]}"


def _describe_field(field: "Field") -> dict[str, Any]:
    return {
        "field_id": field.field_id,
        "side": field.side,
        "kind": field.kind,
        "name": {"zh": field.name_zh, "en": field.name_en},
        "header": field.header,
        "unit": field.unit,
        "minimum": field.minimum,
        "maximum": field.maximum,
        "choices": [{"word": word, "value": value} for word, value in field.choices],
    }
