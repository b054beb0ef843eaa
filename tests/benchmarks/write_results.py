"""Write docs/reference/benchmarks.md and its picture from what was measured.

    python -m tests.benchmarks.write_results

What the other scripts saved in tests/benchmarks/results/ is all it reads; no figure is typed.
"""

import json
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.bench_dense import MOST_RATIO, find_ratio
from tests.benchmarks.bench_national import MOST_GIGABYTES, MOST_SECONDS, SCALES, count_proof
from tests.benchmarks.charts import Series, draw_growth
from tests.benchmarks.dense_run import OURS
from tests.benchmarks.national import FULL_SIZE

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results"
PAGE = ROOT / "docs" / "reference" / "benchmarks.md"
PICTURE = ROOT / "docs" / "images" / "benchmark-growth.svg"
KINDS = {"distinct": "no two units alike", "alike": "many units alike"}
SIZES_WITH_TARGET = (3272, 8000)
BUSY = 0.5
"""A load above which other work ran too."""

INTRODUCTION = """# Benchmarks

How long proven pairings take, what memory they need, and how that compares with other solvers.
`make bench` measures, saves what it measured in `tests/benchmarks/results/` and writes this page
from it; no figure here is typed by hand. All data are synthetic; `tests/benchmarks/national.py`
makes them from a seed and states every assumption: 20 types of need, 14 capabilities at levels 1 to
3, counties of about 50 villages that are alike, up to 60.00 points for needs covered, 6.00 for the
own county, and up to 2.00 from a rule of which only this spread is known. Of the two kinds of data,
*distinct* gives every unit a size of its own, so that no two units are alike; in *alike*, many
units bring the same.
"""

DENSE = """## Dense matrices

As many units as villages, the points of all pairs in memory. The time of pairmatch includes its
certificate and an independent check of it over all pairs; the time of the others is that of the
call alone, with the data already in the form that each likes best, and without any proof. Every
solver runs in a process of its own, one after another; pairmatch and the two fastest others run
{repeats} times in turns, and the median counts. All values were equal. A solver that was over a
limit ({limit:g} s, {gigabytes:g} GB) is not tried on a larger matrix of the kind. *Ratio* is the
time of pairmatch over that of the other: below 1, pairmatch is faster. The target is at most
{target} of the fastest at {sizes} a side.
"""

NATIONAL = """## A nation

{units:,} units and {villages:,} villages at full size, and the same at smaller sizes. The time
begins with the arrays of what units bring and villages need in memory; *building* makes the bounds
from them, *solving* ends with a full pass that finds no pair worth more than its prices,
*verifying* is another pass over all pairs that shares nothing with the solver. Every size runs in a
process of its own; memory is the most that the whole process used. Several starts (other samples,
other first prices) must give the same value; the smallest sizes take no sample, and their starts do
not differ. The target at full size is at most {seconds} s from the arrays to the checked proof, and
{gigabytes} GB.
"""

Found = dict[str, Any]


def main() -> None:
    """Read what was measured, and write page and picture."""
    dense = read_results("dense")
    nationals = {kind: found for kind in KINDS if (found := read_results(f"national-{kind}"))}
    PAGE.write_text(write_page(dense, nationals), encoding="utf-8")
    if nationals:
        PICTURE.write_text(write_picture(nationals), encoding="utf-8")


def read_results(name: str) -> Found:
    """Return what was saved under a name; nothing if it was not measured."""
    path = RESULTS / f"{name}.json"
    found: Found = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found


def write_page(dense: Found, nationals: dict[str, Found]) -> str:
    """Return the page."""
    measured = {"dense": dense} | {f"nation, {kind}": found for kind, found in nationals.items()}
    parts = [
        INTRODUCTION,
        write_machines({name: found["machine"] for name, found in measured.items() if found}),
    ]
    if dense:
        parts += [*write_dense(dense)]
    if nationals:
        parts += [*write_nationals(nationals)]
    parts.append(write_gaps(dense, nationals))
    return "\n".join(parts)


def write_machines(machines: dict[str, Found]) -> str:
    """Return where, when and with what was measured."""
    rows = [
        (
            name,
            m["date"],
            m["processor"],
            m["cores"],
            m["blas_threads"],
            f"{m['memory_gb']} GB",
            m["system"],
            m["load"],
        )
        for name, m in machines.items()
    ]
    text = "## Machine and versions\n\n"
    heads = ("measured", "date", "processor", "cores", "BLAS threads", "memory", "system", "load")
    text += write_table(heads, rows)
    if any(machine["load"] > BUSY for machine in machines.values()):
        text += (
            f"\nA load above {BUSY} at the start means that other work ran on the machine too: "
            "such times are\ntoo long, and ratios less certain.\n"
        )
    names = list(dict.fromkeys(n for machine in machines.values() for n in machine["versions"]))
    versions = [(name, *(m["versions"].get(name, "") for m in machines.values())) for name in names]
    return text + "\n" + write_table(("version", *machines), versions)


def write_dense(dense: Found) -> Iterable[str]:
    """Yield what was measured on dense matrices: an overview, then each size."""
    matrices = dense["matrices"]
    repeats = max(len(matrix["solvers"][OURS]["runs"]) for matrix in matrices)
    yield fill_in(
        DENSE,
        repeats=repeats,
        limit=dense["limit"],
        gigabytes=dense["gigabytes"],
        target=MOST_RATIO,
        sizes=" and ".join(f"{size:,}" for size in SIZES_WITH_TARGET),
    )
    rows = []
    for matrix in matrices:
        if ratio := find_ratio(matrix):
            fastest, share = ratio
            taken = (matrix["solvers"][name]["seconds"] for name in (OURS, fastest))
            kept = judge(share <= MOST_RATIO) if matrix["size"] in SIZES_WITH_TARGET else "none"
            times = (f"{seconds:.2f} s" for seconds in taken)
            rows.append(
                (f"{matrix['size']:,}", matrix["kind"], *times, fastest, f"{share:.2f}", kept)
            )
    heads = ("a side", "kind", OURS, "fastest other", "which", "ratio", "target")
    yield write_table(heads, rows)
    for size in sorted({matrix["size"] for matrix in matrices}):
        yield write_size([matrix for matrix in matrices if matrix["size"] == size])


def write_size(matrices: Sequence[Found]) -> str:
    """Return a table of all solvers on the matrices of one size."""
    rows = [
        (name, *(cell for matrix in matrices for cell in describe_run(matrix, name)))
        for name in matrices[0]["solvers"]
    ]
    heads = [
        head for m in matrices for head in (f"{m['kind']}: seconds", "processor", "GB", "ratio")
    ]
    size = matrices[0]["size"]
    return f"### {size:,} x {size:,}\n\n" + write_table(("solver", *heads), rows)


def describe_run(matrix: Found, name: str) -> tuple[str, str, str, str]:
    """Return seconds, seconds of the processor, memory and ratio of a solver."""
    found = matrix["solvers"].get(name, {"not_run": "not tried"})
    if "not_run" in found:
        return f"not run: {found['not_run']}", "", "", ""
    ratio = matrix["solvers"][OURS]["seconds"] / found["seconds"]
    return (
        f"{found['seconds']:.2f}",
        f"{found['processor_seconds']:.2f}",
        f"{found['peak_gb']:.2f}",
        "" if name == OURS else f"{ratio:.2f}",
    )


def write_nationals(nationals: dict[str, Found]) -> Iterable[str]:
    """Yield what was measured on nations, kind by kind, and the picture."""
    units, villages = FULL_SIZE
    yield fill_in(
        NATIONAL,
        units=units,
        villages=villages,
        seconds=MOST_SECONDS,
        gigabytes=MOST_GIGABYTES,
    )
    for kind, found in nationals.items():
        yield write_national(kind, found)
    yield "![Seconds against the number of units, in logarithms](../images/benchmark-growth.svg)\n"


def write_national(kind: str, found: Found) -> str:
    """Return the table of all sizes of a kind, its fits, and whether the target was kept."""
    phases = ("building", "solving", "verifying", "together")
    heads = (
        "units",
        "villages",
        "start",
        *phases,
        *("rounds", "pairs held", "value", "bound", "GB"),
    )
    rows = [
        (
            *(f"{size['num_units']:,}", f"{size['num_villages']:,}", start["start"]),
            *(f"{s:.2f} s" for s in (size["building"], start["solving"], start["verifying"])),
            f"{count_proof(size, start):.2f} s",
            *(start["rounds"], f"{start['num_columns']:,}"),
            *(f"{start['value'] / 100:,.2f}", f"{start['bound'] / 100:,.2f}"),
            f"{size['peak_gb']:.2f}",
        )
        for size in found["sizes"]
        for start in size["starts"]
    ]
    text = f"### {kind.capitalize()}: {KINDS[kind]}\n\n{write_table(heads, rows)}"
    for phase, fit in found["fits"].items():
        if fit:
            text += f"\nFitted: {phase} takes {fit['a']:.3g} s x units^{fit['b']:.2f}.\n"
    return text + judge_full_size(found)


def judge_full_size(found: Found) -> str:
    """Return a sentence on the target; at smaller sizes none can be said to be kept."""
    full = [size for size in found["sizes"] if size["scale"] == 1]
    if not full:
        return "\nThe full size was not measured, so nothing is said of the target.\n"
    seconds = max(count_proof(full[0], start) for start in full[0]["starts"])
    memory = full[0]["peak_gb"]
    return (
        f"\nFull size: {seconds:.1f} s at most ({judge(seconds <= MOST_SECONDS)}), "
        f"{memory:.2f} GB ({judge(memory <= MOST_GIGABYTES)}).\n"
    )


def write_picture(nationals: dict[str, Found]) -> str:
    """Return the picture of growth."""
    series = []
    for kind, found in nationals.items():
        for phase, fit in found["fits"].items():
            places = [
                (size["num_units"], start[phase])
                for size in found["sizes"]
                for start in size["starts"]
            ]
            power = (fit["a"], fit["b"]) if fit else None
            label = f"{phase}, {kind}" + (f": units^{fit['b']:.2f}" if fit else "")
            series.append(Series(label, places, power))
    return draw_growth(series, "Growth with the number of units", "units", "seconds")


def write_gaps(dense: Found, nationals: dict[str, Found]) -> str:
    """Return what was not run, and why."""
    gaps = [
        f"{name}, {m['size']:,} x {m['size']:,}, {m['kind']}: {found['not_run']}"
        for m in dense.get("matrices", ())
        for name, found in m["solvers"].items()
        if "not_run" in found
    ]
    if not dense:
        gaps.append("dense matrices: not measured")
    else:
        sizes = {matrix["size"] for matrix in dense["matrices"]}
        gaps += [f"dense, {n:,} a side: not measured" for n in SIZES_WITH_TARGET if n not in sizes]
    for kind in KINDS:
        scales = {size["scale"] for size in nationals.get(kind, {}).get("sizes", ())}
        gaps += [f"nation, {kind}, 1/{n}: not measured" for n in SCALES if n not in scales]
    num_pairs = FULL_SIZE[0] * FULL_SIZE[1]
    gaps.append(
        f"the other solvers on a whole nation: they need the points of all {num_pairs:,} pairs at "
        f"once, {num_pairs * 4 / 1e9:.0f} GB as numbers of 32 bits"
    )
    return "## Not run\n\n" + "".join(f"- {gap}\n" for gap in gaps)


def fill_in(text: str, **values: object) -> str:
    """Return a heading and a paragraph with values in it, and its lines broken anew."""
    heading, _, paragraph = text.format(**values).partition("\n\n")
    lines = textwrap.fill(paragraph, 108, break_on_hyphens=False, break_long_words=False)
    return f"{heading}\n\n{lines}\n"


def judge(is_kept: bool) -> str:
    """Return whether a target was kept."""
    return "kept" if is_kept else "missed"


def write_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(map(str, line))} |\n" for line in lines)


if __name__ == "__main__":
    main()
