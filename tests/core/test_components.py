"""What the components promise: wiring by id, words beside every drawing, no style attributes."""

import re

import pytest
from django.template import engines
from django.utils import translation


@pytest.fixture
def draw(rf):
    """Renders template source with the academy's engine."""

    def render(source: str, path: str = "/en/", **context) -> str:
        return engines["django"].from_string(source).render(context, rf.get(path))

    return render


def component(draw, name: str, **variables) -> str:
    pairs = " ".join(f"{key}={key}" for key in variables)
    return draw(f'{{% include "components/{name}.html" with {pairs} only %}}', **variables)


# --- Level bar -----------------------------------------------------------------------------------
LEVELS = ["Foundation", "Intermediate", "Advanced"]


@pytest.mark.parametrize(
    ("estimate", "low", "high", "words"),
    [
        (0.0, -0.5, 0.5, "Level: Intermediate. The likely range lies within this level."),
        (
            0.9,
            0.2,
            1.6,
            "Level: Intermediate. The likely range goes from Intermediate to Advanced.",
        ),
        (1.0, None, None, "Level: Advanced."),
        (None, None, None, "Not measured yet."),
    ],
)
def test_level_bar_says_in_words_what_it_draws(draw, estimate, low, high, words):
    html = component(
        draw,
        "level_bar",
        label="Using data",
        levels=LEVELS,
        cuts=[-1, 1],
        estimate=estimate,
        low=low,
        high=high,
    )
    assert f'aria-label="Using data. {words}"' in html
    assert f'<p class="ac-level__text">{words}</p>' in html


def test_level_bar_draws_no_band_for_what_is_not_measured(draw):
    html = component(draw, "level_bar", label="Using data", levels=LEVELS, cuts=[-1, 1])
    assert "ac-level__band" not in html
    assert "ac-level__mark" not in html


def test_level_bar_names_what_lies_below_the_first_cut(draw):
    html = component(
        draw, "level_bar", label="AI", levels=LEVELS, cuts=[-1, 0, 1], estimate=-2, required=0
    )
    assert "Level: Below Foundation. Required: Foundation." in html


def test_level_bar_refuses_cuts_that_do_not_fit_the_levels(draw):
    with pytest.raises(ValueError, match="need 2 cuts"):
        component(draw, "level_bar", label="AI", levels=LEVELS, cuts=[0])


def test_level_bar_keeps_an_extreme_estimate_inside(draw):
    html = component(
        draw, "level_bar", label="AI", levels=LEVELS, cuts=[-1, 1], estimate=40, low=30, high=50
    )
    position = float(re.search(r'ac-level__mark" cx="([\d.]+)%', html).group(1))
    assert 66 < position < 100


def test_drawings_write_numbers_for_machines_in_every_language(draw):
    with translation.override("fr"):
        html = component(draw, "level_bar", label="AI", levels=LEVELS, cuts=[-1, 1], estimate=0.3)
        bars = component(
            draw, "bar_chart", title="T", items=[{"label": "A", "value": 1 / 3}], kind="percent"
        )
    assert not re.search(r'="\d+,\d', html + bars)
    assert "33" in bars


# --- Charts, heat map, table -----------------------------------------------------------------------
def test_bar_chart_has_its_figures_in_a_table(draw):
    html = component(
        draw, "bar_chart", title="Held", items=[{"label": "Water", "value": 0.72}], kind="percent"
    )
    assert 'aria-label="Held. Water: 72%"' in html
    assert '<th scope="row">Water</th><td class="ac-numeric">72%</td>' in html


def test_line_chart_breaks_at_a_gap(draw):
    html = component(
        draw,
        "line_chart",
        title="Held",
        labels=["Jan", "Feb", "Mar"],
        series=[{"label": "All", "values": [1, None, 3]}],
    )
    assert 'ac-chart__line0" x1="0' not in html  # neither half has a neighbour to be joined to
    assert html.count("<circle") == 2
    assert '<td class="ac-numeric">–</td>' in html


def test_heat_map_never_shows_a_suppressed_figure(draw):
    html = component(
        draw,
        "heat_map",
        caption="Who",
        columns=["A"],
        rows=[{"label": "Water", "cells": [{"value": 0.31, "suppressed": True}]}],
    )
    assert "31" not in html.split("ac-heat-key")[0]
    assert "too few people to show" in html


def test_heat_map_cell_is_shaded_by_value_and_says_it(draw):
    html = component(
        draw,
        "heat_map",
        caption="Who",
        columns=["A", "B"],
        rows=[{"label": "Water", "cells": [0.97, 0.1]}],
    )
    assert '<td class="ac-heat-5">97%' in html
    assert '<td class="ac-heat-0">10%' in html


def test_table_region_is_reachable_and_named(draw):
    html = component(
        draw,
        "table",
        caption="Units",
        head=["Unit", {"text": "People", "numeric": True, "sort": "ascending", "sort_url": "?s"}],
        rows=[["Water", {"text": "0", "numeric": True}]],
    )
    assert 'role="region" aria-label="Units" tabindex="0"' in html
    assert 'aria-sort="ascending"' in html
    assert '<th scope="row">Water</th><td class="ac-numeric">0</td>' in html


# --- Finding the way -------------------------------------------------------------------------------
def test_pagination_links_only_where_there_is_a_page(draw):
    html = component(draw, "pagination", newer_url="", older_url="?before=7")
    assert 'href="?before=7" rel="next"' in html
    assert 'rel="prev"' not in html
    assert component(draw, "pagination", newer_url="", older_url="").strip() == ""


def test_breadcrumb_marks_the_page_itself(draw):
    html = component(draw, "breadcrumb", items=[{"label": "Home", "url": "/"}, {"label": "Data"}])
    assert '<span aria-current="page">Data</span>' in html


def test_component_tag_gives_body_and_parts_and_nothing_else(draw):
    html = draw(
        '{% component "card" title="T" %}<p>{{ word }}</p>{% part "foot" %}<b>F</b>{% endpart %}{% endcomponent %}',
        word="<i>",
        text="a text of the page",
    )
    assert "<p>&lt;i&gt;</p>" in html
    assert '<div class="ac-card__foot"><b>F</b></div>' in html
    assert "a text of the page" not in html


def test_language_links_lead_to_the_same_view(draw):
    with translation.override("en"):
        html = draw(
            "{% language_links as links %}{% for l in links %}{{ l.code }}={{ l.url }};{% endfor %}",
            path="/en/accounts/login/?a=1",
        )
    assert "fr=/fr/accounts/login/?a=1;" in html


def test_language_is_posted_where_the_address_has_none(draw):
    with translation.override("en"):
        html = draw('{% include "components/language_switch.html" %}', path="/verify/")
    assert 'action="/i18n/setlang/"' in html
    assert 'name="language" value="fr"' in html


def test_language_links_prefer_what_the_view_knows(draw):
    html = draw(
        "{% language_links as links %}{{ links.1.url }}", language_urls={"fr": "/fr/donnees/"}
    )
    assert html == "/fr/donnees/"


# --- Words -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("minutes", "words"), [(25, "25 min"), (70, "1 h 10"), (120, "2 h"), (65, "1 h 05"), (None, "")]
)
def test_durations(draw, minutes, words):
    assert draw("{{ m|duration_minutes }}", m=minutes) == words


def test_percent_and_localized(draw):
    with translation.override("en"):
        assert (
            draw(
                "{{ s|percent }} {{ n|percent }} {{ w|localized }}",
                s=0.425,
                n=None,
                w={"en": "Data", "fr": "Données"},
            )
            == "42% – Data"
        )


def test_an_icon_is_decorative_until_named(draw):
    assert 'aria-hidden="true"' in draw('{% icon "check" %}')
    assert 'role="img" aria-label="Done"' in draw('{% icon "check" "Done" %}')


def test_buttons_can_be_links_and_ask_first(draw):
    assert '<a class="govuk-button' in component(draw, "button", text="Go", href="/x")
    html = component(draw, "button", text="Delete", confirm='Delete "it"?', variant="warning")
    assert 'data-confirm="Delete &quot;it&quot;?"' in html
