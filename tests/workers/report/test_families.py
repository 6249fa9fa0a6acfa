from __future__ import annotations

import json
from dataclasses import replace

import pytest

from extractor.seams.errors import ExitCode, UsageError
from extractor.values.result import Fact, Result
from tests.workers.report.series import MANY, gathered, of_year
from tests.workers.reports import field, put, result
from workers.cli.entry import run_cli
from workers.report.across import Rule
from workers.report.areas import Divisions, find_parents, read_divisions
from workers.report.gather import Knowledge
from workers.report.organs import read_aliases, read_parts

_COUNTY, _BUREAU, _TOWN = "金湖县人民政府", "江苏省淮安市金湖县公安局", "金湖县黎城镇人民政府"
_COVERS = "本报告数据涵盖全县各部门和镇街"
_LIST = "code,name,parent\n32,江苏省,\n3208,淮安市,32\n320831,金湖县,3208\n11,北京市,\n1101,市辖区,11\n"
_TWICE = "110105,朝阳区,1101\n22,吉林省,\n2201,长春市,22\n220104,朝阳区,2201\n"


def _told(organ: str, raw: str, says: str = "", year: int = 2023, sure: float = 0.999) -> Result:
    [made] = of_year(year, organ, requests__new_received__total=field(raw, sure)).reports
    [section] = made.sections
    return result(replace(made, sections=(replace(section, text=f"一、总体情况。{says}。"),)))


def _parents(
    *names: str, divisions: Divisions | None = None, told: dict[str, str] | None = None
) -> dict[str, str]:
    return dict(find_parents(names, divisions or Divisions(), told or {}).parents)


def test_the_nearest_body_that_stands_for_the_area_is_the_parent():
    city, village = "淮安市人民政府", "金湖县城市管理局"
    found = _parents("江苏省人民政府", city, _COUNTY, _BUREAU, _TOWN, village, "淮安市金湖县审计局", "某局")
    assert found == {
        _BUREAU: _COUNTY, _TOWN: _COUNTY, village: _COUNTY, "淮安市金湖县审计局": _COUNTY,
    }  # fmt: skip
    assert _parents(city, _BUREAU) == {_BUREAU: city}
    assert _parents("金湖县", "金湖县人民政府办公室") == {"金湖县人民政府办公室": "金湖县"}


@pytest.mark.parametrize(
    "names",
    [
        ("朝阳区人民政府", "北京市朝阳区财政局", "长春市朝阳区财政局"),
        ("北京市朝阳区人民政府", "朝阳区财政局", "长春市朝阳区审计局"),
        ("金湖县", "金湖县人民政府", "金湖县财政局"),
    ],
    ids=["whose government", "whose bureau", "two that stand for it"],
)
def test_what_could_be_of_two_is_of_none(names):
    assert _parents(*names) == {}


def test_what_is_led_from_above_is_part_of_no_area_unless_the_user_says_so():
    names = (_COUNTY, "金湖县税务局", "金湖县气象局", "金湖县市场监督管理局")
    assert _parents(*names) == {"金湖县市场监督管理局": _COUNTY}
    assert _parents(_COUNTY, "金湖县税务局", told={"金湖县税务局": _COUNTY}) == {"金湖县税务局": _COUNTY}


def test_nobody_is_part_of_itself():
    assert _parents("北京市北京市人民政府", "金湖县金湖县", "镇镇镇镇") == {}


def test_of_areas_of_one_name_the_whole_chain_tells():
    found = _parents("北京市朝阳区人民政府", "北京市朝阳区财政局", "长春市朝阳区财政局")
    assert found == {"北京市朝阳区财政局": "北京市朝阳区人民政府"}


def test_a_list_of_divisions_says_where_areas_lie(tmp_path):
    (tmp_path / "list.csv").write_text("\ufeff" + _LIST + _TWICE, encoding="utf-8")
    divisions = read_divisions(tmp_path / "list.csv")
    assert _parents("淮安市人民政府", "金湖县财政局", divisions=divisions) == {
        "金湖县财政局": "淮安市人民政府"
    }
    names = ("长春市人民政府", "长春市朝阳区人民政府", "吉林省长春市朝阳区财政局", "朝阳区审计局")
    assert _parents(*names, divisions=divisions) == {names[1]: names[0], names[2]: names[1]}
    assert _parents("北京市人民政府", "北京市朝阳区财政局", divisions=divisions) == {
        "北京市朝阳区财政局": "北京市人民政府"
    }


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("name,parent\n", "no column code"),
        ("code,name,parent\n1,,\n", "line 2"),
        ("code,name,parent\n1,甲市,9\n", "lies in 9, which the file does not have"),
        ("code,name,parent\n1,甲市,2\n2,乙市,1\n", "lies in itself"),
    ],
)
def test_a_list_that_is_none_is_told_with_its_fault(content, told, tmp_path):
    (tmp_path / "list.csv").write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=told):
        read_divisions(tmp_path / "list.csv")


def test_what_the_user_says_goes_first(tmp_path):
    names = tmp_path / "names.yaml"
    names.write_text(f"aliases: {{{_COUNTY}: [县政府]}}\nparts: {{县政府: [某局]}}", encoding="utf-8")
    aliases = read_aliases(names)
    assert read_parts(names, aliases) == {"某局": _COUNTY}
    assert _parents(_COUNTY, "某局", told=read_parts(names, aliases)) == {"某局": _COUNTY}
    names.write_text("parts: {甲局: [乙局], 丙局: [乙局]}", encoding="utf-8")
    assert read_aliases(names) == {}
    with pytest.raises(UsageError, match="part of"):
        read_parts(names, {})


def test_the_sum_of_the_parts_is_told_beside_the_whole_and_is_no_finding():
    told = gathered([
        _told(_COUNTY, "9"), _told(_BUREAU, "20"), _told(_TOWN, "5", sure=0.5), _told("金湖县审计局", "1", year=2022),
    ])  # fmt: skip
    assert not told.found
    (line,) = [line for line in told.families if line.field == MANY]
    assert (line.organ, line.year, line.whole, line.parts) == (_COUNTY, 2023, 9, 20)
    assert (line.counted, line.reporting, line.bodies, line.covers) == (1, 2, 3, "")


def test_a_part_greater_than_a_whole_that_covers_it_is_found():
    told = gathered([_told(_COUNTY, "9", _COVERS), _told(_BUREAU, "20"), _told(_TOWN, "5")])
    (finding,) = told.findings[Rule.PART]
    assert (finding.organ, finding.years, finding.fields) == (_COUNTY, (2023,), (MANY,))
    assert f"{_BUREAU}, a part of it, has more in 2023" in finding.message
    assert _COVERS in finding.message
    assert [source.document for source in finding.documents] == ["文档2", "文档1"]


@pytest.mark.parametrize(
    ("whole", "part"),
    [
        (_told(_COUNTY, "9", _COVERS), _told(_BUREAU, "20", sure=0.5)),
        (_told(_COUNTY, "9", _COVERS, sure=0.5), _told(_BUREAU, "20")),
        (_told(_COUNTY, "9", _COVERS), _told(_BUREAU, "20", year=2022)),
        (_told(_COUNTY, "9", "本报告数据不包括各镇街"), _told(_BUREAU, "20")),
        (_told(_COUNTY, "20", _COVERS), _told(_BUREAU, "20")),
    ],
    ids=["part in doubt", "whole in doubt", "another year", "says it does not", "equal"],
)
def test_what_may_be_true_is_no_finding(whole, part):
    assert not gathered([whole, part]).found


@pytest.mark.parametrize(("stated", "count"), [(9, 1), (90, 0)])
def test_a_number_of_the_area_that_the_table_has_says_what_it_covers(stated, count):
    whole = _told(_COUNTY, "9")
    fact = Fact("requests.received", stated, "件", "全县共收到申请", 1, None, 0.9, scope="area")
    stating = result(replace(whole.reports[0], facts=(fact,)))
    assert gathered([stating, _told(_BUREAU, "20")]).found[Rule.PART] == count


def test_documents_in_force_do_not_add_up():
    part = of_year(2023, _BUREAU, disclosure__normative_documents__in_force=field("7"))
    assert not gathered([_told(_COUNTY, "9", _COVERS), part]).found


def test_parts_of_the_users_own_telling_are_followed():
    known = Knowledge(parts={"某局": _COUNTY})
    told = gathered([_told(_COUNTY, "9", _COVERS), _told("某局", "20")], known=known)
    assert told.found[Rule.PART] == 1


def test_a_list_says_how_many_divisions_there_should_be(tmp_path):
    (tmp_path / "list.csv").write_text(_LIST + "320826,涟水县,3208\n", encoding="utf-8")
    known = Knowledge(divisions=read_divisions(tmp_path / "list.csv"))
    bodies = [_told(name, "1") for name in ("淮安市人民政府", _COUNTY, "淮安市公安局", _TOWN)]
    bodies.append(_told("涟水县人民政府", "1", year=2022))
    told = {line.organ: line for line in gathered(bodies, known=known).families}
    city, county = told["淮安市人民政府"], told[_COUNTY]
    assert (city.reporting, city.bodies, city.listed_reporting, city.listed) == (2, 3, 1, 2)
    assert (county.reporting, county.bodies, county.listed_reporting, county.listed) == (1, 1, 0, None)
    known = Knowledge(parts={"乙局": "甲局"}, divisions=known.divisions)
    told = {
        line.organ: line for line in gathered([_told("甲局", "1"), _told("乙局", "1")], known=known).families
    }
    assert told["甲局"].listed is None


def test_page_and_json_tell_of_families(tmp_path, capsys):
    results, findings = tmp_path / "results", tmp_path / "findings.json"
    put(results, "县", _told("淮安市人民政府", "9", _COVERS.replace("县", "市")))
    put(results, "局", _told("金湖县公安局", "20"))
    (tmp_path / "list.csv").write_text(_LIST, encoding="utf-8")
    command = ["report", str(results), "--divisions", str(tmp_path / "list.csv"), "--json", str(findings)]
    assert run_cli(command) == ExitCode.OK, capsys.readouterr().err
    told = json.loads(findings.read_text(encoding="utf-8"))
    assert [finding["rule"] for finding in told["findings"]] == ["part_exceeds_whole"]
    line = next(line for line in told["families"] if line["field"] == MANY)
    assert (line["whole"], line["parts"], line["counted"], line["bodies"]) == (9, 20, 1, 1)
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "Bodies beside the bodies that are part of them" in page
    assert "上级机关与下属机关" not in page
    assert "1 / 1 / 1" in page
    assert run_cli(["--lang", "zh", *command]) == ExitCode.OK, capsys.readouterr().err
    page = (results / "report.html").read_text(encoding="utf-8")
    assert '<html lang="zh">' in page
    assert "上级机关与下属机关" in page
    assert "下属机关大于上级全域数" in page
    assert "的数值大于 淮安市人民政府" in page
    assert "Bodies beside" not in page
