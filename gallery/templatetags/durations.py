from django import template

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
