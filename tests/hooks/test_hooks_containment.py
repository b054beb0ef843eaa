"""Whatever a plugin does while it is loaded or asked, one finding says what, where and whose."""

import re
import signal
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from tests.hooks.plugin_makers import (
    CONDITIONS,
    COUNTIES,
    COUNTY,
    RULES,
    TAXONOMY,
    load_here,
    make_candidates,
    make_rule_source,
    make_source,
    the_only,
)
from tests.load.sheet_makers import list_placeholders

from pairmatch.domain.findings import Severity
from pairmatch.domain.plugins import PluginSource
from pairmatch.errors import PluginFaultError
from pairmatch.hooks.containment import MOST_SHOWN, show_value
from pairmatch.hooks.loading import build_manager, call_hook, load_plugin, open_module
from pairmatch.messages import read_catalogue, render

SOURCE = Path(__file__).parents[2] / "src" / "pairmatch"


def _fail(action):
    """Return the one finding of the fault that an action raises; both languages can say it."""
    with pytest.raises(PluginFaultError) as caught:
        action()
    assert caught.value.exit_code == 5
    assert render(caught.value.code, caught.value.params, "zh").hint
    finding = the_only(caught.value.findings)
    assert finding.severity is Severity.ERROR
    for lang in ("zh", "en"):
        message = render(finding.code, finding.params, lang)
        assert finding.params["plugin"] in message.text
        assert message.text.isprintable()
        assert message.hint
    return finding


def _refuse(folder, code):
    return _fail(lambda: load_here(make_source(folder, code)))


def _ask(folder, body):
    facts, _ = load_here(make_rule_source(folder, body))
    finding = _fail(lambda: facts.score_rules[0].contribute(make_candidates(), 300))
    assert finding.params["rule"] == "yanchang.salt"
    assert finding.params["county"] == COUNTY
    return finding


def _line_of(folder, text, name="yanchang"):
    lines = (folder / name / "plugin.py").read_text(encoding="utf-8").splitlines()
    return 1 + next(number for number, line in enumerate(lines) if text in line)


# -- loading


@pytest.mark.parametrize(
    ("code", "fault", "cause"),
    [
        ("raise ImportError('no')", "raised", "ImportError: no"),
        ("from pairmatch.hooks import no_such_name", "raised", "ImportError: cannot import"),
        ("import no_such_module", "missing_dependency", "no_such_module"),
        ("import no_such_module.part", "missing_dependency", "no_such_module"),
        ("def f(:", "syntax_error", "SyntaxError"),
        ("if True:\npass", "syntax_error", "IndentationError"),
        ("1 / 0", "raised", "ZeroDivisionError"),
        ("sys.exit(0)", "tried_to_end", "SystemExit: 0"),
        ("raise SystemExit", "tried_to_end", "SystemExit"),
        ("raise KeyboardInterrupt", "tried_to_end", "KeyboardInterrupt"),
        ("raise GeneratorExit", "tried_to_end", "GeneratorExit"),
        ("raise MemoryError", "out_of_memory", "MemoryError"),
        ("class Own(BaseException): pass\nraise Own('x')", "raised", "Own: x"),
        ("COUNTIES[0] = 5", "raised", "NameError"),
    ],
)
def test_an_import_that_fails_names_its_line(tmp_path, code, fault, cause):
    finding = _refuse(tmp_path, code)
    assert finding.code == f"hooks.{fault}"
    assert finding.params["cause"].startswith(cause)
    assert finding.place.file == "plugins/yanchang/plugin.py"
    last = code.splitlines()[-1]
    assert finding.place.row == _line_of(tmp_path, last)


def test_a_fault_in_a_module_beside_it_names_the_line_that_imports_it(tmp_path):
    source = make_source(tmp_path, "from . import beside")
    (tmp_path / "yanchang" / "beside.py").write_text("\n\n\n1 +", encoding="utf-8")
    finding = _fail(lambda: load_here(source))
    assert finding.code == "hooks.syntax_error"
    assert finding.place.row == _line_of(tmp_path, "from . import beside")


def test_a_folder_that_is_gone(tmp_path):
    source = PluginSource("none", "python", str(tmp_path / "none"), "plugins/none", "", True, "")
    assert _fail(lambda: load_here(source)).code == "hooks.raised"


def test_a_package_that_is_not_what_it_says(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "salt_parts.py").write_text("", encoding="utf-8")
    for path, fault in (
        ("no_salt_package", "missing_dependency"),
        ("salt_parts:missing", "raised"),
        ("salt_parts", "no_info"),
    ):
        source = PluginSource("salt", "package", path, "salt 1.0", "", True, "")
        finding = _fail(lambda source=source: load_here(source))
        assert finding.code == f"hooks.{fault}"
        assert finding.place.file == "salt 1.0"


@pytest.mark.parametrize(
    ("info", "fault"),
    [
        ("None", "no_info"),
        ("{'name': 'yanchang'}", "no_info"),
        ("PluginInfo", "no_info"),
        ("PluginInfo('yanchang', '黄骅市', 1)", "bad_info"),
        ("PluginInfo('yanchang', None, '1')", "bad_info"),
        ("PluginInfo('yanchang', '', '1')", "bad_info"),
        ("PluginInfo('yanchang', '黄骅市', '')", "bad_info"),
        ("PluginInfo('yanchang', '黄骅市', '1', label_zh=None)", "bad_info"),
        ("PluginInfo('yanchang', '黄骅市', '1', api='1')", "bad_info"),
        ("PluginInfo('huanghua', '黄骅市', '1')", "other_name"),
        ("PluginInfo('yanchang', '黄骅市', '1', api=2)", "newer_api"),
        ("PluginInfo('yanchang', '黄骅', '1')", "wrong_county"),
    ],
)
def test_what_it_says_about_itself_is_checked(tmp_path, info, fault):
    assert _refuse(tmp_path, f"PLUGIN = {info}").code == f"hooks.{fault}"


def test_the_closest_county_is_named(tmp_path):
    finding = _refuse(tmp_path, "PLUGIN = PluginInfo('yanchang', '黄骅', '1')")
    assert finding.params["closest"] == COUNTY


def test_an_older_api_is_used_with_a_warning(tmp_path):
    code = "PLUGIN = PluginInfo('yanchang', '黄骅市', '1', api=0)"
    facts, _ = load_here(make_source(tmp_path, code))
    warning = the_only(facts.warnings)
    assert (warning.code, warning.severity) == ("hooks.older_api", Severity.WARNING)


@pytest.mark.parametrize(
    ("hook", "fault"),
    [
        ("@hookimpl\ndef pairmatch_scor_rules(county): return ()", "unknown_hook"),
        ("def pairmatch_scor_rules(county): return ()", "unknown_hook"),
        ("pairmatch_helper = 5", "unknown_hook"),
        ("def pairmatch_score_rules(county): return ()", "unmarked_hook"),
        ("pairmatch_score_rules = 5", "unmarked_hook"),
        ("@hookimpl\ndef pairmatch_score_rules(countty): return ()", "bad_hook"),
        ("@hookimpl\ndef pairmatch_score_rules(county, villages): return ()", "bad_hook"),
        ("@hookimpl\ndef salt_rules(county): return ()", "bad_hook"),
        ("@hookimpl\ndef pairmatch_score_rules(county): return None", "answered_none"),
        ("@hookimpl\ndef pairmatch_score_rules(county): pass", "answered_none"),
        ("@hookimpl\ndef pairmatch_score_rules(county): return 5", "not_rules"),
        ("@hookimpl\ndef pairmatch_score_rules(county): return 'abc'", "not_rules"),
        ("@hookimpl\ndef pairmatch_score_rules(county): return [5]", "not_rules"),
        ("@hookimpl\ndef pairmatch_score_rules(county): return [None]", "not_rules"),
        ("@hookimpl\ndef pairmatch_score_rules(county): yield 5", "not_rules"),
        ("@hookimpl\ndef pairmatch_score_rules(county): return 1 / 0", "raised"),
        ("@hookimpl\ndef pairmatch_score_rules(county): sys.exit(1)", "tried_to_end"),
    ],
)
def test_hooks_are_checked(tmp_path, hook, fault):
    assert _refuse(tmp_path, hook).code == f"hooks.{fault}"


def test_the_closest_hook_is_named(tmp_path):
    finding = _refuse(tmp_path, "@hookimpl\ndef pairmatch_scor_rules(county): return ()")
    assert finding.params["closest"] == "pairmatch_score_rules"


def test_a_condition_is_no_score_rule(tmp_path):
    code = """
    decide = explain = None
    @hookimpl
    def pairmatch_score_rules(county):
        return (make_condition(decide, explain),)
    """
    assert _refuse(tmp_path, code).code == "hooks.not_rules"


@pytest.mark.parametrize("asked", ["孟村回族自治县", "", "–"])
def test_rules_for_another_county_are_refused(tmp_path, asked):
    code = f"""
    @hookimpl
    def pairmatch_score_rules(county):
        return (make_rule(None),) if county in ({asked!r}, PLUGIN.county) else ()
    """
    finding = _refuse(tmp_path, code)
    assert finding.code == "hooks.foreign_county"
    assert finding.params["rule"] == "yanchang.salt"
    assert finding.params["abroad"] == (asked or "*")


def test_a_rule_that_names_another_county_is_refused(tmp_path):
    rule = "replace(make_rule(None), county='沧县')"
    code = f"from dataclasses import replace\ncontribute = None\nrule = {rule}\n"
    finding = _refuse(tmp_path, code + RULES.replace("make_rule(contribute)", "rule"))
    assert (finding.code, finding.params["abroad"]) == ("hooks.foreign_county", "沧县")


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ("rule_id='other.salt'", "bad_rule_id"),
        ("rule_id='salt'", "bad_rule_id"),
        ("rule_id='yanchang.'", "bad_rule_id"),
        ("rule_id='yanchang.盐'", "bad_rule_id"),
        ("rule_id='yanchang.Salt'", "bad_rule_id"),
        ("rule_id='yanchang.a.b'", "bad_rule_id"),
        ("rule_id='yanchang.salt\\\\n'", "bad_rule_id"),
        ("rule_id=5", "bad_rule_id"),
        ("rule_id=None", "bad_rule_id"),
        ("version=''", "no_label"),
        ("version=1", "no_label"),
        ("label_zh=''", "no_label"),
        ("label_en=None", "no_label"),
        ("fields=('village.no_such_field',)", "unknown_field"),
        ("fields='unit'", "unknown_field"),
        ("fields=(5,)", "unknown_field"),
        ("fields=5", "raised"),
        ("fields=None", "raised"),
        ("spread=3", "bad_spread"),
        ("spread=None", "bad_spread"),
        ("spread=Decimal('NaN')", "bad_spread"),
        ("spread=Decimal('sNaN')", "bad_spread"),
        ("spread=Decimal('Infinity')", "bad_spread"),
        ("spread=Decimal('1E+999999')", "bad_spread"),
        ("spread=Decimal('-1')", "bad_spread"),
    ],
)
def test_what_a_rule_declares_is_checked(tmp_path, changes, fault):
    code = f"from dataclasses import replace\nrule = replace(make_rule(None), {changes})\n"
    finding = _refuse(tmp_path, code + RULES.replace("make_rule(contribute)", "rule"))
    assert finding.code == f"hooks.{fault}"


@pytest.mark.parametrize("hooks", ["twice", "both"])
def test_an_id_belongs_to_one_rule(tmp_path, hooks):
    code = "contribute = decide = explain = None\n"
    if hooks == "twice":
        code += RULES.replace("make_rule(contribute),", "make_rule(None), make_rule(None)")
    else:
        condition = "make_condition(None, None, 'yanchang.salt')"
        code += RULES + CONDITIONS.replace("make_condition(decide, explain)", condition)
    finding = _refuse(tmp_path, code)
    assert (finding.code, finding.params["rule"]) == ("hooks.duplicate_rule", "yanchang.salt")


def test_the_next_plugin_is_loaded_all_the_same(tmp_path):
    manager = build_manager()
    for number, code in enumerate(
        ["1 / 0", "PLUGIN = None", "@hookimpl\ndef pairmatch_x(county): ...", "pairmatch_y = 1"]
    ):
        bad = make_source(tmp_path / str(number), code)
        with pytest.raises(PluginFaultError):
            load_plugin(manager, bad, lambda s=bad: open_module(s), COUNTIES, TAXONOMY)
    good = make_rule_source(tmp_path, "return None", name="good")
    facts, _ = load_plugin(manager, good, lambda: open_module(good), COUNTIES, TAXONOMY)
    assert [rule.rule_id for rule in facts.score_rules] == ["good.salt"]


def test_a_plugin_that_is_false_is_asked_for_itself_only(tmp_path):
    manager = build_manager()
    code = """
    class Plugin:
        def __len__(self): return 0
    def contribute(c, s): ...
    plugin = Plugin()
    plugin.PLUGIN = PLUGIN
    """
    hook = RULES + "plugin.pairmatch_score_rules = pairmatch_score_rules"
    code = textwrap.dedent(code) + hook
    source = make_source(tmp_path, code)
    plugin = open_module(source).plugin
    load_plugin(manager, source, lambda: plugin, COUNTIES, TAXONOMY)
    assert call_hook(manager, "pairmatch_score_rules", "nobody", COUNTY) is None


def test_importing_twice_imports_afresh_and_writes_nothing(tmp_path):
    source = make_rule_source(tmp_path, "return None")
    first = open_module(source)
    first.left_over = True
    assert not hasattr(open_module(source), "left_over")
    assert [path.name for path in tmp_path.rglob("*")] == ["yanchang", "plugin.py"]


# -- asking


@pytest.mark.parametrize(
    ("body", "fault", "cause"),
    [
        ("raise ValueError('多行\\n的 \\x1b[31m 说明')", "raised", "ValueError: 多行 的"),
        ("raise ValueError('x' * 9999)", "raised", "ValueError: xxx"),
        ("raise SystemExit(3)", "tried_to_end", "SystemExit: 3"),
        ("raise KeyboardInterrupt", "tried_to_end", "KeyboardInterrupt"),
        ("return candidates.units.no_such", "raised", "AttributeError"),
        ("candidates.unit_idx[0] = 1", "changed_inputs", "ValueError"),
        ("candidates.villages.deficit.sort()", "changed_inputs", "ValueError"),
        ("candidates.units.records[0].name = ''", "changed_inputs", "FrozenInstanceError"),
        ("candidates.villages.records[0].indicators['a'] = 1", "changed_inputs", "TypeError"),
        ("del candidates.villages.records[0].indicators['pop']", "changed_inputs", "TypeError"),
        ("def f(): return f()\nf()", "raised", "RecursionError"),
        (
            "from pairmatch.errors import PluginFaultError\nraise PluginFaultError('x')",
            "raised",
            "PluginFaultError",
        ),
        (
            "from pairmatch.errors import BadInputError\nraise BadInputError('x')",
            "raised",
            "BadInputError",
        ),
    ],
)
def test_a_rule_that_fails(tmp_path, body, fault, cause):
    finding = _ask(tmp_path, body)
    assert finding.code == f"hooks.{fault}"
    assert finding.params["cause"].startswith(cause)
    assert len(finding.params["cause"]) <= MOST_SHOWN
    line = "return f()" if "return f()" in body else body.splitlines()[-1]
    assert finding.place.row == _line_of(tmp_path, line)


HOSTILE = """
class Hostile(Exception):
    def __getattribute__(self, name): raise SystemExit(name)
    def __str__(self): raise SystemExit('str')
    __repr__ = __eq__ = __str__
    __hash__ = None

class Text(str):
    def __format__(self, how): raise SystemExit('format')
    __str__ = __repr__ = __getitem__ = __len__ = __format__

class Wordy(Exception):
    def __str__(self): return Text('words')

"""

NAMELESS = """
class Named(type):
    def __getattribute__(cls, name): raise SystemExit(name)

class Nameless(metaclass=Named):
    pass

nameless = Nameless()
"""


@pytest.mark.parametrize(
    "body",
    [
        "raise Hostile()",
        "raise Wordy()",
        "raise SystemExit(Text('x'))",
        "raise Hostile() from Wordy()",
    ],
)
def test_exceptions_whose_own_code_fails(tmp_path, body):
    code = HOSTILE + "def contribute(candidates, spread):\n    " + body + RULES
    facts, _ = load_here(make_source(tmp_path, code))
    finding = _fail(lambda: facts.score_rules[0].contribute(make_candidates(), 300))
    assert finding.code in {"hooks.raised", "hooks.tried_to_end"}


@pytest.mark.parametrize(
    "rule",
    [
        "Hostile()",
        "Text('x')",
        "Nameless()",
        "type('R', (ScoreRule,), {'rule_id': property(lambda self: 1 / 0)})(*['x'] * 4, None)",
        "type('R', (ScoreRule,), {'county': property(lambda self: sys.exit())})(*['x'] * 4, None)",
    ],
)
def test_rules_whose_own_code_fails(tmp_path, rule):
    code = HOSTILE + NAMELESS + RULES.replace("make_rule(contribute)", rule)
    assert _refuse(tmp_path, code).code in {"hooks.not_rules", "hooks.raised", "hooks.tried_to_end"}


def test_any_value_can_be_shown():
    parts: dict[str, type] = {}
    exec(HOSTILE + NAMELESS, parts)  # noqa: S102 - ours
    assert show_value(parts["Hostile"]()) == "Hostile"
    assert show_value(parts["nameless"]) == "?"
    assert show_value(parts["Text"]("x")) == "Text"
    assert show_value("a\nb") == r"str 'a\nb'"
    assert len(show_value("x" * 9999)) == MOST_SHOWN
    assert show_value(None) == "NoneType None"


PAIRS = """
@score_pairs(rule_id="yanchang.salt", version="1", label_zh="盐", label_en="salt", spread="3")
def contribute(unit, village):
    if village.village_id.endswith("2"):
        {body}
    return NO_POINTS
"""


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("1 / 0", "raised_on_pair"),
        ("raise ValueError('长\\n' * 9999)", "raised_on_pair"),
        ("village.indicators['no']", "raised_on_pair"),
        ("return None", "not_points"),
        ("return 5", "not_points"),
        ("return (5, '', '')", "not_points"),
        ("return Points(5, None)", "not_points"),
        ("return Points('5', '')", "not_a_number"),
        ("return Points(True, '')", "not_a_number"),
        ("return Points(None, '')", "not_a_number"),
        ("return Points(Decimal('-Infinity'), '')", "not_finite"),
        ("return Points(10**30, '')", "not_finite"),
        ("raise SystemExit", "tried_to_end"),
        ("raise KeyboardInterrupt", "tried_to_end"),
    ],
)
def test_a_rule_for_single_pairs_names_the_first_that_fails(tmp_path, body, fault):
    code = PAIRS.format(body=body) + RULES.replace("make_rule(contribute)", "contribute")
    facts, _ = load_here(make_source(tmp_path, code))
    finding = _fail(lambda: facts.score_rules[0].contribute(make_candidates(), 300))
    assert finding.code == f"hooks.{fault}"
    if fault != "tried_to_end":
        assert (finding.params["unit"], finding.params["village"]) == ("U0", "130983000002")


@pytest.mark.parametrize(("answer", "fault"), [("False", "no_reason"), ("1 / 0", "raised_on_pair")])
def test_a_condition_for_single_pairs(tmp_path, answer, fault):
    code = f"""
    @refuse_pairs(rule_id="yanchang.coast", version="1", label_zh="沿海", label_en="coast")
    def condition(unit, village):
        return {answer} if village.name == "村1" else None
    """
    hook = CONDITIONS.replace("make_condition(decide, explain)", "condition")
    facts, _ = load_here(make_source(tmp_path, textwrap.dedent(code) + hook))
    finding = _fail(lambda: facts.eligibility_rules[0].decide(make_candidates()))
    assert (finding.code, finding.params["village"]) == (f"hooks.{fault}", "130983000001")


def test_an_explanation_that_fails(tmp_path):
    code = "def decide(c): return c.unit_idx < 0\ndef explain(unit, village): return unit.none\n"
    facts, _ = load_here(make_source(tmp_path, code + CONDITIONS))
    candidates, [rule] = make_candidates(), facts.eligibility_rules
    pair = candidates.units.records[0], candidates.villages.records[0]
    assert _fail(lambda: rule.explain(*pair)).params["rule"] == "yanchang.coast"


NOTHING = "zeros = np.zeros(len(candidates), int); "
NOTHING += "return make_contribution(zeros, zeros, (Reason('', ''),))"


def test_what_it_prints_is_kept_off_stdout(tmp_path, capsys):
    facts, _ = load_here(make_rule_source(tmp_path, f"print('asked')\n{NOTHING}"))
    facts.score_rules[0].contribute(make_candidates(), 300)
    assert capsys.readouterr() == ("", "asked\n")
    sys.stdout.write("later")
    assert capsys.readouterr().out == "later"


def test_without_a_stderr(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    facts, _ = load_here(make_rule_source(tmp_path, f"print('asked')\n{NOTHING}"))
    assert len(facts.score_rules[0].contribute(make_candidates(), 300).points) == 12


def test_the_time_it_takes_is_kept(tmp_path):
    source = make_rule_source(tmp_path, f"import time; time.sleep(0.05)\n{NOTHING}")
    facts, contained = load_here(source)
    before = contained.seconds
    assert before > 0
    facts.score_rules[0].contribute(make_candidates(), 300)
    assert contained.seconds - before >= 0.05


# -- the user's own interrupt

INTERRUPTED = [
    "signal.raise_signal(signal.SIGINT)",
    "try: signal.raise_signal(signal.SIGINT)\nfinally: raise ValueError",
    "try: signal.raise_signal(signal.SIGINT)\nexcept BaseException: sys.exit(0)",
    "try: signal.raise_signal(signal.SIGINT)\nexcept BaseException: return 5",
]


@pytest.mark.parametrize("body", INTERRUPTED)
def test_the_users_interrupt_passes_through(tmp_path, body):
    facts, _ = load_here(make_rule_source(tmp_path, "import signal\n" + body))
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        facts.score_rules[0].contribute(make_candidates(), 300)
    assert signal.getsignal(signal.SIGINT) is before


def test_outside_the_main_thread_an_interrupt_is_the_plugins(tmp_path):
    facts, _ = load_here(make_rule_source(tmp_path, "raise KeyboardInterrupt"))
    seen = []

    def ask():
        seen.append(_fail(lambda: facts.score_rules[0].contribute(make_candidates(), 300)).code)

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert seen == ["hooks.tried_to_end"]


# -- the sentences

CODES = sorted(read_catalogue("hooks"))


@pytest.mark.parametrize("code", CODES)
def test_both_languages_say_the_same(code):
    entry = read_catalogue("hooks")[code]
    assert set(entry) == {"zh", "en", "zh_hint", "en_hint"}
    assert list_placeholders(entry["zh"]) == list_placeholders(entry["en"])
    assert list_placeholders(entry["zh_hint"]) == list_placeholders(entry["en_hint"])
    assert "plugin" in list_placeholders(entry["zh"])


def test_codes_are_just_those_that_are_used():
    words = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    assert sorted(set(re.findall(r'"hooks\.(\w+)"', words))) == CODES
