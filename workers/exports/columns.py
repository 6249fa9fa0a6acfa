"""The dataset's tables and their columns: names, types, and what they mean in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from extractor.forms.definition import Form
from workers.shown.labels import FieldLabel, label_fields

#: Types of columns, named as a Frictionless Table Schema names them.
TEXT, INTEGER, NUMBER, TRUTH = "string", "integer", "number", "boolean"
#: Units that forms print, in English.
_UNITS = {
    "件": "items",
    "项": "items",
    "个": "items",
    "条": "entries",
    "篇": "articles",
    "份": "copies",
    "人": "people",
    "人次": "visits",
    "次": "times",
    "元": "yuan",
    "万元": "10,000 yuan",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column. title: in Chinese; meaning: in English. unit: as printed, "" for none. required: never null."""

    name: str
    type: str
    title: str
    meaning: str
    unit: str = ""
    required: bool = False

    @property
    def english_unit(self) -> str:
        """The unit in English; as printed where no translation is known."""
        return _UNITS.get(self.unit, self.unit)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the dataset. key: columns that tell its rows apart. batch: rows held in memory, a row group."""

    name: str
    title: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    batch: int


_DOCUMENT = Column(
    "document", TEXT, "文档", "result file without .json, relative to the results folder", "", required=True
)
_DUPLICATE = Column(
    "duplicate_of", TEXT, "与之相同的文档", "document of the same bytes that was read instead; null for none"
)
_REPORT = Column(
    "report", INTEGER, "报告序号", "number of the report in its document, from 1", "", required=True
)
_REPORTED = (
    _DOCUMENT,
    _DUPLICATE,
    _REPORT,
    Column("organ", TEXT, "机关", "public body that reports; null if not found"),
    Column("year", INTEGER, "年份", "calendar year reported on; null if not found"),
    Column("form", TEXT, "表式", "form the report is printed on; null if none was recognised"),
)
_PLACE = (
    Column("page", INTEGER, "页", "page of the document, from 1; null if it stands nowhere"),
    Column("bbox_left", NUMBER, "左", "left edge from the left of the page", "pt"),
    Column("bbox_top", NUMBER, "上", "top edge from the top of the page", "pt"),
    Column("bbox_right", NUMBER, "右", "right edge from the left of the page", "pt"),
    Column("bbox_bottom", NUMBER, "下", "bottom edge from the top of the page", "pt"),
)
_CONFIDENCE = Column("confidence", NUMBER, "置信度", "probability from 0 to 1 that it is read rightly")
_COUNTS = (
    Column("accepted", INTEGER, "机器认定字段数", "fields accepted", "", required=True),
    Column("review", INTEGER, "待复核字段数", "fields in review", "", required=True),
    Column("findings", INTEGER, "疑点数", "findings", "", required=True),
)

FIELDS = Table(
    "fields",
    "字段",
    "one row for each field of each report",
    (
        *_REPORTED,
        Column("id", TEXT, "字段", "canonical id of the field", "", required=True),
        Column("value", NUMBER, "数值", "number as printed; null unless kind is number"),
        Column("raw", TEXT, "原文", "text as printed", "", required=True),
        Column(
            "kind",
            TEXT,
            "类别",
            "number, blank, dash, unreadable, or missing (not printed)",
            "",
            required=True,
        ),
        _CONFIDENCE,
        Column("status", TEXT, "状态", "accepted, or review: a person should look", "", required=True),
        Column("origin", TEXT, "来源", "machine, person, or settled (by the sums)", "", required=True),
        Column("reviewed", TRUTH, "人工确定", "whether a person decided it", "", required=True),
        *_PLACE,
        Column("row", TEXT, "行", "code or name of its row; null unless the form leaves its rows open"),
        Column("row_label", TEXT, "行名", "what is printed before such a row's figures"),
        Column(
            "column", TEXT, "列", "words that name its column; null unless the form leaves its columns open"
        ),
        Column("column_label", TEXT, "列名", "what is printed above such a column, / between its levels"),
        Column(
            "table", TEXT, "表", "id of its table, of those that a document prints several times; else null"
        ),
        Column(
            "table_name", TEXT, "表名", "what the heading of such a table says and those of the others do not"
        ),
    ),
    ("document", "report", "id"),
    50_000,
)
FINDINGS = Table(
    "findings",
    "疑点",
    "one row for each contradiction or oddity of what is printed",
    (
        *_REPORTED,
        Column("finding", INTEGER, "序号", "number of the finding in its report, from 1", "", required=True),
        Column("rule", TEXT, "规则", "rule that is broken", "", required=True),
        Column("kind", TEXT, "类别", "arithmetic, prose, date, form, or another kind", "", required=True),
        Column("severity", TEXT, "程度", "info, warning or error", "", required=True),
        Column("message", TEXT, "说明", "what is wrong, in English", "", required=True),
        Column("fields", TEXT, "字段", "ids of the fields concerned, with spaces between", "", required=True),
    ),
    ("document", "report", "finding"),
    20_000,
)
FACTS = Table(
    "facts",
    "正文数据",
    "one row for each number that the prose states",
    (
        *_REPORTED,
        Column("fact", INTEGER, "序号", "number of the fact in its report, from 1", "", required=True),
        Column("id", TEXT, "事项", "what the number counts", "", required=True),
        Column("value", NUMBER, "数值", "number as stated, in the unit beside it"),
        Column("unit", TEXT, "单位", "unit as printed"),
        Column("text", TEXT, "原句", "sentence that states it", "", required=True),
        Column("approximate", TRUTH, "约数", "whether it is said to be approximate"),
        Column("scope", TEXT, "范围", "own, or area for all bodies of a district"),
        Column("of_year", INTEGER, "所述年份", "calendar year it is said of; null for the report's own"),
        _CONFIDENCE,
        *_PLACE,
    ),
    ("document", "report", "fact"),
    20_000,
)
SECTIONS = Table(
    "sections",
    "正文",
    "one row for each section of prose",
    (
        *_REPORTED,
        Column("section", INTEGER, "序号", "number of the row in its report, from 1", "", required=True),
        Column("number", INTEGER, "章节号", "printed number of the section"),
        Column("title", TEXT, "标题", "heading as printed"),
        Column("text", TEXT, "正文", "text, with a line end after each paragraph", "", required=True),
        Column("first_page", INTEGER, "首页", "first page it stands on; null if unknown"),
        Column("last_page", INTEGER, "末页", "last page it stands on; null if unknown"),
    ),
    ("document", "report", "section"),
    2_000,
)
MANIFEST = Table(
    "manifest",
    "清单",
    "one row for each document, failed ones too",
    (
        _DOCUMENT,
        Column("path", TEXT, "路径", "name of the document, relative to the folder given", "", required=True),
        Column("sha256", TEXT, "SHA-256", "of the document's bytes; null if it could not be read"),
        Column("bytes", INTEGER, "大小", "size of the document", "B"),
        Column("pages", INTEGER, "页数", "pages; 0 if it could not be opened", "", required=True),
        Column("status", TEXT, "状态", "complete, partial, no_form_found, or failed", "", required=True),
        Column("reports", INTEGER, "报告数", "reports found in it", "", required=True),
        Column("forms", TEXT, "表式", "forms of its reports, with '; ' between"),
        Column("organs", TEXT, "机关", "public bodies of its reports, with '; ' between"),
        Column("years", TEXT, "年份", "years of its reports, with '; ' between"),
        *_COUNTS,
        Column("code", TEXT, "错误代码", "kind of the failure; null unless it failed"),
        Column("reason", TEXT, "失败原因", "why it failed, in English; null unless it failed"),
        Column("output", TEXT, "结果文件", "result JSON, relative to the results folder", "", required=True),
        _DUPLICATE,
    ),
    ("document",),
    20_000,
)


def wide_table(forms: Mapping[str, Form]) -> Table:
    """One row per report and one column per canonical field of all forms; ids that forms share are one column."""
    return Table(
        "wide",
        "报告一览",
        "one row for each report, one column for each canonical field",
        (
            *_REPORTED,
            Column("title", TEXT, "标题", "title as printed"),
            Column("first_page", INTEGER, "首页", "first page of the report"),
            Column("last_page", INTEGER, "末页", "last page of the report"),
            Column("pages", INTEGER, "页数", "pages of the report"),
            Column("reviewed", INTEGER, "人工确定字段数", "fields a person decided", "", required=True),
            *_COUNTS,
            *(_field_column(key, label) for key, label in all_labels(forms).items()),
        ),
        ("document", "report"),
        1_000,
    )


def all_labels(forms: Mapping[str, Form]) -> dict[str, FieldLabel]:
    """The label of every canonical field; of an id that forms share, that of the first form."""
    labels: dict[str, FieldLabel] = {}
    for form in forms.values():
        for key, label in label_fields(form.tables).items():
            labels.setdefault(key, label)
    return labels


def field_words(key: str) -> str:
    """An id in words: `requests.granted.natural_person` → "requests: granted: natural person"."""
    return ": ".join(part.replace("_", " ") for part in key.split("."))


def _field_column(key: str, label: FieldLabel) -> Column:
    parts = (label.table, label.heading, *label.row, *label.column)
    title = " › ".join(part for part in parts if part)
    return Column(
        key, NUMBER, title, f"{field_words(key)}; null if blank, a dash, unreadable or missing", label.unit
    )
