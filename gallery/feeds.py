"""The gallery as a podcast: RSS 2.0 with what Apple Podcasts and Spotify ask for.

Source: Apple, "A podcaster's guide to RSS".
"""

import re

from django.conf import settings
from django.http import HttpResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.feedgenerator import Enclosure, Rss201rev2Feed

from gallery.queries import NEWEST_FIRST

NEWEST = 50  # pieces in a feed
ARTWORK = "img/podcast.png"  # square, 1400 pixels a side at least
SITE = "Nocturne"
ABOUT = "Piano pieces that nobody has heard before, composed by a neural network."
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Podcast(Rss201rev2Feed):
    def rss_attributes(self):
        return super().rss_attributes() | {
            "xmlns:itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd"
        }

    def add_root_elements(self, handler):
        super().add_root_elements(handler)
        handler.addQuickElement("itunes:author", self.feed["artist"])
        handler.addQuickElement("itunes:image", attrs={"href": self.feed["artwork"]})
        handler.addQuickElement("itunes:category", attrs={"text": "Music"})
        handler.addQuickElement("itunes:explicit", "false")
        handler.addQuickElement("itunes:type", "episodic")

    def add_item_elements(self, handler, item):
        super().add_item_elements(handler, item)
        handler.addQuickElement("itunes:author", item["artist"])
        handler.addQuickElement("itunes:image", attrs={"href": item["artwork"]})
        handler.addQuickElement("itunes:duration", str(item["seconds"]))
        handler.addQuickElement("itunes:explicit", "false")


def feed_of(request, published, person=None):
    """Answer with the newest of the published pieces, those of `person` or all."""
    if person:
        title, artist = f"{person.username} · {SITE}", person.username
        link = reverse("gallery:person", args=[person.username])
    else:
        title, artist, link = SITE, SITE, reverse("gallery:browse")
    podcast = Podcast(
        title=plain(title),
        link=request.build_absolute_uri(link),
        description=plain(person.about if person else "") or ABOUT,
        language=settings.LANGUAGE_CODE,
        feed_url=request.build_absolute_uri(request.path),
        artist=plain(artist),
        artwork=request.build_absolute_uri(static(ARTWORK)),
    )
    for piece in published.order_by(*NEWEST_FIRST).defer("draft")[:NEWEST]:
        add_piece(podcast, request, piece)
    return HttpResponse(podcast.writeString("utf-8"), content_type=podcast.content_type)


def add_piece(podcast, request, piece):
    """Add a piece with its sound; one whose file is gone is left out."""
    try:
        size = piece.mp3.size
    except FileNotFoundError:
        return
    page = request.build_absolute_uri(piece.get_absolute_url())
    after = f"After {piece.style_name}" if piece.style else "In a style of its own"
    podcast.add_item(
        title=plain(piece.title),
        link=page,
        description=plain(piece.description)
        or plain(f"{after}, composed for {piece.owner.username}."),
        pubdate=piece.published_at,
        unique_id=f"urn:uuid:{piece.pk}",
        unique_id_is_permalink=False,
        enclosures=[Enclosure(f"{page}audio.mp3", str(size), "audio/mpeg")],
        artist=plain(piece.owner.username),
        artwork=f"{page}cover.png",
        seconds=round(piece.duration),
    )


def plain(text):
    """`text` without the characters that XML 1.0 cannot hold."""
    return NOT_XML.sub("", text)
