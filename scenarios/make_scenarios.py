"""Write the three bundled scenarios; the same bytes every time.

    python scenarios/make_scenarios.py [--out DIR]

Without `--out` the scenarios beside this file are written anew.
"""

import argparse
from pathlib import Path

from generator.cangzhou import write_cangzhou
from generator.small import write_launch, write_three_by_three
from generator.sources import SCENARIOS


def main() -> None:
    """Read the command line and write all scenarios."""
    parser = argparse.ArgumentParser(description="Write the bundled scenarios.")
    parser.add_argument("--out", type=Path, default=SCENARIOS, metavar="DIR")
    out: Path = parser.parse_args().out
    write_cangzhou(out / "cangzhou-2026")
    write_launch(out / "launch-28")
    write_three_by_three(out / "three-by-three")


if __name__ == "__main__":
    main()
