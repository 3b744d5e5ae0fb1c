"""Shapes the learner's pages want."""

from django import template
from django.utils.translation import gettext

from academy.core.templatetags.academy import percent
from assessments.placement import PlacedCompetency

register = template.Library()


@register.simple_tag
def placed_chance(placed: PlacedCompetency, required) -> dict:
    """How sure a placement is: `band` (its title), `share` (in words), `is_asked`.

    Where a level is asked for, the chance of standing at it or above, which is what decides whether
    a module may be skipped; the lowest level is no question, so then, as where nothing is asked for,
    the chance of the band itself. No estimate is certain: it never says 0% or 100%.
    """
    if required:
        return {
            "band": placed.band_titles[required],
            "share": _in_words(placed.at_least[required]),
            "is_asked": True,
        }
    above = placed.at_least[placed.band + 1 :]
    return {
        "band": placed.band_title,
        "share": _in_words(placed.at_least[placed.band] - (above[0] if above else 0)),
        "is_asked": False,
    }


def _in_words(share: float) -> str:
    if share < 0.01:
        return gettext("under %(share)s") % {"share": percent(0.01)}
    if share > 0.99:
        return gettext("over %(share)s") % {"share": percent(0.99)}
    return percent(share)


@register.simple_tag
def chance_in_words(share: float) -> str:
    """A probability that claims no certainty."""
    return _in_words(share)


@register.simple_tag
def level_name(placed: PlacedCompetency, band: int):
    """The title of a band of the competency."""
    return placed.band_titles[band]
