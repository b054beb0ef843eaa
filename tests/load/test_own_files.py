"""Marked copies are made of files inside the scenario only."""

from pathlib import Path

from pairmatch.load.bundles import keep_own_files


def test_files_outside_and_names_of_nothing_are_dropped(tmp_path: Path) -> None:
    folder = tmp_path / "scenario"
    (folder / "plugins" / "a").mkdir(parents=True)
    pack = folder / "plugins" / "a" / "规则.xlsx"
    for path in (pack, tmp_path / "outside.xlsx"):
        path.touch()
    names = ["plugins/a/规则.xlsx", "../outside.xlsx", str(pack), "plugins/a", "none.csv", ""]
    assert keep_own_files(folder, names) == ("plugins/a/规则.xlsx",)
