"""Checks a plan against the inputs it was made from, action by action; shares nothing with it."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from pairmatch.domain.actions import ActionType, Department, Prerequisite
from pairmatch.domain.inputs import Inputs
from pairmatch.domain.plan import PairPlan, Plan, PlannedAction, Quarter
from pairmatch.domain.records import Unit, Village


def list_faults(plan: Plan, inputs: Inputs, departments: Sequence[Department]) -> list[str]:
    """Return everything in a plan that breaks what the inputs say."""
    units = {unit.unit_id: unit for unit in inputs.units}
    villages = {village.village_id: village for village in inputs.villages}
    faults = []
    carried: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    for pair in plan.pairs:
        unit, village = units[pair.unit_id], villages[pair.village_id]
        faults += _check_times(plan, pair)
        faults += _check_money(plan, pair, unit)
        faults += _check_order(pair, village)
        faults += _check_capabilities(pair, unit, departments)
        faults += _check_upkeep(pair, village, inputs)
        for line in (line for action in pair.actions for line in action.money):
            if line.line == "department":
                carried[line.payer_id, line.year] += line.amount
    able = {d.department_id: d.capacity for d in departments}
    for (department, year), amount in carried.items():
        capacity = able[department]
        if capacity is None or amount > capacity:
            faults.append(f"{department} {year}: {amount} > {capacity}")
    return faults


def _round(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), "ROUND_HALF_UP")


def _months(first: Quarter, last: Quarter) -> Iterator[int]:
    year, number = first.year, first.number
    while (year, number) <= (last.year, last.number):
        yield from range(3 * number - 2, 3 * number + 1)
        year, number = (year, number + 1) if number < 4 else (year + 1, 1)


def _is_open(action: ActionType, month: int) -> bool:
    return any(first <= month <= last for first, last in action.work_months)


def _check_times(plan: Plan, pair: PairPlan) -> Iterator[str]:
    """No works before approval, all within the cycle, and enough months in which work may run."""
    for planned in pair.actions:
        name = f"{pair.village_id} {planned.action.action_id}"
        if planned.start.year <= plan.cycle[0]:
            yield f"{name}: before the plans are approved"
        if planned.finish.year > plan.cycle[1] or planned.finish < planned.start:
            yield f"{name}: outside the cycle"
        months = list(_months(planned.start, planned.finish))
        open_months = [m for m in months if _is_open(planned.action, m)]
        wanted = planned.action.duration_months
        if wanted >= 12:
            if planned.finish != Quarter(plan.cycle[1], 4) or not _is_open(
                planned.action, months[0]
            ):
                yield f"{name}: a service that ends early or begins out of season"
        elif len(open_months) < wanted or not any(_is_open(planned.action, m) for m in months[:3]):
            yield f"{name}: {len(open_months)} months for {wanted}"


def _check_money(plan: Plan, pair: PairPlan, unit: Unit) -> Iterator[str]:
    """Every line in its years, the price of the catalogue, the unit's money within its budget."""
    spent: dict[int, Decimal] = defaultdict(Decimal)
    for planned in pair.actions:
        name = f"{pair.village_id} {planned.action.action_id}"
        price = (planned.quantity * planned.action.cost_typ).quantize(
            Decimal("0.01"), "ROUND_HALF_UP"
        )
        years = 1
        if planned.action.duration_months >= 12:
            years = plan.cycle[1] - planned.start.year + 1
        if sum(line.amount for line in planned.money) != price * years:
            yield f"{name}: costs {planned.cost}, not {price} x {years}"
        for line in planned.money:
            if not planned.start.year <= line.year <= planned.finish.year:
                yield f"{name}: paid in {line.year}"
            if line.amount != round(line.amount, 2) or line.amount <= 0:
                yield f"{name}: {line.amount}"
            if line.line == "unit_cash":
                spent[line.year] += line.amount
    high = unit.budget_high
    for year, amount in spent.items():
        if high is None or amount > Decimal(str(high)):
            yield f"{pair.unit_id} {year}: {amount} > {high}"
    told = {budget.year: budget.planned for budget in pair.budgets}
    if {year: told[year] for year in spent} != spent:
        yield f"{pair.unit_id}: the yearly budgets do not add up"


def _check_order(pair: PairPlan, village: Village) -> Iterator[str]:
    """What must come first is met, or finished before; stages in order, each once."""
    stages: dict[str, list[PlannedAction]] = defaultdict(list)
    for planned in pair.actions:
        stages[planned.action.action_id].append(planned)
    for action_id, own in stages.items():
        numbers = [p.stage for p in sorted(own, key=lambda p: p.stage)]
        starts = [p.start for p in sorted(own, key=lambda p: p.stage)]
        if numbers != list(range(1, len(own) + 1)) or starts != sorted(starts):
            yield f"{pair.village_id} {action_id}: stages {numbers}"
    for planned in pair.actions:
        for needed in planned.action.prerequisites:
            if needed.is_advisable:
                continue
            reading = village.indicators.get(needed.measure)
            state = reading.value if reading and isinstance(reading.value, int | float) else None
            if _holds(needed.at_least, needed.at_most, state):
                continue
            before = [p for p in stages[needed.action_id] if p.finish < planned.start]
            brought = sum((p.quantity for p in before), Decimal(0))
            if not before or not _brings(before[0], brought, needed, village):
                yield f"{pair.village_id} {planned.action.action_id} before {needed.action_id}"


def _holds(low: Decimal | None, high: Decimal | None, state: float | None) -> bool:
    return state is not None and (low is None or state >= low) and (high is None or state <= high)


def _brings(done: PlannedAction, quantity: Decimal, needed: Prerequisite, village: Village) -> bool:
    """Whether what was done before brings the state that is needed."""
    action = done.action
    reading = village.indicators.get(needed.measure)
    if action.outcome_indicator != needed.measure or reading is None:
        return True
    effect = action.outcome_per_unit
    if action.reference_amount is not None:
        size = village.indicators[action.reference_indicator].value
        effect = effect * action.reference_amount / Decimal(str(size))
    ends = {e for e in (reading.value, reading.low, reading.high) if isinstance(e, int | float)}
    return any(
        _holds(needed.at_least, needed.at_most, float(Decimal(str(e)) + effect * quantity))
        for e in ends
    )


def _check_capabilities(
    pair: PairPlan, unit: Unit, departments: Sequence[Department]
) -> Iterator[str]:
    """A unit carries what it can, in a year no more than its level; a department what it serves."""
    loads: dict[tuple[str, int], Decimal] = defaultdict(Decimal)
    serves: Mapping[str, tuple[str, ...]] = {d.department_id: d.needs for d in departments}
    for planned in pair.actions:
        name = f"{pair.village_id} {planned.action.action_id}"
        if planned.department_id:
            if planned.action.need_id not in serves[planned.department_id]:
                yield f"{name}: {planned.department_id} does not serve that need"
            continue
        if planned.capability_id:
            if planned.capability_id not in unit.capabilities:
                yield f"{name}: the unit has no {planned.capability_id}"
            years = [planned.start.year]
            if planned.action.duration_months >= 12:
                years = list(range(planned.start.year, planned.finish.year + 1))
            for year in years:
                load = planned.quantity / planned.action.typical_qty
                loads[planned.capability_id, year] += load.quantize(
                    Decimal("0.01"), "ROUND_HALF_UP"
                )
        elif "cash" not in planned.action.capabilities:
            yield f"{name}: cannot be paid for with money alone"
    for (capability, year), load in loads.items():
        if load > unit.capabilities.get(capability, 0):
            yield f"{pair.unit_id} {capability} {year}: {load}"


def _check_upkeep(pair: PairPlan, village: Village, inputs: Inputs) -> Iterator[str]:
    reading = village.indicators.get("ind_collective_income_wan")
    total = sum((planned.upkeep for planned in pair.actions), Decimal(0))
    if reading is None or not isinstance(reading.value, int | float):
        if any(planned.upkeep_by == "village" for planned in pair.actions):
            yield f"{pair.village_id}: upkeep by a village whose income is unknown"
    elif total > Decimal(str(reading.value)) * inputs.scenario.plan.upkeep:
        yield f"{pair.village_id}: upkeep {total}"
