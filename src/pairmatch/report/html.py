"""The report page: one self-contained file that loads nothing and runs only its own script."""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from pairmatch.domain.proposal import Proposal
from pairmatch.report.page import build_context
from pairmatch.report.wording import Text, clean_text, word

if TYPE_CHECKING:
    from jinja2 import Environment


def build_report_html(proposal: Proposal) -> str:
    """Return the report of a proposal as one HTML page in both languages.

    The page opens in the scenario's language. Its content security policy admits nothing but the
    style and the script in it, by their digests.
    """
    from markupsafe import Markup

    style = _read_template("style.css") + _write_page_margins(proposal.run_id)
    script = _read_template("page.js")
    policy = (
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"style-src '{_digest(style)}'; script-src '{_digest(script)}'"
    )
    context = build_context(proposal) | {
        # Both are files of this package and hold nothing from the inputs.
        "style": Markup(style),  # noqa: S704
        "script": Markup(script),  # noqa: S704
        "policy": policy,
    }
    return _make_environment().get_template("page.html").render(context)


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


def _write_page_margins(run_id: str) -> str:
    """Return the rule that prints version and page number at the foot of every page."""
    plain = re.sub(r"[^0-9A-Za-z._-]", "", run_id)
    return (
        '\n@page { @bottom-left { content: "pairmatch ' + plain + '"; } '
        '@bottom-right { content: counter(page) " / " counter(pages); } }\n'
    )
