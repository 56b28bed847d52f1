"""Letters about pieces."""

import logging

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string

from generator.models import Composition, Status

logger = logging.getLogger(__name__)


def mail_when_ready(composition: Composition) -> None:
    """Tell the owner, if that is wished, what became of a piece that has just ended.

    Takes of one request are told together, by the one that ends last. A mail server that fails is
    logged: the piece is what it is. Causes two queries.
    """
    wished = Composition.objects.filter(owner__mail_when_ready=True, owner__is_active=True)
    wished = wished.kept().filter(audition=None).exclude(owner__email="").select_related("owner")
    piece = wished.filter(pk=composition.pk).first()  # as it is now
    if piece is None:
        return
    takes = list(Composition.objects.owned_by(piece.owner).filter(request_key=piece.request_key))
    told = [take for take in takes if take.status in (Status.READY, Status.FAILED)]
    last = max(told, key=lambda take: (take.finished_at, take.take), default=piece)
    if last != piece or any(take.is_unfinished for take in takes):
        return  # of two workers that end at once, one tells of both
    ready = sum(take.is_ready for take in told)
    context = {"piece": piece, "takes": told, "ready": ready, "site_url": settings.SITE_URL}
    subject, words = (
        render_to_string(f"generator/{name}.txt", context)
        for name in ("ready_subject", "ready_email")
    )
    try:
        send_mail(" ".join(subject.split()), words, None, [piece.owner.email])
    except (OSError, ValueError) as problem:  # SMTP's errors are OSErrors; an address may be wrong
        logger.warning("The owner of %s could not be told by mail: %s", piece.pk, problem)
