"""Every user-facing sentence, by code and parameters, in Chinese and English.

A code such as ``load.not_xlsx`` is the table ``not_xlsx`` of ``messages/load.toml``, with keys
``zh`` and ``en`` (what is wrong) and, where there is something to do, ``zh_hint`` and ``en_hint``.
Placeholders are ``{name}``; a sentence that lacks one of its parameters is a bug and raises.
"""

import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Message:
    """A sentence and, where there is one, the remedy."""

    text: str
    hint: str


@cache
def read_catalogue(area: str) -> Mapping[str, Mapping[str, str]]:
    """Return the catalogue of one area (``load``, ``check``, ``match`` ...), by short code."""
    text = files(__package__).joinpath(f"{area}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def list_codes() -> tuple[str, ...]:
    """Return all message codes of all catalogues, sorted."""
    areas = sorted(p.name[:-5] for p in files(__package__).iterdir() if p.name.endswith(".toml"))
    return tuple(f"{area}.{code}" for area in areas for code in sorted(read_catalogue(area)))


def render(code: str, params: Mapping[str, str], lang: Language) -> Message:
    """Return the message of a code with its parameters filled in.

    Parameters
    ----------
    code
        Area and short code, such as ``"load.not_xlsx"``.
    params
        Value of every placeholder; further ones are ignored.
    lang
        ``"zh"`` or ``"en"``.

    Raises
    ------
    KeyError
        If the code is not in the catalogue or a placeholder has no value.
    """
    area, _, short = code.partition(".")
    entry = read_catalogue(area)[short]
    return Message(_fill(entry[lang], params), _fill(entry.get(f"{lang}_hint", ""), params))


def _fill(template: str, params: Mapping[str, str]) -> str:
    # Plain substitution: values come from users' files, so no attribute or index access.
    return "".join(
        literal if name is None else literal + str(params[name])
        for literal, name in _split_template(template)
    )


@cache
def _split_template(template: str) -> tuple[tuple[str, str | None], ...]:
    """Return the literal texts of a template, each with the placeholder that follows it."""
    parts = string.Formatter().parse(template)
    return tuple((literal, name) for literal, name, _spec, _conversion in parts)
