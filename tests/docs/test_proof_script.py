"""The check printed in the explanation of the proof: a second verifier, in plain Python."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pairmatch import engine

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "explanation" / "how-it-proves.md"


@pytest.mark.parametrize("scenario", ["cangzhou-2026", "launch-28", "three-by-three"])
def test_the_printed_script_reaches_the_same_bounds(tmp_path: Path, scenario: str) -> None:
    outcome = engine.propose_pairing(ROOT / "scenarios" / scenario, tmp_path / "runs")
    assert outcome.proposal is not None
    script = tmp_path / "check.py"
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    script.write_text(next(b for b in blocks if "sys.argv" in b), encoding="utf-8")
    result = subprocess.run(
        [sys.executable, str(script), str(outcome.run)], capture_output=True, text=True, check=True
    )
    levels = outcome.proposal.matching.certificate.levels
    expected = [f"{v.goal} bound {v.value} reached {v.value}" for v in levels]
    assert result.stdout.split("\n")[:-1] == expected
