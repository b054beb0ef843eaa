"""The limits that the words of a conflict name, and whether they are a conflict."""

from tests.match.limit_oracle import list_rows
from tests.oracles import can_hold

from pairmatch.domain.matching import Conflict
from pairmatch.domain.problem import MAX_CHANGES, Problem
from pairmatch.messages import render


def list_names(problem: Problem) -> list[tuple[str, int]]:
    return [name for name, _ in list_rows(problem)]


def read_limits(problem: Problem, conflict: Conflict) -> list[tuple[str, int]]:
    """Return the limits that the words of a conflict name."""
    names = {
        "unit": list(problem.unit_ids),
        "village": list(problem.village_ids),
        "quota": [quota.name for quota in problem.quotas],
    }
    for kind, pairs in (("lock", problem.locks), ("ban", problem.bans)):
        names[kind] = [
            f"{problem.unit_ids[p.unit_idx]} = {problem.village_ids[p.village_idx]}" for p in pairs
        ]
    resources = [resource.name for resource in problem.resources]
    found = []
    for member in conflict.members:
        kind = member.code.removeprefix("match.limit_").removesuffix("_each")
        kind = kind.removesuffix("_noted").removesuffix("_none")
        if kind.startswith("max_changes"):
            found.append(("quota_min", names["quota"].index(MAX_CHANGES)))
            continue
        if kind.startswith("resource"):
            found.append(("resource", resources.index(member.params["resource"])))
            continue
        if kind == "any_pair":
            found.append((kind, 0))
            continue
        listed = member.params["names"].split("、")
        assert member.params["count"] == str(len(listed))
        found += [(kind, names[kind.partition("_")[0]].index(name)) for name in listed]
    return found


def check_conflict(problem: Problem, conflict: Conflict) -> None:
    limits = read_limits(problem, conflict)
    assert limits
    assert not can_hold(problem, limits), "the limits contradict each other"
    for k in range(len(limits)):
        assert can_hold(problem, limits[:k] + limits[k + 1 :]), "none of them is superfluous"
    for member in conflict.members:
        for lang in ("zh", "en"):
            assert render(member.code, member.params, lang).text  # type: ignore[arg-type]
