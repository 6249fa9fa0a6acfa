from __future__ import annotations

from xml.etree import ElementTree

from workers.shown.chart import Line, Point, draw_lines, tell


def _drawn(*lines: Line) -> ElementTree.Element:
    return ElementTree.fromstring(str(draw_lines(lines, "数 & 量")))


def test_points_stand_by_year_and_value_and_those_in_doubt_are_marked():
    drawn = _drawn(
        Line(
            "甲<局>",
            (Point(2020, 10, is_sure=True, link="/a"), Point(2021, 20, is_sure=False, link="/b#0/x")),
        )
    )
    first, second = drawn.iter("circle")
    assert float(first.get("cx")) < float(second.get("cx"))
    assert float(first.get("cy")) > float(second.get("cy"))
    assert [dot.get("class") for dot in (first, second)] == [None, "doubtful"]
    assert [link.get("href") for link in drawn.iter("a")] == ["/a", "/b#0/x"]
    assert second.find("title").text == "甲<局> 2021: 20"
    assert drawn.get("aria-label") == "数 & 量"


def test_a_line_is_parted_where_a_year_has_no_figure_and_each_body_has_its_colour():
    gone = Line("a", tuple(Point(year, 1.5, is_sure=True, link="/") for year in (2018, 2019, 2021)))
    drawn = _drawn(gone, Line("b", (Point(2021, -4, is_sure=True, link="/"),)))
    groups = drawn.findall("g")
    assert [group.get("class") for group in groups] == ["l0", "l1"]
    assert [len(group.findall("line")) for group in groups] == [1, 0]
    # The scale goes below 0 where values do.
    assert any(text.text == "-4" for text in drawn.iter("text"))


def test_nothing_is_drawn_of_nothing_and_a_single_point_stands():
    assert list(_drawn()) == []
    assert len(list(_drawn(Line("a", (Point(2020, 0, is_sure=True, link="/"),))).iter("circle"))) == 1
    assert (tell(1234567), tell(12.5)) == ("1,234,567", "12.50")
