"""Actions and templates of plugins, taken over as plain data, and how a child process sends them.

What a plugin gives is copied into records whose parts are Python's own: reading them later runs
none of its code. The `encode_` functions run in the child, the `decode_` functions in the parent.
"""

from collections.abc import Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any, cast

import numpy as np

from pairmatch.domain.actions import ActionType, Prerequisite
from pairmatch.domain.plantemplates import TEMPLATE_KINDS, PlanTemplate
from pairmatch.hooks.plaindata import Array, refuse_answer, take_texts

LARGEST, FINEST = 9, -9
"""Powers of ten between which numbers of actions lie."""

MOST_ACTIONS = 200
MOST_TEMPLATES = 20
MOST_TEMPLATE_BYTES = 8 << 20
"""How many actions and templates a plugin may have, and of what size all templates are at most."""

_TEXTS = (
    *("action_id", "need_id", "name_zh", "name_en", "unit", "outcome_indicator"),
    *("reference_indicator", "basis", "plugin", "county", "version", "author"),
)
_NUMBERS = (
    *("cost_low", "cost_typ", "cost_high", "outcome_per_unit", "typical_qty", "max_qty"),
    *("upkeep_share", "reference_amount"),
)
_LISTS = ("capabilities", "evidence_ids")


def take_action(answer: ActionType) -> ActionType:
    """Return an action made of texts, whole numbers and decimals only.

    Raises
    ------
    BadAnswerError
        If a part of it is of another kind, or a number is not definite.
    """
    given: dict[str, Any] = {name: getattr(answer, name) for name in _TEXTS}
    taken: dict[str, Any] = dict(zip(given, take_texts(tuple(given.values()), answer), strict=True))
    for name in _NUMBERS:
        taken[name] = _take_decimal(getattr(answer, name), answer)
    if any(taken[name] is None for name in _NUMBERS if name != "reference_amount"):
        refuse_answer(answer)
    for name in _LISTS:
        taken[name] = take_texts(_take_list(getattr(answer, name), answer), answer)
    taken["duration_months"] = _take_whole(answer.duration_months, answer)
    seasons = (_take_list(season, answer, 2) for season in _take_list(answer.work_months, answer))
    taken["work_months"] = tuple(
        tuple(_take_whole(month, answer) for month in season) for season in seasons
    )
    given_first = _take_list(answer.prerequisites, answer)
    taken["prerequisites"] = tuple(_take_prerequisite(first, answer) for first in given_first)
    return ActionType(**taken)


def take_template(answer: PlanTemplate) -> PlanTemplate:
    """Return a template made of texts and bytes only.

    Raises
    ------
    BadAnswerError
        If a part of it is of another kind.
    """
    texts = (answer.template_id, answer.county, answer.name_zh, answer.kind, answer.plugin)
    template_id, county, name_zh, kind, plugin = take_texts(texts, answer)
    known = next((k for k in TEMPLATE_KINDS if k == kind), None)
    if known is None:
        refuse_answer(kind)
    if not isinstance(answer.data, bytes):
        refuse_answer(answer.data)
    return PlanTemplate(template_id, county, name_zh, known, bytes(memoryview(answer.data)), plugin)


def encode_actions(actions: Sequence[ActionType]) -> list[object]:
    """Describe actions as JSON values; decimals are texts."""
    names = [field.name for field in fields(ActionType)]
    return [[_list_value(getattr(action, name)) for name in names] for action in actions]


def decode_actions(told: object) -> tuple[ActionType, ...]:
    """Return the actions that a child process sent; whether they are possible is not checked."""
    return tuple(_read_action(values) for values in _read_list(told))


def encode_templates(templates: Sequence[PlanTemplate]) -> tuple[list[object], tuple[Array, ...]]:
    """Describe templates as JSON values and arrays of their bytes."""
    listed: list[object] = [
        [template.template_id, template.county, template.name_zh, template.kind]
        for template in templates
    ]
    return listed, tuple(np.frombuffer(template.data, np.uint8) for template in templates)


def decode_templates(told: object, arrays: Sequence[Array]) -> tuple[PlanTemplate, ...]:
    """Return the templates that a child process sent."""
    values = _read_list(told, len(arrays))
    templates = []
    for listed, array in zip(values, arrays, strict=True):
        template_id, county, name_zh, kind = _read_list(listed, 4)
        if array.dtype != np.uint8:
            refuse_answer(array.dtype)
        template = PlanTemplate(template_id, county, name_zh, kind, array.tobytes())
        templates.append(take_template(template))
    return tuple(templates)


def _take_prerequisite(first: object, action: ActionType) -> Prerequisite:
    if not isinstance(first, Prerequisite) or not isinstance(first.is_advisable, bool):
        refuse_answer(first)
    action_id, measure = take_texts((first.action_id, first.measure), action)
    low, high = (_take_decimal(bound, action) for bound in (first.at_least, first.at_most))
    return Prerequisite(action_id, first.is_advisable, measure, low, high)


def _take_decimal(number: object, action: ActionType) -> Decimal | None:
    """Return a number that is exact and of a size that can be meant; None stays so."""
    if number is None:
        return None
    if isinstance(number, bool) or not isinstance(number, Decimal | int):
        refuse_answer(action)
    # What a number of the plugin's own making says of itself is not asked.
    plain = Decimal(number) if isinstance(number, Decimal) else Decimal(int.__index__(number))
    if not plain.is_finite() or plain.adjusted() > LARGEST:
        refuse_answer(action)
    if cast("int", plain.as_tuple().exponent) < FINEST:
        refuse_answer(action)
    return plain


def _take_whole(number: object, action: ActionType) -> int:
    if isinstance(number, bool) or not isinstance(number, int):
        refuse_answer(action)
    plain = int.__index__(number)
    if abs(plain) > 10**LARGEST:
        refuse_answer(action)
    return plain


def _take_list(values: object, action: ActionType, size: int | None = None) -> tuple[Any, ...]:
    if not isinstance(values, tuple | list):
        refuse_answer(action)
    taken = tuple(values)
    if size is not None and len(taken) != size:
        refuse_answer(action)
    return taken


def _list_value(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Prerequisite):
        return [_list_value(getattr(value, field.name)) for field in fields(Prerequisite)]
    return list(map(_list_value, value)) if isinstance(value, tuple) else value


def _read_action(told: object) -> ActionType:
    names = [field.name for field in fields(ActionType)]
    given = dict(zip(names, _read_list(told, len(names)), strict=True))
    given |= {name: _read_decimal(given[name]) for name in _NUMBERS}
    given["prerequisites"] = [_read_prerequisite(p) for p in _read_list(given["prerequisites"])]
    return take_action(ActionType(**given))


def _read_prerequisite(told: object) -> Prerequisite:
    action_id, is_advisable, measure, low, high = _read_list(told, 5)
    return Prerequisite(action_id, is_advisable, measure, _read_decimal(low), _read_decimal(high))


def _read_decimal(told: object) -> Decimal | None:
    if told is None:
        return None
    if not isinstance(told, str):
        refuse_answer(told)
    return Decimal(told)


def _read_list(told: object, size: int | None = None) -> list[Any]:
    if not isinstance(told, list) or (size is not None and len(told) != size):
        refuse_answer(told)
    return told
