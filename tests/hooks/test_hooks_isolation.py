"""A plugin in a process of its own may do what it likes: the run goes on, and says what it was."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from tests.hooks.plugin_makers import (
    CONDITIONS,
    COUNTIES,
    COUNTY,
    PATIENT,
    QUICK,
    RULES,
    TAXONOMY,
    describe,
    load_here,
    make_candidates,
    make_rule_source,
    make_source,
    the_only,
)

from pairmatch.domain.candidates import Reason
from pairmatch.domain.plugins import PluginSource
from pairmatch.errors import PluginFaultError
from pairmatch.hooks import processes
from pairmatch.hooks.answers import (
    HEAD,
    BadAnswerError,
    Body,
    decode_contribution,
    decode_facts,
    decode_faults,
    decode_mask,
    decode_reason,
    join_answer,
    split_answer,
)
from pairmatch.hooks.child import OpenRequest, PluginServer, RuleRequest
from pairmatch.hooks.isolation import IsolatedPlugin, dump_request
from pairmatch.hooks.loading import ELIGIBILITY_HOOK, HOOK_NAMES, SCORE_HOOK
from pairmatch.messages import render

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="has no signals and no fork")

GOOD = """
    rows = candidates.village_idx.astype(np.int64)
    codes = candidates.unit_idx % 2
    reasons = CodedReasons(codes, (Reason("一", "one"), Reason("二", "two")))
    return Contribution(rows * spread, rows * spread - 1, rows * spread + 1, reasons)
"""


@pytest.fixture
def start(request):
    """Return a function that opens a plugin; its process is ended after the test."""

    def open_plugin(source, options=PATIENT):
        plugin = IsolatedPlugin(source, options)
        request.addfinalizer(plugin.close)
        return plugin, *plugin.open(COUNTIES, TAXONOMY)

    return open_plugin


def _ask(facts, candidates=None):
    candidates = make_candidates() if candidates is None else candidates
    return facts.score_rules[0].contribute(candidates, 300)


def _fail(action):
    """Return the one finding of the fault that an action raises; both languages can say it."""
    with pytest.raises(PluginFaultError) as caught:
        action()
    finding = the_only(caught.value.findings)
    for lang in ("zh", "en"):
        assert render(finding.code, finding.params, lang).hint
    assert finding.params["plugin"] == caught.value.params["plugin"]
    return finding


def _fail_all(facts):
    """Return the finding of every score rule of a plugin."""
    candidates, rules = make_candidates(), facts.score_rules
    return [_fail(lambda rule=rule: rule.contribute(candidates, 300)) for rule in rules]


def _fails_in_rule(start, folder, body, options=PATIENT):
    plugin, facts, _ = start(make_rule_source(folder, body), options)
    finding = _fail(lambda: _ask(facts))
    assert finding.params["rule"] == "yanchang.salt"
    assert finding.params["county"] == COUNTY
    return plugin, facts, finding


# -- what a good plugin says is the same in both ways


def test_answers_are_those_of_the_same_process_to_the_bit(start, tmp_path):
    code = """
    @score_pairs(rule_id="yanchang.near", version="2", label_zh="近", label_en="near", spread="2.5")
    def near(unit, village):
        value = village.indicators["pop"].value
        return Points(value / 300, f"人口{value}", "population") if value else NO_POINTS

    def contribute(candidates, spread):
        points = np.arange(len(candidates), dtype=np.int16)[::-1]
        reason = Reason("理由", "why", (FieldUse("人口", "population", "1", "表", "one"),))
        return Contribution(points, points.astype(">i4"), points.copy(), [reason] * len(points))

    def decide(candidates):
        return candidates.unit_idx != 0

    def explain(unit, village):
        return Reason(f"{unit.name}不行", unit.unit_id)

    @hookimpl
    def pairmatch_score_rules(county):
        return [near, make_rule(contribute)] if county == PLUGIN.county else []
    """
    source = make_source(
        tmp_path / "插件 夹",
        "from pairmatch.domain.candidates import FieldUse\n" + textwrap.dedent(code) + CONDITIONS,
    )
    _, apart, contained = start(source)
    here, _ = load_here(source)
    candidates = make_candidates()
    assert apart.info == here.info
    assert apart.hooks == here.hooks == tuple(sorted((SCORE_HOOK, ELIGIBILITY_HOOK)))
    assert [r.rule_id for r in apart.score_rules] == ["yanchang.near", "yanchang.salt"]
    for one, other in zip(apart.score_rules, here.score_rules, strict=True):
        for name in ("rule_id", "version", "label_zh", "label_en", "fields", "spread", "county"):
            assert getattr(one, name) == getattr(other, name)
        said = describe(one.contribute(candidates, 250))
        assert said == describe(other.contribute(candidates, 250))
    [one], [other] = apart.eligibility_rules, here.eligibility_rules
    assert one.decide(candidates).tolist() == other.decide(candidates).tolist()
    pair = candidates.units.records[0], candidates.villages.records[1]
    assert one.explain(*pair) == other.explain(*pair) == Reason("单位0不行", "U0")
    assert contained.county == COUNTY
    assert 0 < contained.seconds < 60


def test_no_candidates_is_a_question_too(start, tmp_path):
    _, facts, _ = start(make_rule_source(tmp_path, GOOD))
    assert len(_ask(facts, make_candidates(0, 2)).points) == 0
    assert len(_ask(facts).points) == 12


def test_a_plugin_from_an_installed_package(start, tmp_path, monkeypatch):
    (tmp_path / "salt_package.py").write_text(
        (Path(make_rule_source(tmp_path, GOOD).path) / "plugin.py").read_text(encoding="utf-8"),
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    origin = "salt-package 1.0"
    source = PluginSource("yanchang", "package", "salt_package", origin, "", True, "")
    _, facts, _ = start(source)
    assert _ask(facts).points.tolist() == [0, 300, 600, 900] * 3
    assert "salt_package" not in sys.modules


def test_the_code_never_runs_in_this_process(start, tmp_path):
    source = make_rule_source(tmp_path, GOOD)
    path = Path(source.path) / "plugin.py"
    path.write_text(
        path.read_text(encoding="utf-8")
        + f"\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))"
    )
    start(source)
    assert (tmp_path / "pid").read_text() != str(os.getpid())


def test_what_it_was_given_cannot_be_changed(start, tmp_path):
    changes = [
        "candidates.unit_idx[0] = 5",
        "candidates.villages.deficit[0, 0] = 5",
        "candidates.villages.records[0].indicators['pop'] = 5",
        "del candidates.background.distances[()]",
        "candidates.background.taxonomy.industries['B'] = ''",
        "candidates.steps_per_point = 5",
        "del candidates.units",
    ]
    for finding in _fail_all(start(make_rule_source(tmp_path, *changes))[1]):
        assert finding.code == "hooks.changed_inputs"


def test_candidates_travel_once(start, tmp_path, monkeypatch):
    sent = []
    _, facts, _ = start(make_rule_source(tmp_path, GOOD))
    real = processes.ChildProcess.ask

    def ask(self, request, limits):
        sent.append(len(request))
        return real(self, request, limits)

    monkeypatch.setattr(processes.ChildProcess, "ask", ask)
    candidates = make_candidates()
    first, second = _ask(facts, candidates), _ask(facts, candidates)
    assert describe(first) == describe(second)
    assert sent[1] < 300 < sent[0]
    assert describe(_ask(facts, make_candidates(2, 2))) != describe(first)


def test_what_it_prints_and_reads_leads_nowhere(start, tmp_path, capfd):
    body = "print('口' * 99999, flush=True); os.write(1, b'x' * 99999); os.write(2, b'y')\n"
    body += "assert sys.stdin.read() == ''\nos.system('echo hello; cat')\n"
    source = make_rule_source(tmp_path, body + textwrap.dedent(GOOD))
    _, facts, _ = start(source)
    assert len(_ask(facts).points) == 12
    assert capfd.readouterr() == ("", "")


def test_faults_are_those_of_the_same_process(start, tmp_path):
    bodies = [
        "raise ValueError('坏\\n了')",
        "raise SystemExit(3)",
        "raise KeyboardInterrupt",
        "raise MemoryError",
        "1 / 0",
        "raise ValueError('长' * 9999)",
        "raise ModuleNotFoundError(name='长' * 9999)",
        "return salt(candidates, spread)",
        "return salt_08(candidates, spread)",
    ]
    source = make_rule_source(tmp_path, *bodies)
    here, _ = load_here(source)
    _, facts, _ = start(source)
    # The process is still there: only limits and crashes end it.
    assert _fail_all(facts) == _fail_all(here)


@pytest.mark.parametrize(
    "code",
    [
        "raise ImportError('x')",
        "import no_such_module",
        "def (",
        "PLUGIN = None",
        "PLUGIN = PluginInfo('yanchang', '沧县', '1')",
        "PLUGIN = PluginInfo('yanchang', '黄骅市', '1', api=99)",
        "@hookimpl\ndef pairmatch_scor_rules(county): return ()",
        "@hookimpl\ndef pairmatch_score_rules(county): return None",
        "raise SystemExit",
        f"PLUGIN = PluginInfo({'长' * 9999!r}, '黄骅市', '1')",
        f"@hookimpl\ndef pairmatch_score_rules({'长' * 9999}): return ()",
    ],
)
def test_faults_of_loading_are_those_of_the_same_process(start, tmp_path, code):
    source = make_source(tmp_path, code)
    assert _fail(lambda: start(source)) == _fail(lambda: load_here(source))


def test_an_older_api_is_a_warning_here_too(start, tmp_path):
    code = "PLUGIN = PluginInfo('yanchang', '黄骅市', '1', api=0)"
    source = make_source(tmp_path, code)
    _, facts, _ = start(source)
    assert facts.warnings == load_here(source)[0].warnings
    assert the_only(facts.warnings).code == "hooks.older_api"


# -- what a bad one does


@pytest.mark.parametrize(
    ("end", "how"),
    [
        ("os._exit(7)", "exit 7"),
        ("os._exit(0)", "exit 0"),
        pytest.param("os.abort()", "SIGABRT", marks=POSIX),
        pytest.param("import ctypes; ctypes.string_at(0)", "SIGSEGV", marks=POSIX),
        pytest.param("os.kill(os.getpid(), 9)", "SIGKILL", marks=POSIX),
    ],
)
def test_a_rule_that_ends_the_process(start, tmp_path, end, how):
    plugin, facts, finding = _fails_in_rule(start, tmp_path, end)
    assert finding.code == "hooks.died"
    assert finding.params["how"] == how
    began = time.monotonic()
    assert _fail(lambda: _ask(facts)) == finding
    assert time.monotonic() - began < 0.1
    plugin.close()
    assert _fail(lambda: _ask(facts)) == finding


@pytest.mark.parametrize(
    "where", ["os._exit(4)", f"@hookimpl\ndef {SCORE_HOOK}(county): os._exit(4)"]
)
def test_one_that_ends_while_it_is_loaded(start, tmp_path, where):
    finding = _fail(lambda: start(make_source(tmp_path, where)))
    assert (finding.code, finding.params["how"]) == ("hooks.died", "exit 4")
    assert finding.place.file == "plugins/yanchang/plugin.py"


@pytest.mark.parametrize("loop", ["while True: pass", "import time; time.sleep(999)"])
def test_an_endless_rule(start, tmp_path, loop):
    began = time.monotonic()
    _, facts, finding = _fails_in_rule(start, tmp_path, loop, QUICK)
    assert (finding.code, finding.params["limit"]) == ("hooks.timed_out", "1")
    assert time.monotonic() - began < 15
    assert _fail(lambda: _ask(facts)) == finding


def test_an_endless_import(start, tmp_path):
    assert (
        _fail(lambda: start(make_source(tmp_path, "while True: pass"), QUICK)).code
        == "hooks.timed_out"
    )


def test_an_endless_condition_and_explanation(start, tmp_path):
    code = "def decide(c): return c.unit_idx < 0\ndef explain(u, v):\n    while True: pass\n"
    _, facts, contained = start(make_source(tmp_path, code + CONDITIONS), QUICK)
    [rule], candidates = facts.eligibility_rules, make_candidates()
    assert not rule.decide(candidates).any()
    before = contained.seconds
    finding = _fail(
        lambda: rule.explain(candidates.units.records[0], candidates.villages.records[0])
    )
    assert (finding.code, finding.params["rule"]) == ("hooks.timed_out", "yanchang.coast")
    assert contained.seconds - before >= 1


@pytest.mark.parametrize(
    "body",
    [
        "return bytearray(8 << 30)",
        "import time\nkept = []\nwhile not time.sleep(0.005):\n    kept.append(bytearray(4 << 20))",
    ],
)
def test_one_that_eats_memory(start, tmp_path, body):
    _, _, finding = _fails_in_rule(start, tmp_path, body)
    assert finding.code == "hooks.out_of_memory"
    assert finding.params["limit"] == "256"


@POSIX
def test_processes_it_starts_count_and_end_with_it(start, tmp_path):
    body = f"""
    import subprocess, time
    eater = "import time; kept = bytearray(200 << 20); time.sleep(99)"
    started = [subprocess.Popen([sys.executable, "-c", eater]) for _ in range(2)]
    open({str(tmp_path / "pids")!r}, "w").write(" ".join(str(p.pid) for p in started))
    time.sleep(99)
    """
    _, _, finding = _fails_in_rule(start, tmp_path, body)
    assert finding.code == "hooks.out_of_memory"
    _assert_gone((tmp_path / "pids").read_text().split())


@POSIX
def test_copies_of_itself_end_with_it(start, tmp_path):
    body = f"""
    import time
    for _ in range(5): os.fork()
    os.open(f"{tmp_path}/{{os.getpid()}}.pid", os.O_CREAT)
    time.sleep(99)
    """
    _, _, finding = _fails_in_rule(start, tmp_path, body, QUICK)
    assert finding.code in {"hooks.timed_out", "hooks.out_of_memory"}
    _assert_gone([path.stem for path in tmp_path.glob("*.pid")])


@pytest.mark.skipif(sys.platform != "linux", reason="such processes are found on Linux only")
def test_processes_that_left_the_session_end_with_it(start, tmp_path):
    body = f"""
    import time
    if not os.fork():
        os.setsid()
        if not os.fork():
            open({str(tmp_path / "pid")!r}, "w").write(str(os.getpid()))
            time.sleep(99)
        os._exit(0)
    time.sleep(99)
    """
    _, _, finding = _fails_in_rule(start, tmp_path, body, QUICK)
    assert finding.code == "hooks.timed_out"
    _assert_gone([(tmp_path / "pid").read_text()])


@POSIX
def test_a_copy_that_goes_on_gives_no_second_answer(start, tmp_path):
    _, facts, _ = start(make_rule_source(tmp_path, "os.fork()\n" + textwrap.dedent(GOOD)))
    for _ in range(3):
        assert _ask(facts).points.tolist() == [0, 300, 600, 900] * 3


@POSIX
def test_a_child_that_ends_while_a_copy_of_it_holds_the_pipe(start, tmp_path):
    body = "import time\nif os.fork(): os._exit(5)\ntime.sleep(99)"
    began = time.monotonic()
    _, _, finding = _fails_in_rule(start, tmp_path, body)
    assert (finding.code, finding.params["how"]) == ("hooks.died", "exit 5")
    assert time.monotonic() - began < 15


@POSIX
def test_closed_pipes(start, tmp_path):
    _, _, finding = _fails_in_rule(
        start, tmp_path, "os.closerange(3, 99)\nimport time; time.sleep(99)"
    )
    assert finding.code == "hooks.died"


@POSIX
@pytest.mark.parametrize(
    "data",
    [
        "b'hello, this is no answer at all'",
        "b'\\0' * 16",
        "b'\\xff' * 16",
        "HEAD.pack(1 << 40, 0)",
        "HEAD.pack(2, 0) + b'[]'",
        "b'x' * (64 << 20)",
        "(lambda b: HEAD.pack(len(b), 0) + b)(pickle.dumps(Bomb()))",
        "(lambda b: HEAD.pack(len(b), 0) + b)(b'[' * 1_000_000)",
    ],
)
def test_garbage_in_the_pipe(start, tmp_path, data):
    mark = tmp_path / "ran"
    body = f"""
    import pickle
    from pairmatch.hooks.answers import HEAD
    class Bomb:
        def __reduce__(self):
            return open, ({str(mark)!r}, "w")
    data = {data}
    for number in range(3, 30):
        try:
            os.write(number, data[:9])
        except OSError:
            continue
        rest = data[9:]
        while rest:
            rest = rest[os.write(number, rest):]
    """
    _, facts, finding = _fails_in_rule(start, tmp_path, body)
    assert finding.code in {"hooks.bad_answer", "hooks.died"}
    assert not mark.exists()
    assert _fail(lambda: _ask(facts)) == finding


def test_answers_of_the_wrong_kind(start, tmp_path):
    def with_reasons(reasons):
        return f"z = np.zeros(12, int)\nreturn Contribution(z, z, z, {reasons})"

    bodies = [
        "return None",
        "return 5",
        "return Contribution(None, None, None, [Reason('', '')] * 12)",
        "return Contribution('x', 1, 2, [Reason('', '')] * 12)",
        "o = np.array([object()] * 12)\nreturn Contribution(o, o, o, [Reason('', '')] * 12)",
        with_reasons("[]"),
        with_reasons("None"),
        with_reasons("'123456789012'"),
        with_reasons("[5] * 12"),
        with_reasons("[Reason(None, '')] * 12"),
        with_reasons("[Reason('', '', (5,))] * 12"),
        with_reasons("[Reason('', '', 5)] * 12"),
        with_reasons("CodedReasons(z, (5,))"),
    ]
    for finding in _fail_all(start(make_rule_source(tmp_path, *bodies))[1]):
        assert finding.code == "hooks.bad_answer"


def test_an_answer_beyond_all_measure(start, tmp_path):
    body = "z = np.zeros(12)\nreturn Contribution(z, z, z, [Reason('长' * 900_000, '')] * 12)"
    _, _, finding = _fails_in_rule(start, tmp_path, body)
    assert finding.code == "hooks.bad_answer"
    assert finding.params["value"].endswith(" B")


def test_numbers_of_any_kind_are_left_to_the_gate(start, tmp_path):
    body = """
    z = np.full((2, 3), np.nan)
    return Contribution(z, z, z, CodedReasons(np.zeros(12, np.uint8), (Reason("", ""),)))
    """
    _, facts, _ = start(make_rule_source(tmp_path, body))
    given = _ask(facts)
    assert given.points.shape == (2, 3)
    assert np.isnan(given.points).all()
    assert given.points is given.low is given.high


def test_one_dies_and_the_other_goes_on(start, tmp_path):
    _, bad, _ = start(make_rule_source(tmp_path, "os._exit(1)"))
    _, good, _ = start(make_rule_source(tmp_path, GOOD, name="other"))
    assert _fail(lambda: _ask(bad)).params["plugin"] == "yanchang"
    assert _ask(good).points.tolist() == [0, 300, 600, 900] * 3


# -- what comes back is read with distrust


def test_the_child_answers_what_it_is_asked(tmp_path):
    source = make_rule_source(tmp_path, GOOD, "return None")
    candidates, sent = make_candidates(), []
    requests = [
        OpenRequest(source, COUNTIES, TAXONOMY),
        RuleRequest("yanchang.salt", candidates, 300),
        RuleRequest("yanchang.salt", None, 300),
        RuleRequest("yanchang.salt_01", None, 300),
    ]
    frames = [dump_request(number, request)[8:] for number, request in enumerate(requests)]
    PluginServer().serve(frames, sent.append)
    bodies = [_split(data, number) for number, data in enumerate(sent)]
    assert decode_facts(bodies[0]).info == load_here(source)[0].info
    assert describe(decode_contribution(bodies[1])) == describe(_ask(load_here(source)[0]))
    assert bodies[1].values == bodies[2].values
    assert decode_faults(bodies[3])[0][0] == "hooks.bad_answer"


def _split(data, serial):
    header, payload = HEAD.unpack(data[: HEAD.size])
    rest = data[HEAD.size :]
    assert len(rest) == header + payload
    return split_answer(rest[:header], rest[header:], serial)


@pytest.mark.parametrize(
    ("header", "payload"),
    [
        (b"", b""),
        (b"\xff", b""),
        (b"5", b""),
        (b"[" * 100_000, b""),
        (b"{}", b""),
        (b'{"serial": 2, "is_fault": false, "values": 1, "arrays": []}', b""),
        (b'{"serial": 1, "is_fault": false, "values": 1, "arrays": []}', b"x"),
        (b'{"serial": 1, "is_fault": false, "values": 1, "arrays": 5}', b""),
        *(
            (b'{"serial": 1, "is_fault": false, "values": 1, "arrays": [%s]}' % array, b"\2" * 8)
            for array in (
                b'["|O", [1]]',
                b'["<M8", [1]]',
                b'["<i8", [2]]',
                b'["<i8", [-1]]',
                b'["<i8", [1.0]]',
                b'["<i8", [true]]',
                b'["<i8", 1]',
                b'["<i9", [1]]',
                b'["<i8", [0, 99999999999999999999]]',
                b'["<i8", [1,1,1,1,1,1,1,1,1,1]]',
                b'["|b1", [8]]',
                b'[["<i8"], [1]]',
                b"5",
            )
        ),
    ],
)
def test_no_answer_is_refused(header, payload):
    with pytest.raises(BadAnswerError):
        split_answer(header, payload, 1)


NUMBERS = (np.zeros(2, np.int64), np.zeros(2, np.int32))


@pytest.mark.parametrize(
    ("decode", "values", "arrays"),
    [
        (decode_facts, 5, ()),
        (decode_facts, [["a", "b", "c", "d", "e", "1"], [], [], [], [], []], ()),
        (decode_facts, [["a", "b", "c", "d", 5, 1], [], [], [], [], []], ()),
        (decode_facts, [[*"abcde", 1], ["__class__"], [], [], [], []], ()),
        (decode_facts, [[*"abcde", 1], [], [["a.b", "1", "", "", []]], [], [], []], ()),
        (decode_facts, [[*"abcde", 1], [], [], [["a.b", "1", "", "", "f"]], [], []], ()),
        (decode_facts, [[*"abcde", 1], [], [], [], [["a.b"]], []], ()),
        (decode_facts, [[*"abcde", 1], [], [], [], [], [["a.b", "", "", "text"]]], ()),
        (decode_facts, [[*"abcde", 1], [], [], [], [], []], NUMBERS),
        (decode_facts, [[*"abcde", 1], [], [], [], [], [[*"abcd"], [*"abcd"]]], NUMBERS),
        (decode_mask, [], ()),
        (decode_reason, ["a", "b"], ()),
        (decode_reason, ["a", "b", [["1", "2", "3", "4"]]], ()),
        (decode_reason, ["a", "\ud800", []], ()),
        (decode_contribution, [[0, 0, 0, 2], [["", "", []]]], NUMBERS),
        (decode_contribution, [[0, 0, 0, True], [["", "", []]]], NUMBERS),
        (decode_contribution, [[0, 0, 0], [["", "", []]]], NUMBERS),
        (decode_faults, [], ()),
        (decode_faults, [["hooks.raised", {}]], ()),
        (decode_faults, [["hooks.no_such_code", {}]], ()),
        (decode_faults, [["hooks.raised", 5]], ()),
        (decode_faults, [["load.not_xlsx", {}]], ()),
        (decode_faults, [["hooks.raised", {"plugin": "x", "rule": "x", "cause": "x" * 9999}]], ()),
        (
            decode_faults,
            [["hooks.raised", {"plugin": "", "rule": "", "cause": "", "line": "x"}]],
            (),
        ),
        (decode_faults, [["hooks.raised", {"plugin": 5, "rule": "x", "cause": "x"}]], ()),
    ],
)
def test_wrong_content_is_refused(decode, values, arrays):
    with pytest.raises(BadAnswerError):
        decode(Body(values, arrays))


def test_a_child_cannot_accuse_another_plugin(start, tmp_path, monkeypatch):
    plugin, facts, _ = start(make_rule_source(tmp_path, GOOD))
    params = {"plugin": "other", "county": "沧县", "rule": "other.x", "cause": "", "line": "7"}
    data = join_answer(2, Body([["hooks.raised", params]], is_fault=True))
    header = HEAD.unpack(data[: HEAD.size])[0]
    rest = data[HEAD.size :]
    answer = processes.Answer(rest[:header], rest[header:])
    monkeypatch.setattr(processes.ChildProcess, "ask", lambda *_: answer)
    finding = _fail(lambda: _ask(facts))
    assert finding.params["plugin"] == "yanchang"
    assert finding.params["county"] == "–"
    assert (finding.place.file, finding.place.row) == ("plugins/yanchang/plugin.py", 7)
    plugin.close()


def test_a_child_cannot_pass_off_rules_that_the_contract_forbids(start, tmp_path, monkeypatch):
    facts = [["yanchang", COUNTY, "1", "", "", 1], [SCORE_HOOK]]
    rule = ["condition.scope", "1", "一", "one", [], "3"]
    told = (
        ("bad_rule_id", rule),
        ("bad_spread", ["yanchang.a", *rule[1:5], "NaN"]),
        ("bad_answer", ["yanchang.a", *rule[1:5], "three"]),
    )
    for code, said in told:
        answer = Body([*facts, [said], [], [], []])
        monkeypatch.setattr(IsolatedPlugin, "_exchange", lambda *_, answer=answer: answer)
        source = make_rule_source(tmp_path / code, GOOD)
        assert _fail(lambda source=source: start(source)).code == f"hooks.{code}"


def test_every_hook_comes_through(start, tmp_path):
    _, facts, _ = start(
        make_source(
            tmp_path,
            "def decide(c): ...\ndef explain(u, v): ...\ndef contribute(c, s): ...\n"
            + RULES
            + CONDITIONS
            + "@hookimpl\ndef pairmatch_actions(county): return ()\n"
            + "@hookimpl\ndef pairmatch_plan_templates(county): return ()\n",
        )
    )
    assert facts.hooks == HOOK_NAMES


# -- no process is left behind


def test_closing_ends_the_process_and_may_be_done_twice(start, tmp_path):
    plugin, facts, _ = start(make_rule_source(tmp_path, GOOD))
    [process] = _find_children()
    plugin.close()
    plugin.close()
    assert not process.is_running()
    assert _fail(lambda: _ask(facts)).code == "hooks.died"
    unopened = IsolatedPlugin(make_rule_source(tmp_path, GOOD, name="unopened"), PATIENT)
    unopened.close()
    assert _fail(lambda: unopened.open(COUNTIES, TAXONOMY)).code == "hooks.died"


def test_children_can_start_side_by_side(tmp_path):
    plugins = [
        IsolatedPlugin(make_rule_source(tmp_path, GOOD, name=f"p{k}"), PATIENT) for k in range(2)
    ]
    try:
        for plugin in plugins:
            plugin.start()
            plugin.start()
        assert len(_find_children()) == 2
        for plugin in plugins:
            facts, _ = plugin.open(COUNTIES, TAXONOMY)
            assert len(_ask(facts).points) == 12
    finally:
        for plugin in plugins:
            plugin.close()
    assert not _find_children()


@pytest.mark.parametrize("program", [None, "", "/no/such/python"])
def test_no_process_can_be_started(start, tmp_path, monkeypatch, program):
    monkeypatch.setattr(sys, "executable", program)
    source = make_rule_source(tmp_path, GOOD)
    assert _fail(lambda: start(source)).code == "hooks.not_started"
    plugin = IsolatedPlugin(source, PATIENT)
    plugin.start()
    assert _fail(lambda: plugin.open(COUNTIES, TAXONOMY)).code == "hooks.not_started"


MAIN = """
import os, sys
sys.path[:0] = {path!r}
from tests.hooks.plugin_makers import *
from pairmatch.hooks.isolation import IsolatedPlugin
if __name__ == "__main__":
    source = PluginSource("yanchang", "python", {plugin!r}, "plugins/yanchang", "", True, "")
    plugin = IsolatedPlugin(source, PluginOptions(isolate=True, time_s=60))
    facts, _ = plugin.open(COUNTIES, TAXONOMY)
    try:
        facts.score_rules[0].contribute(make_candidates(), 300)
    except KeyboardInterrupt:
        plugin.close()
        sys.exit(130)
"""


def _run_main(folder, body):
    """Start a program that asks a plugin; return it and the id of the plugin's process."""
    mark = folder / "child"
    wait = f"open({str(mark) + '.part'!r}, 'w').write(str(os.getpid()))\n"
    wait += f"os.rename({str(mark) + '.part'!r}, {str(mark)!r})\n"
    source = make_rule_source(folder, wait + body)
    program = folder / "main.py"
    text = MAIN.format(path=[p for p in sys.path if p], plugin=source.path)
    program.write_text(text, encoding="utf-8")
    # In the locale of C, as on a server without settings.
    env = {"LC_ALL": "C"} | {
        k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))
    }
    started = subprocess.Popen(
        [sys.executable, str(program)], env=env, cwd=Path(__file__).parents[2]
    )
    while not mark.exists():
        assert started.poll() is None
        time.sleep(0.02)
    return started, mark.read_text()


HANGS = ["import time; time.sleep(99)", "while True: pass"]


@POSIX
@pytest.mark.parametrize("body", HANGS)
def test_the_users_interrupt_ends_both(tmp_path, body):
    started, pid = _run_main(tmp_path / "黄骅 市", body)
    began = time.monotonic()
    started.send_signal(signal.SIGINT)
    assert started.wait(10) == 130
    assert time.monotonic() - began < 5
    _assert_gone([pid])


@POSIX
@pytest.mark.parametrize("body", HANGS)
def test_a_killed_parent_leaves_no_orphan(tmp_path, body):
    started, pid = _run_main(tmp_path / "黄骅 市", body)
    started.kill()
    started.wait(10)
    _assert_gone([pid])


def _find_children():
    children = psutil.Process().children()
    return [found for found in children if "pairmatch.hooks.child" in " ".join(found.cmdline())]


def _assert_gone(pids):
    assert pids
    deadline = time.monotonic() + 10
    left = [int(pid) for pid in pids]
    while left and time.monotonic() < deadline:
        left = [pid for pid in left if _is_alive(pid)]
        time.sleep(0.02)
    assert not left


def _is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
