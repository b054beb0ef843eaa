"""From graded pairs to lists: every county's own first, then the city's; who may be commended.

Units of one grade share their rank and stand in the given order, that of their ids. Villages are
listed in the order of their codes and are never ranked.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from pairmatch.domain.evaluation import (
    BEST_GRADE,
    COMMENDED_MEAN,
    COMMENDED_YEAR,
    Commendation,
    CountyList,
    EvaluatedRun,
    Evaluation,
    GradeSum,
    Grading,
    HelpedPair,
    Standing,
)

Grades = Mapping[tuple[str, str, int], int | None]
"""The grade of each pair in each year."""
Owner = Callable[[HelpedPair], tuple[str, str]]


def evaluate_pairs(run: EvaluatedRun, gradings: Sequence[Grading]) -> Evaluation:
    """Return the lists of the counties, of the city and of the villages, and the commendations.

    Parameters
    ----------
    run
        The pairs, and the years of their cycle.
    gradings
        What the forms said, at most once per pair and year.
    """
    by_county = {_key(g): g.county_grade for g in gradings}
    settled = {_key(g): g.settled_grade for g in gradings}
    return Evaluation(
        run=run,
        gradings=tuple(sorted(gradings, key=_key)),
        counties=tuple(
            CountyList(
                county,
                _list_units([p for p in run.pairs if p.county == county], run.years, by_county),
            )
            for county in run.counties
        ),
        city=_list_units(run.pairs, run.years, settled),
        villages=_list_villages(run, settled),
        commendations=_propose_commendations(run, gradings),
    )


def find_due_year(run: EvaluatedRun, gradings: Iterable[Grading]) -> int:
    """Return the first year of the cycle that the city has not graded whole, or else its last."""
    graded = [g.year for g in gradings if g.city_grade is not None]
    due = (year for year in run.years if graded.count(year) < len(run.pairs))
    return next(due, run.years[-1])


def rank_grades(grades: Sequence[int | None]) -> tuple[int | None, ...]:
    """Return the rank of each grade: one more than the number of better ones; None for None.

    Examples
    --------
    >>> rank_grades([3, 4, None, 3, 1])
    (2, 1, None, 2, 4)
    """
    known = [grade for grade in grades if grade is not None]
    return tuple(
        None if grade is None else 1 + sum(other > grade for other in known) for grade in grades
    )


def _key(grading: Grading) -> tuple[str, str, int]:
    return grading.unit_id, grading.village_id, grading.year


def _list_units(
    pairs: Sequence[HelpedPair], years: Sequence[int], grades: Grades
) -> tuple[Standing, ...]:
    """Return the units by grade over the cycle, those of one grade by id, those without last."""
    sums = _sum_grades(pairs, years, grades, lambda pair: (pair.unit_id, pair.unit_name))
    columns = zip(*sums.values(), strict=True)
    ranks = zip(*(rank_grades([s.grade for s in column]) for column in columns), strict=True)
    standings = [
        Standing(*owner, tuple(by_year), cycle, tuple(year_ranks), rank)
        for (owner, (*by_year, cycle)), (*year_ranks, rank) in zip(sums.items(), ranks, strict=True)
    ]
    return tuple(sorted(standings, key=lambda s: (-(s.cycle.grade or 0), s.owner_id)))


def _list_villages(run: EvaluatedRun, grades: Grades) -> tuple[Standing, ...]:
    sums = _sum_grades(run.pairs, run.years, grades, lambda p: (p.village_id, p.village_name))
    unranked = (None,) * len(run.years)
    return tuple(
        Standing(*owner, tuple(years), cycle, unranked, None)
        for owner, (*years, cycle) in sums.items()
    )


def _sum_grades(
    pairs: Sequence[HelpedPair], years: Sequence[int], grades: Grades, name: Owner
) -> dict[tuple[str, str], list[GradeSum]]:
    """Return the sums of each owner, by id: one per year, and that of the cycle."""
    owned: dict[tuple[str, str], list[HelpedPair]] = {}
    for pair in sorted(pairs, key=name):
        owned.setdefault(name(pair), []).append(pair)
    return {
        owner: [*(_sum_up(own, [year], grades) for year in years), _sum_up(own, years, grades)]
        for owner, own in owned.items()
    }


def _sum_up(pairs: Sequence[HelpedPair], years: Sequence[int], grades: Grades) -> GradeSum:
    found = [grades.get((p.unit_id, p.village_id, year)) for p in pairs for year in years]
    known = [grade for grade in found if grade is not None]
    return GradeSum(sum(known), len(known), len(found))


def _propose_commendations(
    run: EvaluatedRun, gradings: Iterable[Grading]
) -> tuple[Commendation, ...]:
    """Return the units that meet the rule, and those that still can, county by county.

    The rule: the city has graded every pair of the unit in every year of the cycle, the mean is
    at least `COMMENDED_MEAN`, and no grade is below `COMMENDED_YEAR`. Before the city has begun to
    grade the last year nobody is proposed.
    """
    confirmed = {_key(g): g.city_grade for g in gradings}
    if not any(grade and year == run.years[-1] for (*_, year), grade in confirmed.items()):
        return ()
    listed: dict[str, Commendation] = {}
    for county in run.counties:
        for unit_id in sorted({p.unit_id for p in run.pairs if p.county == county} - set(listed)):
            own = [pair for pair in run.pairs if pair.unit_id == unit_id]
            cycle = _sum_up(own, run.years, confirmed)
            if _may_be_commended(own, run.years, confirmed, cycle):
                counties = tuple(c for c in run.counties if c in {pair.county for pair in own})
                is_proposed = cycle.num_known == cycle.num_due
                listed[unit_id] = Commendation(unit_id, counties, is_proposed, cycle)
    return tuple(listed.values())


def _may_be_commended(
    pairs: Sequence[HelpedPair], years: Sequence[int], grades: Grades, cycle: GradeSum
) -> bool:
    """Whether the rule is met if every grade still unknown becomes the best."""
    found = [grades.get((p.unit_id, p.village_id, year)) for p in pairs for year in years]
    hoped = cycle.points + BEST_GRADE * (cycle.num_due - cycle.num_known)
    is_good = all(grade is None or grade >= COMMENDED_YEAR for grade in found)
    return is_good and hoped >= COMMENDED_MEAN * cycle.num_due
