"""What rules of plugins answer, taken over as plain data: reading it later runs none of their code.

Both ways of running a plugin use this, inside its containment. Whether the numbers are those that
were wanted is left to the gate.
"""

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from pairmatch.domain.candidates import CodedReasons, Contribution, FieldUse, Reason
from pairmatch.hooks.containment import BadAnswerError, show_value

Array = NDArray[Any]


def take_contribution(answer: object, num_candidates: int) -> Contribution:
    """Return what a score rule returned.

    Raises
    ------
    BadAnswerError
        If it is no contribution of arrays of numbers, with one reason per candidate.
    """
    if not isinstance(answer, Contribution):
        refuse_answer(answer)
    reasons = _take_reasons(answer.reasons, num_candidates)
    points, low, high = map(take_numbers, (answer.points, answer.low, answer.high))
    return Contribution(points, low, high, reasons)


def take_numbers(answer: object) -> Array:
    """Return an array of numbers or of yes and no, such as a condition returns.

    Raises
    ------
    BadAnswerError
        If it is none.
    """
    if not isinstance(answer, np.ndarray) or answer.dtype.kind not in "biufc":
        refuse_answer(answer)
    if isinstance(answer, np.ma.MaskedArray):  # what is masked has no number
        refuse_answer(answer)
    return answer if type(answer) is np.ndarray else np.asarray(answer)


def take_reason(answer: object) -> Reason:
    """Return a reason of texts that can be written.

    Raises
    ------
    BadAnswerError
        If it is none.
    """
    if not isinstance(answer, Reason) or not isinstance(answer.fields, tuple):
        refuse_answer(answer)
    fields = tuple([_take_field(use, answer) for use in answer.fields]) if answer.fields else ()
    zh, en = take_texts((answer.zh, answer.en), answer)
    return Reason(zh, en, fields)


def refuse_answer(value: object) -> NoReturn:
    """Raise the error that says what came instead."""
    raise BadAnswerError(show_value(value))


def take_texts(texts: Sequence[object], owner: object) -> tuple[str, ...]:
    """Return texts as Python's own: a kind of text that the plugin made would run its code.

    Raises
    ------
    BadAnswerError
        If one is none, or cannot be written to a file; it shows the owner.
    """
    taken = []
    for text in texts:
        if not isinstance(text, str):
            refuse_answer(owner)
        try:
            encoded = str.encode(text)
        except UnicodeEncodeError:  # half a character, which no file can hold
            refuse_answer(owner)
        taken.append(text if type(text) is str else encoded.decode())
    return tuple(taken)


def _take_field(use: object, reason: Reason) -> FieldUse:
    if not isinstance(use, FieldUse):
        refuse_answer(reason)
    texts = (use.label_zh, use.label_en, use.value, use.source, use.value_en)
    return FieldUse(*take_texts(texts, reason))


def _take_reasons(reasons: object, num_candidates: int) -> CodedReasons:
    """Return one code per candidate and the few different reasons they stand for."""
    if isinstance(reasons, CodedReasons):
        return CodedReasons(take_numbers(reasons.codes), tuple(map(take_reason, reasons.table)))
    if not isinstance(reasons, tuple | list) or len(reasons) != num_candidates:
        refuse_answer(reasons)
    places: dict[Reason, int] = {}
    numbers = [places.setdefault(take_reason(reason), len(places)) for reason in reasons]
    return CodedReasons(np.array(numbers, dtype=np.int32), tuple(places))
