from __future__ import annotations

import pytest

from extractor.seams.errors import UsageError
from tests.workers.report.series import gathered, of_year
from workers.report.organs import merge_provinces, normalise, read_aliases


@pytest.mark.parametrize("name", ["某市（公安局）", " 某 市公安局。", "某市(公安局)", "某市\u3000公安局"])
def test_variants_of_a_name_are_alike(name):
    assert normalise(name) == "某市公安局"


def test_variants_are_one_body_with_all_its_names():
    told = gathered([of_year(2022), of_year(2023, "某市（公安局）")])
    (body,) = told.bodies
    assert (body.name, body.others) == ("某市公安局", ("某市（公安局）",))
    assert sorted(body.years) == [2022, 2023]


def test_an_office_is_not_its_government():
    names = ("某县人民政府", "某县人民政府办公室", "某县人民政府办公厅")
    assert gathered([of_year(2022, name) for name in names]).body_count == 3


@pytest.mark.parametrize(
    ("names", "merged"),
    [
        (("广东省广州市公安局", "广州市公安局"), {"广东省广州市公安局": "广州市公安局"}),
        (("广东省广州市公安局",), {}),
        (("广东省广州市公安局", "湖南省广州市公安局", "广州市公安局"), {}),
        (("广东省公安厅", "公安厅"), {}),
        (("广州市天河区教育局", "天河区教育局"), {}),
    ],
    ids=["both there", "alone", "two provinces", "no city", "a district"],
)
def test_a_province_in_front_is_left_away_only_where_that_is_safe(names, merged):
    assert merge_provinces(names) == merged


def test_a_province_in_front_makes_no_second_body():
    told = gathered([of_year(2022, "广东省广州市公安局"), of_year(2023, "广州市公安局")])
    assert told.body_count == 1


def test_aliases_join_what_a_user_says(tmp_path):
    path = tmp_path / "aliases.yaml"
    path.write_text("aliases:\n  某市公安局: [市公安局, '公 安（局）']\n", encoding="utf-8")
    payloads = [of_year(2021, "公安局"), of_year(2022, "市公安局"), of_year(2023)]
    (body,) = gathered(payloads, read_aliases(path)).bodies
    assert body.name == "某市公安局"
    assert sorted(body.years) == [2021, 2022, 2023]


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "aliases: 3",
        "aliases: {甲: 乙}",
        "aliases: {甲: [1]}",
        "aliases: {甲: [丙], 乙: [丙]}",
        "{",
        "\x00",
    ],
)
def test_a_file_that_is_none_of_aliases_says_why(tmp_path, text):
    path = tmp_path / "aliases.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"aliases\.yaml"):
        read_aliases(path)
