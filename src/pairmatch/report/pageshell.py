"""Pages of one self-contained file each: templates, style and script, and what they may do."""

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pairmatch.report.wording import Text, clean_text, word

if TYPE_CHECKING:
    from jinja2 import Environment


def render_page(
    name: str,
    context: Mapping[str, Any],
    styles: tuple[str, ...],
    version: str,
) -> str:
    """Return a page whose security policy admits nothing but its own style and script.

    Parameters
    ----------
    name
        The name of the template and of the script.
    context
        What the template names, apart from ``style``, ``script`` and ``policy``.
    styles
        Names of style sheets, one put after the other.
    version
        What stands at the foot of every printed page.
    """
    from markupsafe import Markup

    style = "".join(_read_template(f"{sheet}.css") for sheet in styles) + _write_page_margins(
        version
    )
    code = _read_template(f"{name}.js")
    policy = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src '{_digest(style)}'; script-src '{_digest(code)}'"
    )
    given = {
        **context,
        # Both are files of this package and hold nothing from the inputs.
        "style": Markup(style),  # noqa: S704
        "script": Markup(code),  # noqa: S704
        "policy": policy,
    }
    return _make_environment().get_template(f"{name}.html").render(given)


@cache
def _make_environment() -> "Environment":
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        loader=FunctionLoader(_read_template),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["t"] = word
    return environment


def _finalize(value: Any) -> Any:
    # Texts clean themselves; None would print as a word.
    if isinstance(value, str):
        return value if hasattr(value, "__html__") else clean_text(value)
    if isinstance(value, int | Text):
        return value
    raise TypeError(f"{type(value).__name__} is no text for the page")


@cache
def _read_template(name: str) -> str:
    return files("pairmatch.report").joinpath("templates", name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")


def _write_page_margins(version: str) -> str:
    """Return the rule that prints version and page number at the foot of every page."""
    plain = re.sub(r"[^0-9A-Za-z._ -]", "", version)
    return (
        '\n@page { @bottom-left { content: "pairmatch ' + plain + '"; } '
        '@bottom-right { content: counter(page) " / " counter(pages); } }\n'
    )
