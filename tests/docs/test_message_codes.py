"""Every code the program uses has its sentence in both languages, and no sentence is left over."""

import ast
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import pytest

from pairmatch.messages import list_codes, read_catalogue

PACKAGE = Path(__file__).parents[2] / "src" / "pairmatch"
CODES = list_codes()
AREAS = {code.partition(".")[0] for code in CODES}
HOLE = "\0"
"""Stands for a part of a text that is only known when the program runs."""

FILES = {
    *("compare.html", "compare.json", "plan.json", "plugins.json", "report.html"),
    "plugins.max_spread",
}
"""Names of files and settings that look like codes."""

BUILT_SHORT = {
    "calendar": ("report",),
    "catalogue": ("domain", "load"),
    "goals": ("domain",),
    "check": ("check",),
    "forms": ("report",),
    "load": ("load",),
    "planning": ("load", "plan"),
    "report": ("report",),
    "settings": ("domain", "load"),
}
"""Areas whose codes are put together from the area and a short code, and where those are named."""


@dataclass
class Literals:
    """Texts in code: whole ones, and patterns of those that are put together."""

    whole: set[str] = field(default_factory=set)
    patterns: set[str] = field(default_factory=set)

    @cached_property
    def ends(self) -> tuple[str, ...]:
        """What may be put at the end of another text, nothing included."""
        return ("", *(end for end in self.whole if re.fullmatch(r"_[a-z]+", end)))

    @cached_property
    def expressions(self) -> tuple[re.Pattern[str], ...]:
        """The patterns, as regular expressions."""
        return tuple(re.compile(re.escape(p).replace(HOLE, ".+")) for p in self.patterns)

    def names(self, text: str) -> bool:
        """Whether a text is one of these, or may be put together from them."""
        stems = {text.removesuffix(end) for end in self.ends}
        starts = {text[: k + 1] for k, letter in enumerate(text) if letter == "_"}
        return bool((stems | starts) & self.whole) or any(
            expression.fullmatch(text) for expression in self.expressions
        )


def list_texts(tree: ast.AST) -> Iterator[str]:
    parts = {id(v) for n in ast.walk(tree) if isinstance(n, ast.JoinedStr) for v in n.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(v.value if isinstance(v, ast.Constant) else HOLE for v in node.values)
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts
        ):
            yield node.value


@cache
def read_literals(folder: str) -> Literals:
    found = Literals()
    for path in sorted((PACKAGE / folder).rglob("*.py")):
        for text in list_texts(ast.parse(path.read_text(encoding="utf-8"))):
            # A pattern that is nearly all hole would excuse every code.
            if HOLE not in text:
                found.whole.add(text)
            elif len(re.sub(r"[^a-z]", "", text)) > 2:
                found.patterns.add(text)
    return found


@cache
def read_templates() -> frozenset[str]:
    texts = (
        p.read_text(encoding="utf-8") for p in sorted((PACKAGE / "report/templates").iterdir())
    )
    return frozenset(word for text in texts for word in re.findall(r"[a-z0-9_]+", text))


def test_every_code_used_has_a_sentence() -> None:
    literals = read_literals(".")
    used = {t for t in literals.whole if re.fullmatch(r"[a-z]+\.[a-z0-9_-]+", t)}
    used = {t for t in used if t.partition(".")[0] in AREAS} - FILES
    # A text that ends in _ is the start of a code, and is compared like one.
    starts = {t for t in used if t.endswith("_")}
    assert sorted(used - starts - set(CODES)) == []
    assert [s for s in sorted(starts) if not any(c.startswith(s) for c in CODES)] == []


def test_every_pattern_of_codes_fits_one() -> None:
    for pattern in sorted(read_literals(".").patterns):
        if pattern.partition(".")[0] in AREAS and re.fullmatch(r"[a-z]+\.[a-z0-9_\0-]+", pattern):
            expression = re.escape(pattern).replace(HOLE, ".+")
            assert any(re.fullmatch(expression, code) for code in CODES), repr(pattern)


@pytest.mark.parametrize("area", sorted(AREAS))
def test_every_sentence_is_used(area: str) -> None:
    everywhere = read_literals(".")
    patterns = {p for p in everywhere.patterns if not re.fullmatch(rf"{area}\.{HOLE}", p)}
    strict = Literals(everywhere.whole, {p for p in patterns if p.startswith(f"{area}.")})
    unused = []
    for short in read_catalogue(area):
        built = any(read_literals(folder).names(short) for folder in BUILT_SHORT.get(area, ()))
        drawn = area == "report" and short in read_templates()
        if not (strict.names(f"{area}.{short}") or built or drawn):
            unused.append(short)
    assert unused == []


@pytest.mark.parametrize("area", sorted(AREAS))
def test_sentences_are_in_both_languages(area: str) -> None:
    for short, entry in read_catalogue(area).items():
        assert set(entry) <= {"zh", "en", "zh_hint", "en_hint"}, short
        assert entry["zh"].strip(), short
        assert entry["en"].strip(), short
        assert ("zh_hint" in entry) == ("en_hint" in entry), short


@pytest.mark.parametrize("area", sorted(AREAS))
def test_languages_name_the_same_facts(area: str) -> None:
    for short, entry in read_catalogue(area).items():
        # A name may be given in each language of its own, such as {label} and {label_en}.
        english = {name.removesuffix("_en") for name in list_names(entry, "en")}
        assert list_names(entry, "zh") == english, short


def list_names(entry: Mapping[str, str], lang: str) -> set[str]:
    texts = (entry.get(key, "") for key in (lang, f"{lang}_hint"))
    parsed = (part for text in texts for part in string.Formatter().parse(text))
    return {name for _text, name, _spec, _conversion in parsed if name is not None}
