"""The report page: one self-contained file that loads nothing and runs only its own script."""

from pairmatch.domain.proposal import Proposal
from pairmatch.report.page import build_context
from pairmatch.report.pageshell import render_page


def build_report_html(proposal: Proposal) -> str:
    """Return the report of a proposal as one HTML page in both languages.

    The page opens in the scenario's language. Its content security policy admits nothing but the
    style and the script in it, by their digests.
    """
    return render_page("page", build_context(proposal), ("style",), proposal.run_id)
