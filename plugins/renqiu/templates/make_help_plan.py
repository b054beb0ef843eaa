"""写出帮扶方案模板 help_plan.docx；同样的内容，字节也一样。

Write the template of 任丘市's help plan; run it again after a change here. The document may also be
edited in a word processor: then this script is no longer needed.

    python plugins/renqiu/templates/make_help_plan.py
"""

from collections.abc import Iterator
from pathlib import Path

from pairmatch.report.worddocument import Block, Cell, Paragraph, Section, Table, make_table
from pairmatch.report.wordpackage import Furniture, build_docx

TEMPLATE = Path(__file__).with_name("help_plan.docx")
LINES = (("单位", "单位资金"), ("折款", "折款"), ("村", "村自筹"), ("部门", "部门项目"))
LISTS = (("风险", "{{ 行.内容 }}"), ("不做什么及原因", "{{ 行.短板 }}：{{ 行.原因 }}"))


def main() -> None:
    """写出模板。"""
    TEMPLATE.write_bytes(build_template())


def build_template() -> bytes:
    """Return the template as a Word file."""
    furniture = Furniture(
        title="任丘市结对帮扶方案",
        header="{{ 合成数据 }}",
        footer="任丘市老促会　方案 {{ 摘要 }}（第{{ 版次 }}版）",
        watermark="",
    )
    return build_docx([Section(tuple(list_blocks()))], furniture)


def list_blocks() -> Iterator[Block]:
    """Yield the paragraphs and tables of the form, from top to bottom."""
    yield Paragraph("任丘市老区村结对帮扶方案", "Title")
    yield Paragraph("{{ 单位名称 }} 帮扶 {{ 村全称 }}\n{{ 首年 }}—{{ 末年 }}年", "Subtitle")
    yield from _list_sides()
    yield from _list_needs()
    yield from _list_measures()
    yield from _list_care()
    yield _make_signatures()


def _list_sides() -> Iterator[Block]:
    yield Paragraph("一、结对双方", "Heading1")
    rows = [
        ("帮扶单位", "{{ 单位名称 }}（{{ 单位类别 }}）"),
        ("单位所长", "{{ 单位所长 }}"),
        ("受助村", "{{ 村全称 }}，区划代码 {{ 区划代码 }}"),
        ("产业对口", "{% if 产业对口 %}{{ 产业对口 }}{% else %}没有直接对口的产业{% endif %}"),
    ]
    yield make_table((30, 126), ("项目", "内容"), rows)
    yield Paragraph("二、村情", "Heading1")
    yield Paragraph("{{ 村情概况 }}")
    yield Paragraph("{%p if 没有填的村情 %}")
    yield Paragraph("村情表里还没有填的：{{ 没有填的村情 }}。", "Note")
    yield Paragraph("{%p endif %}")


def _list_needs() -> Iterator[Block]:
    yield Paragraph("三、短板和心愿", "Heading1")
    rows = [
        ("{%tr for 行 in 短板清单 %}", "", "", ""),
        ("{{ 行.序号 }}", "{{ 行.短板 }}", "{{ 行.现状 }}", "{{ 行.程度 }}"),
        ("{%tr endfor %}", "", "", ""),
    ]
    yield make_table((12, 42, 82, 20), ("序号", "短板", "现状", "程度"), rows, "clll")
    yield Paragraph("{{ 村民心愿 }}")


def _list_measures() -> Iterator[Block]:
    yield Paragraph("四、帮扶措施", "Heading1")
    rows = [
        ("{%tr for 行 in 帮扶措施 %}", "", "", "", ""),
        (
            "{{ 行.序号 }}",
            "{{ 行.措施 }}\n{{ 行.数量 }}",
            "{{ 行.起止 }}\n{{ 行.承担单位 }}",
            "{{ 行.成效指标 }}",
            "\n".join(
                f"{name} {{{{ 行.{field} }}}}"
                for name, field in (
                    ("单位", "单位资金"),
                    ("折款", "折款"),
                    ("村", "村自筹"),
                    ("部门", "部门项目"),
                )
            ),
        ),
        ("{%tr endfor %}", "", "", "", ""),
    ]
    head = ("序号", "措施和数量", "起止和承担", "成效指标", "资金（万元）")
    yield make_table((12, 42, 38, 38, 26), head, rows, "clllr")
    yield Paragraph(
        "五年合计：单位资金 {{ 单位资金合计 }} 万元，实物和服务折款 {{ 折款合计 }} 万元，"
        "村自筹 {{ 村自筹合计 }} 万元，部门项目 {{ 部门项目合计 }} 万元。"
    )
    yield Paragraph("{%p for 行 in 需部门支持事项 %}")
    yield Paragraph("{{ loop.index }}. 请{{ 行.部门 }}支持：{{ 行.内容 }}（{{ 行.状态 }}）")
    yield Paragraph("{%p endfor %}")


def _list_care() -> Iterator[Block]:
    yield Paragraph("五、管护、风险和不办的事", "Heading1")
    yield Paragraph("{{ 管护说明 }}")
    for name, text in LISTS:
        yield Paragraph(f"{{%p for 行 in {name} %}}")
        yield Paragraph(text)
        yield Paragraph("{%p endfor %}")


def _make_signatures() -> Table:
    """Return the boxes that are signed by hand."""
    names = ("帮扶单位（盖章）", "村“两委”（盖章）", "任丘市老促会（盖章）")
    head = tuple(Cell(name, "center", is_head=True) for name in names)
    days = tuple(Cell("年　　月　　日", "right", place="bottom") for _name in names)
    return Table((52, 52, 52), (head,), (days,), height=30, stays_whole=True)


if __name__ == "__main__":
    main()
