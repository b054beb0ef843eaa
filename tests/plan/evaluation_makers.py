"""Runs to evaluate and what forms said of them, as the tests of several parts need them."""

from itertools import product

from hypothesis import strategies as st

from pairmatch.domain.evaluation import EvaluatedRun, Grading, HelpedPair

COUNTIES = ("乙县", "甲县", "丙市")
"""Their villages' codes rise in this order, which is not that of the names."""
YEARS = (2026, 2027, 2028)
NO_NOTES = st.just("")


def make_run(num_pairs=6, years=YEARS, **changes):
    pairs = tuple(make_pair(k, k) for k in range(num_pairs))
    facts = {"title_zh": "合成", "title_en": "synthetic", "lang": "zh", "synthetic": True}
    return EvaluatedRun(**{"run_id": "abc123", **facts, "years": years, "pairs": pairs, **changes})


def make_pair(unit, village):
    county = village % len(COUNTIES)
    return HelpedPair(
        f"u{unit:02d}",
        f"1309{county:02d}100{village:03d}",
        f"单位{unit}",
        COUNTIES[county],
        f"{village}镇",
        f"村{village}",
    )


def sort_pairs(pairs):
    return tuple(sorted(pairs, key=lambda pair: (pair.unit_id, pair.village_id)))


@st.composite
def draw_run(draw):
    cells = list(product(range(5), range(6)))
    chosen = draw(st.sets(st.sampled_from(cells), min_size=1, max_size=8))
    years = range(2026, 2026 + draw(st.integers(1, 4)))
    pairs = sort_pairs(make_pair(unit, village) for unit, village in chosen)
    return make_run(pairs=pairs, years=tuple(years))


@st.composite
def draw_gradings(draw, run, notes=NO_NOTES):
    """Gradings in order: the city grades only what the county has graded."""
    gradings = []
    grades = st.none() | st.integers(1, 4)
    truth = st.none() | st.booleans()
    for pair, year in product(run.pairs, run.years):
        county = draw(grades)
        city = None if county is None else draw(grades)
        grading = Grading(
            pair.unit_id,
            pair.village_id,
            year,
            county,
            city,
            tuple(draw(truth) for _ in range(3)),
            draw(notes),
            "" if county is None else draw(notes),
        )
        if grading != Grading(pair.unit_id, pair.village_id, year):
            gradings.append(grading)
    return tuple(gradings)
