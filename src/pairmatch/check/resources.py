"""Loads and capacities that have nothing to do with each other: mostly a name written two ways."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pairmatch.check.closeness import find_closest
from pairmatch.domain.findings import Finding, Place, Severity
from pairmatch.domain.inputs import Capacity, Inputs, ResourceLoads
from pairmatch.domain.tables import list_ids

MAX_FINDINGS = 20
"""So many resources are told one by one, the rest is counted in one finding."""

ByResource = Mapping[str, Sequence[Capacity]]


def check_resources(inputs: Inputs) -> tuple[Finding, ...]:
    """Return warnings on resources that only one of the two tables has, or an owner never uses.

    Parameters
    ----------
    inputs
        The inputs.
    """
    loads = {load.resource: load for load in inputs.loads}
    capacities: defaultdict[str, list[Capacity]] = defaultdict(list)
    for capacity in inputs.capacities:
        capacities[capacity.resource].append(capacity)
    return (
        *_tell_first(list(_tell_unbounded(loads, capacities))),
        *_tell_first(list(_tell_unused(loads, capacities))),
        *_tell_first(list(_tell_idle_owners(inputs, loads, capacities))),
    )


def _tell_first(findings: Sequence[Finding]) -> Sequence[Finding]:
    """Return the first findings, and one that counts the others."""
    if len(findings) <= MAX_FINDINGS:
        return findings
    first = findings[MAX_FINDINGS]
    params = {"count": str(len(findings) - MAX_FINDINGS), "total": str(len(findings))}
    more = replace(first, code=f"{first.code}_more", params=params)
    return [*findings[:MAX_FINDINGS], more]


def _tell_unbounded(
    loads: Mapping[str, ResourceLoads], capacities: ByResource
) -> Iterator[Finding]:
    for name in sorted(set(loads) - set(capacities)):
        params = {"resource": name, "closest": find_closest(name, set(capacities))}
        params["count"] = str(len(loads[name].amounts))
        place = Place(loads[name].file, "", 0, "", "", name)
        yield Finding("check.loads_unbounded", Severity.WARNING, place, params)


def _tell_unused(loads: Mapping[str, ResourceLoads], capacities: ByResource) -> Iterator[Finding]:
    for name in sorted(set(capacities) - set(loads)):
        params = {"resource": name, "closest": find_closest(name, set(loads))}
        params["count"] = str(len(capacities[name]))
        place = min(capacity.place for capacity in capacities[name])
        yield Finding("check.capacity_unused", Severity.WARNING, place, params)


def _tell_idle_owners(
    inputs: Inputs, loads: Mapping[str, ResourceLoads], capacities: ByResource
) -> Iterator[Finding]:
    """Tell capacities of owners none of whose pairs uses anything of the resource."""
    unit_ids, village_ids = list_ids(inputs.units), list_ids(inputs.villages)
    for name in sorted(set(loads) & set(capacities)):
        load = loads[name]
        used = load.amounts > 0
        owners = {
            "unit": {unit_ids[k] for k in set(load.unit_idx[used].tolist())},
            "village": {village_ids[k] for k in set(load.village_idx[used].tolist())},
        }
        idle = [c for c in capacities[name] if c.owner_id not in owners[c.side]]
        if idle:
            first = min(idle, key=lambda capacity: capacity.place)
            params = {"resource": name, "count": str(len(idle)), "id": first.owner_id}
            yield Finding("check.capacity_idle", Severity.WARNING, first.place, params)
