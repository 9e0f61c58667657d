"""What a desk does for readers: publish a page, correct it, withdraw it, and let somebody look at it before.

Most pages are published where a verdict is (`desk`); here is the rest. Who reached the verdict does not publish it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from annotations.access import Act, allows, require, visible_to
from annotations.errors import Forbidden, NotThere, Refused
from annotations.models import Claim, ClaimDesk, Edition, Membership, PreviewLink, Publication, Verdict

from .acts import Request, carry_out_once, record
from .desk import check_desk, desk_of, lock_claim, standing_verdict, write_desk
from .editions import page_of, write_edition, write_withdrawal
from .judging import find_visible

PUBLISHED = (ClaimDesk.State.PUBLISHED, ClaimDesk.State.CORRECTED)
LONGEST_PREVIEW = timedelta(days=30)
MOST_PREVIEWS = 50


def publish_page(
    key: UUID, note: str = "", *, by: Membership, base_version: int, request: Request | None = None
) -> Publication:
    """Publish a claim whose verdict is published already, or correct its page; `note` tells readers what is new.

    Raises `Refused` where the project does not publish, where there is no published verdict, or where a correction
    says nothing or changes nothing.
    """

    def act() -> Publication:
        claim = lock_claim(key, by)
        desk = desk_of(claim)
        check_desk(desk, base_version)
        verdict = standing_verdict(claim, by)
        if desk.state not in PUBLISHED or verdict is None or verdict.published_at is None:
            raise Refused("verdict_unpublished", _("Publish the verdict first: the page is published with it."))
        if verdict.created_by_id == by.pk:
            raise Forbidden("own_verdict", _("Another person than the author of the verdict publishes it."))
        if write_edition(claim, verdict, by, note=note, request=request) is None:
            raise Refused("nothing_changed", _("Readers would read the same as before: nothing was changed."))
        page = page_of(claim)
        assert page is not None
        write_desk(desk, by, state=ClaimDesk.State.CORRECTED if page.edition > 1 else desk.state)
        return page

    require_publishing(by)
    return carry_out_once(by, request, act, lambda: page_of(find_visible(Claim.objects.all(), by=by, key=key)))


def withdraw_page(
    key: UUID, note: str, *, by: Membership, base_version: int, request: Request | None = None
) -> Publication:
    """Take a page from its readers; its address says since when, and why. The claim is in check then.

    Anybody who judges claims may, the verdict's author too: it is the way to stop harm. It works on a claim that was
    withdrawn or merged, and where the project publishes no longer.
    """

    def act() -> Publication:
        claim = find_visible(Claim.objects.select_for_update(of=("self",)), by=by, key=key)
        desk = desk_of(claim)
        check_desk(desk, base_version)
        page = page_of(claim)
        if page is None or page.state != Publication.State.STANDS:
            raise Refused("page_missing", _("This claim has no page that stands."))
        write_withdrawal(page, note, by, request=request)
        write_desk(desk, by, state=ClaimDesk.State.IN_CHECK)
        return page

    require(by, Act.JUDGE_CLAIMS)
    return carry_out_once(by, request, act, lambda: page_of(find_visible(Claim.objects.all(), by=by, key=key)))


def require_publishing(by: Membership) -> None:
    """Raise `Refused` where the project does not publish, `Forbidden` where the role may not."""
    require(by, Act.JUDGE_CLAIMS)
    if not by.project.publishes:
        message = _("This project publishes nothing. A manager changes that in its settings.")
        raise Refused("publishing_off", message)


# Looking before


@dataclass(frozen=True, slots=True)
class NewPreview:
    """A link that shows the page of a claim as it would be: for whom, and until when. The key is the client's."""

    key: UUID
    claim: UUID
    expires_at: datetime
    name: str = ""


def make_preview(new: NewPreview, *, by: Membership, request: Request | None = None) -> tuple[PreviewLink, str]:
    """Make a link; return its row and its secret, which is shown once and never stored.

    A request that comes again gets the row alone.
    """
    secret = secrets.token_urlsafe(32)
    made = False

    def act() -> PreviewLink:
        nonlocal made
        claim = lock_claim(new.claim, by)
        if standing_verdict(claim, by) is None:
            raise Refused("verdict_missing", _("Reach a verdict first: there is no page without one."))
        if len(previews_of(claim, by)) >= MOST_PREVIEWS:
            message = _("There are %(n)s links to this claim already. Revoke one first.")
            raise Refused("previews_full", message % {"n": MOST_PREVIEWS})
        link = PreviewLink.objects.create(
            uuid=new.key,
            project_id=by.project_id,
            claim=claim,
            name=new.name.strip()[:100],
            digest=_digest(secret),
            created_by=by,
            expires_at=new.expires_at,
        )
        after = {"expires_at": new.expires_at.isoformat(timespec="seconds")}
        text = {"name": link.name} if link.name else None
        record(by, "preview.made", "claim", claim.key, after=after, text=text, request=request)
        made = True
        return link

    require_publishing(by)
    if not timezone.now() < new.expires_at <= timezone.now() + LONGEST_PREVIEW:
        raise Refused("expires_at_range", _("A link ends between now and 30 days from now."), field="expires_at")
    rows = PreviewLink.objects.filter(project_id=by.project_id, created_by=by, uuid=new.key)
    link = carry_out_once(by, request, act, rows.first)
    return link, secret if made else ""


def revoke_preview(uuid: UUID, *, by: Membership, request: Request | None = None) -> PreviewLink:
    """End a link at once. Doing so twice is no error."""

    def act() -> PreviewLink:
        link = find_preview(uuid, by)
        if link.revoked_at is None:
            link.revoked_at = timezone.now()
            link.save(update_fields=["revoked_at"])
            text = {"name": link.name} if link.name else None
            record(by, "preview.revoked", "claim", link.claim.key, text=text, request=request)
        return link

    require(by, Act.JUDGE_CLAIMS)
    return carry_out_once(by, request, act, lambda: find_preview(uuid, by))


def find_preview(uuid: UUID, by: Membership) -> PreviewLink:
    """Find a link of the project, or raise `NotThere`; 1 query."""
    found = visible_to(by, PreviewLink.objects.select_related("claim")).filter(uuid=uuid).first()
    if found is None:
        raise NotThere("preview_not_found", _("There is no such link in this project."))
    return found


def preview_of(secret: str) -> tuple[PreviewLink, Verdict]:
    """Find what a link shows, or raise `NotThere`: one answer for what never was, has ended, or was revoked.

    It ends, too, once its maker may not judge claims any more, and while the project publishes nothing.
    """
    rows = PreviewLink.objects.select_related("claim", "project", "created_by__project")
    rows = rows.filter(digest=_digest(secret), revoked_at__isnull=True, expires_at__gt=timezone.now())
    link = rows.filter(
        project__publishes=True, claim__withdrawn_at__isnull=True, project__deleted_at__isnull=True
    ).first()
    if link is not None and allows(link.created_by, Act.JUDGE_CLAIMS):
        verdict = standing_verdict(link.claim, link.created_by)
        if verdict is not None:
            return link, verdict
    raise NotThere("preview_not_found", _("This link does not work, or does not work any more. Ask who sent it."))


def previews_of(claim: Claim, by: Membership) -> list[PreviewLink]:
    """Return the links to a claim that work, the newest first; 1 query."""
    rows = visible_to(by, PreviewLink.objects.filter(claim=claim, revoked_at=None, expires_at__gt=timezone.now()))
    return list(rows.select_related("created_by")[:MOST_PREVIEWS])


def editions_of(page: Publication) -> list[Edition]:
    """Return what became of a page, the newest first; 1 query."""
    return list(page.editions.select_related("created_by").defer("contents").order_by("-n"))


def _digest(secret: str) -> bytes:
    """Digest a secret. It is random and long, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).digest()
