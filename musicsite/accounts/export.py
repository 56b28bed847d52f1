"""Everything that belongs to a person, as one ZIP."""

import json
from functools import partial

from django.db.models import Count
from django.utils import timezone

from gallery.archive import folder_name, members, pack
from gallery.models import Play
from gallery.plays import digest_of_person
from generator.models import Composition
from musicsite.accounts.models import Session


def pack_everything(person):
    """A ZIP of all that the person has here; what is in it stands in its account.json.

    Files that are gone are left out, and listed there; in the place of each is a text. So it is for
    one that goes while the ZIP is being sent.
    """
    pieces, beginnings = pieces_of(person), list(person.beginnings.all())
    archive, missing = pack(sources(pieces, beginnings))
    account = describe(person) | {
        "pieces": [describe_piece(piece) for piece in pieces],
        "beginnings": [describe_beginning(beginning) for beginning in beginnings],
        "missing_files": missing,
    }
    told = json.dumps(account, ensure_ascii=False, indent=2).encode()
    archive.add("account.json", partial(bytes, told))
    return archive


def pieces_of(person):
    """All of a person's pieces, those in the bin included, with what an archive needs of them."""
    pieces = Composition.objects.filter(owner=person, audition=None).order_by("created_at")
    counted = pieces.annotate(
        favourite_count=Count("favourites", distinct=True), play_count=Count("plays", distinct=True)
    )
    return list(
        counted.select_related("model", "beginning")
        .prefetch_related("renditions", "taggings")
        .defer("draft", "model__card")
    )


def sources(pieces, beginnings):
    for piece in pieces:
        for name, source in members(piece):
            yield f"{place_of(piece)}/{name}", source
    for beginning in beginnings:
        folder = f"beginnings/{folder_name(beginning)}"
        yield f"{folder}/beginning.mid", beginning.midi
        yield f"{folder}/notes.json", beginning.notes


def place_of(piece):
    return "bin" if piece.deleted_at else "pieces"


def describe(person):
    return {
        "exported": in_words(timezone.now()),
        "username": person.get_username(),
        "email": person.email,
        "unconfirmed_email": person.unconfirmed_email,
        "about": person.about,
        "mail_when_ready": person.mail_when_ready,
        "here_since": in_words(person.date_joined),
        "last_login": in_words(person.last_login),
        "favourites": list(map(describe_favourite, favourites_of(person))),
        "listened_to": list(map(describe_play, plays_of(person))),
        "logins": list(map(describe_login, Session.objects.current(person))),
    }


def favourites_of(person):
    """The hearts of a person; `is_shown` tells whether the piece is still theirs to see."""
    liked = Composition.objects.filter(favourites__user=person)
    shown = set(liked.visible_to(person).values_list("pk", flat=True))
    favourites = person.favourites.select_related("composition__owner")
    for favourite in favourites:
        favourite.is_shown = favourite.composition_id in shown
    return favourites


def plays_of(person):
    """What a person listened to and when, the pieces marked likewise."""
    plays = Play.objects.filter(listener=digest_of_person(person.pk))
    heard = Composition.objects.filter(plays__in=plays)
    shown = set(heard.visible_to(person).values_list("pk", flat=True))
    plays = plays.select_related("composition__owner").defer("composition__draft").order_by("day")
    for play in plays:
        play.is_shown = play.composition_id in shown
    return plays


def describe_favourite(favourite):
    return describe_heard(favourite) | {"since": in_words(favourite.created_at)}


def describe_play(play):
    return describe_heard(play) | {"day": play.day.isoformat()}


def describe_heard(mark):
    """A piece that was made private meanwhile keeps its title to itself."""
    piece = mark.composition
    facts = {"address": piece.get_absolute_url()}
    if mark.is_shown:
        facts |= {"title": piece.title, "by": piece.owner.get_username()}
    return facts


def describe_login(session):
    return {
        "device": session.device,
        "user_agent": session.user_agent,
        "begun": in_words(session.begun_at),
        "last_seen": in_words(session.last_seen),
    }


def describe_piece(piece):
    return {
        "folder": f"{place_of(piece)}/{folder_name(piece)}",
        "title": piece.title,
        "description": piece.description,
        "tags": [tagging.name for tagging in piece.taggings.all()],
        "address": piece.get_absolute_url(),
        "visibility": piece.visibility,
        "hidden_since": in_words(piece.hidden_at),
        "hidden_because": piece.hidden_reason,
        "status": piece.status,
        "error": piece.error,
        "asked_for": in_words(piece.created_at),
        "finished": in_words(piece.finished_at),
        "in_bin_since": in_words(piece.deleted_at),
        "seconds": piece.duration,
        "notes": piece.note_count,
        "favourites": piece.favourite_count,
        "plays": piece.play_count,
    }


def describe_beginning(beginning):
    return {
        "folder": f"beginnings/{folder_name(beginning)}",
        "title": beginning.title,
        "given": in_words(beginning.created_at),
        "seconds": beginning.duration,
        "notes": beginning.note_count,
    }


def in_words(moment):
    return moment and timezone.localtime(moment).isoformat(timespec="seconds")
