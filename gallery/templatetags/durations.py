import math

from django import template
from django.utils import timezone

from generator.models import KEPT_IN_BIN

register = template.Library()


@register.filter
def clock(seconds):
    """Seconds as on a player, which shows whole ones passed: 65.8 is "1:05"; nothing for None."""
    if seconds is None:
        return ""
    minutes, seconds = divmod(int(seconds), 60)
    return f"{minutes}:{seconds:02d}"


@register.filter
def spoken(seconds):
    """Seconds in words: 65 is "1 minute 5 seconds"; nothing for None."""
    if seconds is None:
        return ""
    minutes, seconds = divmod(int(seconds), 60)
    parts = [(minutes, "minute"), (seconds, "second")]
    words = [f"{count} {unit}{'' if count == 1 else 's'}" for count, unit in parts if count]
    return " ".join(words) or "0 seconds"


@register.filter
def days_left(deleted_at):
    """How long something stays in the bin, in words."""
    days = math.ceil((deleted_at + KEPT_IN_BIN - timezone.now()).total_seconds() / 86_400)
    if days < 1:
        return "gone within the hour"
    return "one day left" if days == 1 else f"{days} days left"
