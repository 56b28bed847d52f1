from django import template
from django.db.models import prefetch_related_objects
from django.template.defaultfilters import filesizeformat

from generator.models import WAV_KEPT

WAV_BYTES = 44_100 * 2 * 2  # a second: samples, channels, bytes each

register = template.Library()


@register.simple_tag
def renditions_of(piece):
    """What is made of a piece besides, by kind; {} if nothing is. One query a piece."""
    prefetch_related_objects([piece], "renditions")
    return {rendition.kind: rendition for rendition in piece.renditions.all()}


@register.simple_tag
def days_a_wav_is_kept():
    return WAV_KEPT.days


@register.filter
def size(file):
    """The size of a stored file, such as "1.4 MB"; nothing if it is gone."""
    try:
        return filesizeformat(file.size)
    except FileNotFoundError:
        return ""


@register.filter
def wav_size(seconds):
    """What a WAV of so many seconds will take, such as "10.1 MB"."""
    return filesizeformat(seconds * WAV_BYTES)
