"""What authors of plugins look up: the fields a rule may name, the folders a scenario loads."""

from pathlib import Path

from pairmatch.domain.fields import Field
from pairmatch.errors import UsageError

SETTINGS_FILE = "scenario.toml"


def list_fields(word: str = "") -> tuple[Field, ...]:
    """Return the fields whose id, names or unit of measure hold a word; all of them if it is empty.

    Raises
    ------
    UsageError
        If there is none; it names the closest.
    """
    from pairmatch.domain import fields
    from pairmatch.load.taxonomy import read_taxonomy

    catalogue = fields.list_fields(read_taxonomy())
    meant = {field.field_id for field in catalogue.match(word)}
    key = word.casefold()
    found = tuple(
        field
        for field in catalogue.values()
        if field.field_id in meant
        or any(key in text.casefold() for text in (field.field_id, field.header, field.name_en))
    )
    if not found:
        closest = "、".join(fields.closest_fields(word, catalogue)) or "–"
        raise UsageError("engine.unknown_field", word=word, closest=closest)
    return found


def read_plugin_folders(folder: Path) -> tuple[str, ...] | None:
    """Return the plugin folders that a scenario names; None if there is no scenario to read."""
    from pairmatch.load.bundles import list_names
    from pairmatch.load.inheritance import read_layered

    if SETTINGS_FILE not in list_names(folder):
        return None
    settings = read_layered(folder).settings
    return () if settings is None else settings.scenario.plugins.folders
