"""A plugin in a process of its own (``--isolate``), with limits of time and memory.

The plugin is never imported here: it can crash, hang or eat memory without taking the run with it.
That is no wall against malice: the process may read what the user may read.
"""

import io
import pickle
import threading
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np

from pairmatch.domain.candidates import (
    BoolArray,
    Candidates,
    Contribution,
    EligibilityRule,
    Reason,
    ScoreRule,
)
from pairmatch.domain.findings import Finding
from pairmatch.domain.plantemplates import NO_CONTEXT, PlanContext
from pairmatch.domain.plugins import PluginInfo, PluginOptions, PluginSource
from pairmatch.domain.records import Unit, Village
from pairmatch.domain.taxonomy import Taxonomy
from pairmatch.errors import PluginFaultError
from pairmatch.hooks.answers import (
    Body,
    ToldFacts,
    ToldRule,
    decode_contribution,
    decode_facts,
    decode_faults,
    decode_mask,
    decode_reason,
    split_answer,
)
from pairmatch.hooks.child import (
    REQUEST_HEAD,
    ExplainRequest,
    OpenRequest,
    Request,
    RuleRequest,
    lock_array,
    lock_mapping,
)
from pairmatch.hooks.containment import BadAnswerError, Containment, make_fault
from pairmatch.hooks.loading import (
    ACTION_HOOK,
    ELIGIBILITY_HOOK,
    SCORE_HOOK,
    TEMPLATE_HOOK,
    PluginFacts,
    build_manager,
    load_plugin,
)
from pairmatch.hooks.planrecords import MOST_TEMPLATE_BYTES
from pairmatch.hooks.processes import ChildEndedError, ChildProcess, Limits
from pairmatch.hooks.specs import hookimpl

Result = TypeVar("Result")

MOST_HEADER, HEADER_PER_PAIR = 4 << 20, 2048
MOST_PAYLOAD, PAYLOAD_PER_PAIR = 1 << 16, 4 * 16
"""Bytes that an answer may have: texts, and four arrays of numbers."""

MOST_FACTS = MOST_TEMPLATE_BYTES + MOST_PAYLOAD
"""Bytes of arrays that the first answer may have: the templates of the plugin."""


class IsolatedPlugin:
    """One plugin in a child process, which lives as long as the run.

    Parameters
    ----------
    source
        Where the plugin lies.
    options
        The limits of time and memory.
    """

    def __init__(self, source: PluginSource, options: PluginOptions) -> None:
        self._source, self._options = source, options
        self._contained = Containment(source)
        self._child: ChildProcess | None = None
        self._fault: PluginFaultError | None = None
        self._counties: tuple[str, ...] = ()
        self._sent: Candidates | None = None
        self._serial = 0
        self._lock = threading.RLock()

    def start(self) -> None:
        """Start the process without waiting, so that several of them can start side by side.

        If that fails, `open` says so.
        """
        options = self._options
        if self._child is None and self._fault is None:
            self._child = ChildProcess(options.time_s, options.memory_mb, options.probe)
            try:
                self._child.start()
            except ChildEndedError as error:
                self._note_end(error.code, "", error.params)

    def open(
        self,
        counties: Sequence[str],
        taxonomy: Taxonomy,
        context: PlanContext = NO_CONTEXT,
    ) -> tuple[PluginFacts, Containment]:
        """Load the plugin in its process and return its facts, with rules that ask the process.

        Parameters
        ----------
        counties
            The counties of the scenario.
        taxonomy
            The tables that the fields of rules come from.
        context
            What actions and templates are checked against, in this process.

        Raises
        ------
        PluginFaultError
            If the plugin cannot be loaded, breaks the contract or goes beyond a limit.
        """
        self._counties = tuple(counties)
        request = OpenRequest(self._source, self._counties, taxonomy, self._options.probe)
        try:
            # What the process says is checked as if a plugin in this process had said it.
            facts, containment = load_plugin(
                build_manager(),
                self._source,
                lambda: self._make_stand_in(self._ask(request, decode_facts)),
                counties,
                taxonomy,
                context,
            )
        except BaseException:
            self.close()
            raise
        self._contained.county = containment.county
        return facts, containment

    def close(self) -> None:
        """End the process and all it has started; may be called again."""
        if self._child is not None:
            self._child.end()
        if self._fault is None:
            finding = self._contained.describe_fault("hooks.died", how="closed")
            self._fault = self._make_error([finding])

    def _make_stand_in(self, told: ToldFacts) -> "_StandIn":
        """Return an object with the hooks that the plugin has, made of what the process says."""
        answers: dict[str, tuple[Any, ...]] = {
            SCORE_HOOK: tuple(map(self._make_score_rule, told.score_rules)),
            ELIGIBILITY_HOOK: tuple(map(self._make_condition, told.eligibility_rules)),
            ACTION_HOOK: told.actions,
            TEMPLATE_HOOK: told.plan_templates,
        }
        return _StandIn(told.info, {name: answers.get(name, ()) for name in told.hooks})

    def _make_score_rule(self, told: ToldRule) -> ScoreRule:
        def contribute(candidates: Candidates, spread: int) -> Contribution:
            return self._ask_rule(
                told.rule_id,
                candidates,
                spread,
                decode_contribution,
            )

        return ScoreRule(
            told.rule_id,
            told.version,
            told.label_zh,
            told.label_en,
            contribute,
            fields=told.fields,
            spread=told.spread or Decimal(0),
        )

    def _make_condition(self, told: ToldRule) -> EligibilityRule:
        def decide(candidates: Candidates) -> BoolArray:
            return self._ask_rule(told.rule_id, candidates, None, decode_mask)

        def explain(unit: Unit, village: Village) -> Reason:
            request = ExplainRequest(told.rule_id, unit, village)
            return self._ask(request, decode_reason, told.rule_id)

        return EligibilityRule(
            told.rule_id,
            told.version,
            told.label_zh,
            told.label_en,
            decide,
            explain,
            fields=told.fields,
        )

    def _ask_rule(
        self,
        rule_id: str,
        candidates: Candidates,
        spread: int | None,
        decode: Callable[[Body], Result],
    ) -> Result:
        with self._lock:
            # All rules of a plugin are asked about the same candidates: they travel once.
            known = candidates is self._sent
            request = RuleRequest(rule_id, None if known else candidates, spread)
            self._sent = candidates
            return self._ask(request, decode, rule_id, len(candidates))

    def _ask(
        self,
        request: Request,
        decode: Callable[[Body], Result],
        rule_id: str = "",
        num_pairs: int = 0,
    ) -> Result:
        with self._lock:
            try:
                body = self._exchange(request, num_pairs)
                if not body.is_fault:
                    return _distrust(decode, body)
                faults = _distrust(decode_faults, body)
            except ChildEndedError as error:
                raise self._note_end(error.code, rule_id, error.params) from error
            except BadAnswerError as error:
                params = {"value": error.value}
                raise self._note_end("hooks.bad_answer", rule_id, params) from error
        raise self._make_error([self._take_fault(code, params) for code, params in faults])

    def _exchange(self, request: Request, num_pairs: int) -> Body:
        self.start()
        if self._fault is not None:
            raise self._make_error(self._fault.findings)
        assert self._child is not None  # noqa: S101 - started, or a fault
        if isinstance(request, OpenRequest):
            # Python's own start is not the plugin's time.
            self._child.wait_ready()
        self._serial += 1
        is_first = isinstance(request, OpenRequest)
        limits = Limits(
            self._options.time_s,
            MOST_HEADER + HEADER_PER_PAIR * num_pairs,
            MOST_FACTS if is_first else MOST_PAYLOAD + PAYLOAD_PER_PAIR * num_pairs,
        )
        answer = self._child.ask(dump_request(self._serial, request), limits)
        return split_answer(answer.header, answer.payload, self._serial)

    def _note_end(self, code: str, rule_id: str, params: Mapping[str, str]) -> PluginFaultError:
        """End the process for good and return why: every further request fails the same way."""
        self._fault = self._make_error([self._contained.describe_fault(code, rule_id, **params)])
        self.close()
        return self._fault

    def _take_fault(self, code: str, params: Mapping[str, str]) -> Finding:
        """Return a fault as this process would describe it, whomever the child says it is of."""
        own = {key: value for key, value in params.items() if key not in ("plugin", "county")}
        county = params.get("county", "")
        self._contained.county = county if county in self._counties else ""
        return self._contained.describe_fault(code, **own)

    def _make_error(self, findings: Sequence[Finding]) -> PluginFaultError:
        return make_fault(findings, self._source.name)


def dump_request(serial: int, request: Request) -> bytes:
    """Return a request as bytes; what is read-only stays so on the other side."""
    buffer = io.BytesIO()
    _RequestPickler(buffer, protocol=5).dump((serial, request))
    data = buffer.getbuffer()
    return REQUEST_HEAD.pack(len(data)) + data


class _RequestPickler(pickle.Pickler):
    """Pickles read-only mappings, which pickle cannot, and arrays, which it makes writable."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, MappingProxyType):
            return lock_mapping, (dict(value),)
        if type(value) is np.ndarray and not value.flags.writeable and not value.dtype.hasobject:
            return lock_array, (value.tobytes(), value.dtype.str, value.shape)
        return NotImplemented


def _distrust(decode: Callable[[Body], Result], body: Body) -> Result:
    try:
        return decode(body)
    except BadAnswerError:
        raise
    except Exception as error:
        raise BadAnswerError(type(error).__name__) from error


class _StandIn:
    """The plugin as the manager of this process sees it."""

    def __init__(self, info: PluginInfo, answers: Mapping[str, tuple[Any, ...]]) -> None:
        self.PLUGIN = info
        for name, rules in answers.items():
            setattr(self, name, _make_hook(info.county, rules))


def _make_hook(county: str, rules: tuple[Any, ...]) -> Callable[[str], tuple[Any, ...]]:
    own = county

    # pluggy goes by the name of the argument.
    @hookimpl
    def hook(county: str) -> tuple[Any, ...]:
        return rules if county == own else ()

    return hook
