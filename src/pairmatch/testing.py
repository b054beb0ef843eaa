"""For authors of plugins: the conformance suite as a check for pytest.

A test file beside ``plugin.py`` holds::

    from pathlib import Path
    from pairmatch.testing import check_plugin

    def test_conformance():
        check_plugin(Path(__file__).parent)
"""

from pathlib import Path

from pairmatch import engine
from pairmatch.domain.findings import Finding, Severity
from pairmatch.domain.plugins import PluginOptions, PluginReport
from pairmatch.messages import Language, render

__all__ = ["check_plugin"]


def check_plugin(
    folder: Path,
    scenario: Path | None = None,
    *,
    options: PluginOptions | None = None,
    lang: Language = "zh",
) -> PluginReport:
    """Check a plugin as ``pairmatch plugins check`` does, and fail the test if it does not hold.

    Parameters
    ----------
    folder
        The folder of the plugin.
    scenario
        The scenario whose data it is tried on; by default the bundled one of Cangzhou.
    options
        The limits it must keep.
    lang
        The language of what the test says.

    Returns
    -------
    PluginReport
        What was checked, with the warnings there were.

    Raises
    ------
    AssertionError
        If anything does not hold; it lists everything that was found.
    BadInputError
        If the folder holds no plugin, or the scenario cannot be used.
    """
    [report] = engine.check_plugins(folder, data=scenario, options=options or PluginOptions())
    if not report.is_good:
        errors = [f for f in report.findings if f.severity is Severity.ERROR]
        raise AssertionError("\n".join(_describe(finding, lang) for finding in errors))
    return report


def _describe(finding: Finding, lang: Language) -> str:
    message = render(finding.code, finding.params, lang)
    place = finding.place
    row = f":{place.row}" if place.row else ""
    return f"{place.file}{row}: {message.text} {message.hint}".strip()
