"""What a plugin in a process of its own answers: plain data that can run no code.

The child process belongs to the plugin, so whatever comes out of it is read with distrust: a JSON
header of lists and texts, and the bytes of arrays of numbers. The `encode_` functions run in the
child, the `decode_` functions in the parent; both raise `BadAnswerError`.
"""

import json
import math
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal
from typing import Any

import numpy as np

from pairmatch.domain.actions import ActionType
from pairmatch.domain.candidates import CodedReasons, Contribution, FieldUse, Reason
from pairmatch.domain.findings import Finding
from pairmatch.domain.plantemplates import PlanTemplate
from pairmatch.domain.plugins import PluginInfo
from pairmatch.hooks.containment import MOST_SHOWN, BadAnswerError, show_value
from pairmatch.hooks.loading import HOOK_NAMES, PluginFacts
from pairmatch.hooks.plaindata import (
    Array,
    refuse_answer,
    take_contribution,
    take_numbers,
    take_reason,
)
from pairmatch.hooks.planrecords import (
    decode_actions,
    decode_templates,
    encode_actions,
    encode_templates,
)
from pairmatch.messages import render

HEAD = struct.Struct("<QQ")
"""Before an answer: the length of its header and that of its arrays, in bytes."""

_NUMBERS = re.compile(r"[<>|][biufc]\d{1,2}")
_MOST_DIMENSIONS = 8
_MOST_FAULTS = 100
_MOST_PARAMS = 20
_LINE = re.compile(r"\d{1,9}")
_OWN_AREAS = ("hooks.", "catalogue.")
"""What a child may say is wrong: with a plugin, or with one of its actions."""


@dataclass(frozen=True, slots=True)
class Body:
    """The content of an answer: JSON values, and the arrays they refer to by number."""

    values: object
    arrays: tuple[Array, ...] = ()
    is_fault: bool = False


@dataclass(frozen=True, slots=True)
class ToldRule:
    """A rule as a child process describes it; `spread` is None for a condition."""

    rule_id: str
    version: str
    label_zh: str
    label_en: str
    fields: tuple[str, ...]
    spread: Decimal | None


@dataclass(frozen=True, slots=True)
class ToldFacts:
    """A plugin as its child process describes it: nothing of it has been checked."""

    info: PluginInfo
    hooks: tuple[str, ...]
    score_rules: tuple[ToldRule, ...]
    eligibility_rules: tuple[ToldRule, ...]
    actions: tuple[ActionType, ...] = ()
    plan_templates: tuple[PlanTemplate, ...] = ()


def join_answer(serial: int, body: Body) -> bytes:
    """Return an answer to the request of that number as bytes."""
    arrays = [np.ascontiguousarray(array) for array in body.arrays]
    header = {
        "serial": serial,
        "is_fault": body.is_fault,
        "values": body.values,
        # The shapes are those before: a number without dimensions would gain one.
        "arrays": [[a.dtype.str, list(a.shape)] for a in body.arrays],
    }
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    payload = b"".join(array.tobytes() for array in arrays)
    return HEAD.pack(len(text), len(payload)) + text + payload


def split_answer(header: bytes, payload: bytes, serial: int) -> Body:
    """Return the content of an answer, if it has the right form and number."""
    try:
        told = json.loads(header)
        if told["serial"] != serial:
            refuse_answer(told["serial"])
        is_fault, values = told["is_fault"], told["values"]
        arrays = _read_arrays(told["arrays"], payload)
    except BadAnswerError:
        raise
    except Exception as error:
        raise BadAnswerError(type(error).__name__) from error
    return Body(values, arrays, is_fault is True)


def encode_facts(facts: PluginFacts) -> Body:
    """Describe a plugin that was loaded."""
    score = [
        [r.rule_id, r.version, r.label_zh, r.label_en, list(r.fields), str(r.spread)]
        for r in facts.score_rules
    ]
    conditions = [
        [r.rule_id, r.version, r.label_zh, r.label_en, list(r.fields)]
        for r in facts.eligibility_rules
    ]
    actions = encode_actions(facts.actions)
    templates, arrays = encode_templates(facts.plan_templates)
    info = list(astuple(facts.info))
    return Body([info, list(facts.hooks), score, conditions, actions, templates], arrays)


def decode_facts(body: Body) -> ToldFacts:
    """Return how a child process describes its plugin."""
    info, hooks, score, conditions, actions, templates = _read_list(body.values, 6)
    *texts, api = _read_list(info, 6)
    name, county, version, label_zh, label_en = _read_texts(texts, 5)
    if type(api) is not int:
        refuse_answer(api)
    for hook in _read_texts(hooks):
        if hook not in HOOK_NAMES:
            refuse_answer(hook)
    return ToldFacts(
        PluginInfo(name, county, version, label_zh, label_en, api),
        _read_texts(hooks),
        tuple(_read_rule(rule, 6) for rule in _read_list(score)),
        tuple(_read_rule(rule, 5) for rule in _read_list(conditions)),
        decode_actions(actions),
        decode_templates(templates, body.arrays),
    )


def encode_contribution(answer: object, num_candidates: int) -> Body:
    """Describe what a score rule returned."""
    given = take_contribution(answer, num_candidates)
    coded = given.reasons
    assert isinstance(coded, CodedReasons)  # noqa: S101 - as they are taken over
    arrays: list[Array] = []
    numbers = []
    for array in (given.points, given.low, given.high, coded.codes):
        # Where nothing is unknown the three are one array, and travel once.
        known = [number for number, other in enumerate(arrays) if other is array]
        numbers.append(known[0] if known else len(arrays))
        arrays += [] if known else [array]
    reasons = [_list_reason(reason) for reason in coded.table]
    return Body([numbers, reasons], tuple(arrays))


def decode_contribution(body: Body) -> Contribution:
    """Return the contribution that a child process sent; its numbers are not checked yet."""
    numbers, reasons = _read_list(body.values, 2)
    points, low, high, codes = (_find_array(body, k) for k in _read_list(numbers, 4))
    table = tuple(_read_reason(reason) for reason in _read_list(reasons))
    return Contribution(points, low, high, CodedReasons(codes, table))


def encode_mask(answer: object) -> Body:
    """Describe what a condition returned."""
    return Body([], (take_numbers(answer),))


def decode_mask(body: Body) -> Array:
    """Return the mask that a child process sent; it is not checked yet."""
    return _find_array(body, 0)


def encode_reason(answer: object) -> Body:
    """Describe why a pair is refused."""
    return Body(_list_reason(take_reason(answer)))


def decode_reason(body: Body) -> Reason:
    """Return the reason that a child process sent."""
    return _read_reason(body.values)


def encode_faults(findings: Sequence[Finding]) -> Body:
    """Describe what is wrong with a plugin; the place is found again from the parameters."""
    return Body([[f.code, dict(f.params)] for f in findings[:_MOST_FAULTS]], is_fault=True)


def decode_faults(body: Body) -> tuple[tuple[str, Mapping[str, str]], ...]:
    """Return codes and parameters of faults, of which each can be said in both languages."""
    faults = _read_list(body.values)
    if not 0 < len(faults) <= _MOST_FAULTS:
        refuse_answer(len(faults))
    return tuple(_read_fault(fault) for fault in faults)


def _list_reason(reason: Reason) -> list[object]:
    listed = [[u.label_zh, u.label_en, u.value, u.source, u.value_en] for u in reason.fields]
    return [reason.zh, reason.en, listed]


def _read_reason(told: object) -> Reason:
    zh, en, uses = _read_list(told, 3)
    fields = tuple(FieldUse(*_read_texts(use, 5)) for use in _read_list(uses))
    return Reason(_read_text(zh), _read_text(en), fields)


def _read_rule(told: object, size: int) -> ToldRule:
    rule_id, version, label_zh, label_en, fields, *spread = _read_list(told, size)
    return ToldRule(
        _read_text(rule_id),
        _read_text(version),
        _read_text(label_zh),
        _read_text(label_en),
        _read_texts(fields),
        Decimal(_read_text(spread[0])) if spread else None,
    )


def _read_fault(told: object) -> tuple[str, Mapping[str, str]]:
    code, params = _read_list(told, 2)
    if not isinstance(params, dict) or len(params) > _MOST_PARAMS:
        refuse_answer(params)
    known = {_read_text(key): _read_text(value) for key, value in params.items()}
    line = known.get("line", "0")
    is_ours = _read_text(code).startswith(_OWN_AREAS) and _LINE.fullmatch(line)
    if not is_ours or any(len(value) > 5 * MOST_SHOWN for value in known.values()):
        refuse_answer(code)
    try:
        render(code, known, "zh")
    except KeyError as error:
        raise BadAnswerError(show_value(code)) from error
    return code, known


def _read_list(told: object, size: int | None = None) -> list[Any]:
    if not isinstance(told, list) or (size is not None and len(told) != size):
        refuse_answer(told)
    return told


def _read_texts(told: object, size: int | None = None) -> tuple[str, ...]:
    return tuple(_read_text(text) for text in _read_list(told, size))


def _read_text(told: object) -> str:
    if not isinstance(told, str):
        refuse_answer(told)
    try:
        told.encode()
    except UnicodeEncodeError:
        refuse_answer(told)
    return told


def _read_arrays(told: object, payload: bytes) -> tuple[Array, ...]:
    arrays = []
    start = 0
    for entry in _read_list(told):
        name, shape = _read_list(entry, 2)
        if not _NUMBERS.fullmatch(_read_text(name)) or len(shape) > _MOST_DIMENSIONS:
            refuse_answer(name)
        if not all(type(size) is int and size >= 0 for size in _read_list(shape)):
            refuse_answer(shape)
        dtype = np.dtype(name)
        end = start + math.prod(shape) * dtype.itemsize
        arrays.append(_view_array(payload[start:end], dtype).reshape(shape))
        start = end
    if start != len(payload):
        refuse_answer(len(payload))
    return tuple(arrays)


def _view_array(data: bytes, dtype: np.dtype[Any]) -> Array:
    """Return bytes as a read-only array; a yes or no that is neither of them is refused."""
    if dtype.kind == "b" and data and max(data) > 1:
        refuse_answer(max(data))
    array: Array = np.frombuffer(data, dtype=dtype)
    return array


def _find_array(body: Body, number: object) -> Array:
    if type(number) is not int or not 0 <= number < len(body.arrays):
        refuse_answer(number)
    return body.arrays[number]
