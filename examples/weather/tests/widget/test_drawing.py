"""What the widget draws from a forecast."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from examples.weather.conditions import CONDITIONS
from examples.weather.tests.widget import samples
from examples.weather.tests.widget.hosts import in_mcp_app

OVERLAPS = """() => {
    const boxes = [...document.querySelectorAll("#strip svg text")].map(
        text => ({ said: text.textContent, ...text.getBoundingClientRect().toJSON() }));
    const touch = (one, other) => one.left < other.right && other.left < one.right
        && one.top + 3 < other.bottom && other.top + 3 < one.bottom;
    return boxes.flatMap((one, index) =>
        boxes.slice(index + 1).filter(other => touch(one, other)).map(other => `${one.said} / ${other.said}`));
}"""


def test_days_become_a_band_between_two_curves_with_a_column_each(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    assert stage.frame.locator("#columns button").count() == 7
    assert stage.frame.locator("#strip path.curve").count() == 2
    assert stage.frame.locator("#strip path.band").count() == 1
    assert stage.frame.locator("#strip path.bar").count() == 4  # the days with rain
    chart = stage.frame.locator("#strip > svg").text_content() or ""
    assert "20°" in chart
    assert "14.8" in chart
    assert "95%" in chart


def test_hours_become_one_curve(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.hourly(24))
    assert stage.frame.locator("#columns button").count() == 24
    assert stage.frame.locator("#strip path.curve").count() == 1
    assert stage.frame.locator('#switch [aria-pressed="true"]').inner_text() == "Hourly"
    assert "Asia/Tokyo" in stage.text("#note")


def test_the_head_names_the_place_the_days_and_that_figures_are_simulated(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7, city="Portland", country="US", region="OR"))
    assert stage.text("#city") == "Portland"
    assert stage.text("#where").startswith("OR, United States · 22")
    assert stage.text("#badge") == "Simulated"
    assert "not a measurement" in stage.text("#note")


@pytest.mark.parametrize(
    ("source", "badge"), [("open-meteo", "Open-Meteo"), ("a new source", "a new source"), (None, "Unknown source")]
)
def test_other_sources_are_named_and_not_called_simulated(page: Page, site: str, source: str | None, badge: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(3, source=source))
    assert stage.text("#badge") == badge
    assert "imulated" not in stage.text("#ready")


def test_a_higher_temperature_is_drawn_higher(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    heights = stage.computed(
        "() => [...document.querySelectorAll('#strip circle.dot')].map(dot => Number(dot.getAttribute('cy')))"
    )
    highs = [heights[index * 2] for index in range(7)]
    days = samples.daily(7)["daily"]
    by_warmth = sorted(range(7), key=lambda index: -days[index]["temperature_max"])
    assert sorted(range(7), key=lambda index: highs[index]) == by_warmth
    assert all(heights[index * 2] < heights[index * 2 + 1] for index in range(7))


def test_bars_are_in_proportion_to_the_rain(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(5))
    heights = stage.computed("() => [...document.querySelectorAll('#strip path.bar')].map(bar => bar.getBBox().height)")
    assert heights[1] / heights[2] == pytest.approx(14.8 / 6.2, rel=0.01)


def test_days_without_rain_say_so_and_have_no_bars(page: Page, site: str):
    stage = in_mcp_app(page, site)
    dry = samples.daily(4)
    for day in dry["daily"]:
        day["precipitation"] = 0
    stage.show(dry)
    assert stage.frame.locator("#strip path.bar").count() == 0
    assert "No rain" in stage.text("#strip")


def test_frost_has_minus_signs_and_a_line_at_zero(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7, shift=-12))
    assert "\N{MINUS SIGN}8°" in stage.text("#strip")
    assert stage.frame.locator("#strip line.zero").count() == 1


def test_one_day_is_drawn_as_one_upright_stroke(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(1))
    assert stage.frame.locator("#columns button").count() == 1
    assert stage.frame.locator("#strip line.band").count() == 1


def test_an_unknown_chance_of_rain_is_left_out(page: Page, site: str):
    stage = in_mcp_app(page, site)
    forecast = samples.daily(2)
    for day in forecast["daily"]:
        day["precipitation_probability"] = None
    stage.show(forecast)
    assert "%" not in stage.text("#ready")
    assert "Chance" not in stage.text("#reading")


def test_every_condition_has_a_picture_of_its_own(page: Page, site: str):
    stage = in_mcp_app(page, site)
    forecast = samples.daily(len(CONDITIONS))
    for day, condition in zip(forecast["daily"], CONDITIONS, strict=True):
        day["condition"] = condition
    stage.show(forecast)
    pictures = stage.computed("() => [...document.querySelectorAll('#strip svg svg')].map(glyph => glyph.innerHTML)")
    assert len(set(pictures)) == len(CONDITIONS)


@pytest.mark.parametrize("width", [320, 720])
@pytest.mark.parametrize("locale", ["en-US", "de-DE"])
def test_no_label_covers_another(page: Page, site: str, width: int, locale: str):
    page.set_viewport_size({"width": width, "height": 900})
    stage = in_mcp_app(page, site, context={"locale": locale})
    for columns, forecast in (
        (7, samples.daily(7)),
        (16, samples.daily(16)),
        (24, samples.hourly(24)),
        (72, samples.hourly(72, first=22)),
    ):
        stage.show(forecast)
        stage.has_columns(columns)
        assert stage.computed(OVERLAPS) == []


def test_numbers_and_dates_follow_the_hosts_language(page: Page, site: str):
    stage = in_mcp_app(page, site, context={"locale": "de-DE"})
    stage.show(samples.daily(7))
    assert "Sonntag, 22. November" in stage.text("#reading")
    assert "14,8" in stage.text("#strip")


def test_chinese_hosts_get_chinese_words(page: Page, site: str):
    stage = in_mcp_app(page, site, context={"locale": "zh-CN"})
    stage.show(samples.daily(7))
    assert stage.text("#badge") == "模拟数据"
    assert "晴间少云" in stage.text("#reading")
    assert stage.computed("document.documentElement.lang") == "zh-Hans"


def test_the_chart_is_drawn_anew_when_the_frame_gets_narrower(page: Page, site: str):
    stage = in_mcp_app(page, site)
    stage.show(samples.daily(7))
    page.set_viewport_size({"width": 360, "height": 900})
    stage.becomes("document.querySelector('#strip > svg').clientWidth <= 330")
