"""The overview on the admin's front page."""

from dataclasses import dataclass, replace

from django import template
from django.utils import timezone

from generator import attention
from generator.estimate import roughly
from generator.overview import PERIODS, look

register = template.Library()

SLOT, BAR, HEIGHT = 20, 14, 96  # units of the drawing: a day, its bar, all bars
LEAST = 2  # the height of a bar that stands for anything
PERIOD_NAMES = {"24h": "The last 24 hours", "7d": "The last 7 days"}


@dataclass(frozen=True)
class Bar:
    """A day's bars: finished pieces stand on the line, failed ones hang from it."""

    x: int
    words: str
    ready_y: float
    ready_height: float
    failed_y: float
    failed_height: float


@register.inclusion_tag("admin/studio/_overview.html", takes_context=True)
def overview(context):
    """Queues, workers, pieces, waits, failures, disk, and what needs attention."""
    user = context["request"].user
    seen = look()
    return {
        "overview": seen,
        "notices": only_open_links(attention.notices(seen), user),
        "running": only_open_links(seen.running, user),
        "bars": bars_of(seen.days),
        "width": SLOT * len(seen.days),
        "height": HEIGHT,
        "bar": BAR,
        "waits": [(PERIOD_NAMES[period], seen.ended[period].wait) for period in PERIODS],
        "has_dashboard": user.is_superuser,
    }


def only_open_links(items, user):
    """Without the addresses that the person may not see."""
    return [
        item if not item.permission or user.has_perm(item.permission) else replace(item, url="")
        for item in items
    ]


def bars_of(days):
    tallest = max((day.ready for day in days), default=0)
    deepest = max((day.failed for day in days), default=0)
    unit = (HEIGHT - 2 * LEAST) / max(tallest + deepest, 1)
    line = tallest * unit + LEAST
    return [
        Bar(
            x=SLOT * index + (SLOT - BAR) // 2,
            words=f"{day.date:%-d %B}: {day.ready} ready, {day.failed} failed",
            ready_y=round(line - _height(day.ready, unit), 1),
            ready_height=round(_height(day.ready, unit), 1),
            failed_y=round(line, 1),
            failed_height=round(_height(day.failed, unit), 1),
        )
        for index, day in enumerate(days)
    ]


def _height(count, unit):
    return max(count * unit, LEAST) if count else 0


@register.filter
def span(seconds):
    """Seconds in words; a dash for None."""
    return "–" if seconds is None else roughly(seconds)


@register.filter
def until_now(since):
    """The time that has passed, in words."""
    return roughly((timezone.now() - since).total_seconds())
