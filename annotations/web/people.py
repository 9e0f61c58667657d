"""The members of a project: who has which part, adding people, ending a part."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from annotations.access import Act, may_create
from annotations.errors import NotThere, WorkbenchError
from annotations.models import Invitation, Membership, User
from annotations.workflow.inviting import invitations_of
from annotations.workflow.mailing import sends_mail
from annotations.workflow.people import NewAccount, add_new_account, match_person
from annotations.workflow.projects import add_member, change_role, end_membership

from .doors import page, person, project_page, say
from .forms.fields import put_refusal
from .forms.projects import InvitationForm, MemberForm, RoleForm


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@project_page(Act.MANAGE_MEMBERS)
def members(request: HttpRequest, member: Membership) -> HttpResponse:
    """List the members, add one. A new account's password is shown in the reply to this request only."""
    form = MemberForm(request.POST or None)
    made: NewAccount | None = None
    if request.method == "POST" and form.is_valid():
        try:
            made = _add(form, member)
            if made is None:
                messages.success(request, _("“%(name)s” is a member now.") % {"name": form.cleaned_data["person"]})
                return redirect("annotations:members", member.project.slug)
            form = MemberForm()
        except WorkbenchError as refusal:
            put_refusal(form, refusal)
    return members_page(request, member, form=form, made=made)


def members_page(
    request: HttpRequest,
    member: Membership,
    *,
    form: MemberForm | None = None,
    made: NewAccount | None = None,
    invitation_form: InvitationForm | None = None,
    invitation: Invitation | None = None,
    link: str = "",
) -> HttpResponse:
    """Show the members, the forms for more, and what was just made: a new account's password, an invitation's link."""
    rows = Membership.objects.filter(project_id=member.project_id).select_related("user")
    forms = (form or MemberForm(), invitation_form or InvitationForm())
    context = {
        "form": forms[0],
        "made": made,
        "current": rows.filter(ended_at__isnull=True).order_by("role", "pseudonym"),
        "left": rows.filter(ended_at__isnull=False).order_by("pseudonym"),
        "roles": Membership.Role.choices,
        "may_create": may_create(person(request)),
        "invitation_form": forms[1],
        "invitation": invitation,
        "link": link,
        "invitations": invitations_of(member.project),
        "sends_mail": sends_mail(),
    }
    return page(request, "members.html", member, context, status=422 if any(one.errors for one in forms) else 200)


@require_POST
@project_page(Act.MANAGE_MEMBERS)
def change_member(request: HttpRequest, member: Membership, *, uuid: UUID) -> HttpResponse:
    """Give a member another role, end their part, or match an annotator known from a file to a person."""
    found = Membership.objects.filter(project_id=member.project_id, uuid=uuid).first()
    if found is None:
        raise NotThere("member_not_found", _("There is no such member in this project."))
    form = RoleForm(request.POST)
    try:
        if "end" in request.POST:
            end_membership(found, by=member)
            messages.success(request, _("“%(name)s” has no part in the project any more.") % {"name": found.pseudonym})
        elif "match" in request.POST:
            match_person(found, _account_named(request.POST.get("username", "")), by=member)
            messages.success(request, _("“%(name)s” is matched to this person.") % {"name": found.pseudonym})
        elif form.is_valid():
            change_role(found, form.cleaned_data["role"], by=member)
            messages.success(request, _("Saved."))
    except WorkbenchError as refusal:
        say(request, refusal)
    return redirect("annotations:members", member.project.slug)


def _account_named(name: str) -> User:
    found = User.objects.filter(username=name.strip(), is_active=True).first()
    if found is None:
        message = _("There is no active account “%(name)s”. Check the spelling, or have an account made.")
        raise NotThere("user_not_found", message % {"name": name[:150]}, field="username")
    return found


def _add(form: MemberForm, by: Membership) -> NewAccount | None:
    """Add the person the form names; return the account where a new one had to be made."""
    data = form.cleaned_data
    if data["creates"]:
        return add_new_account(data["person"], data["role"], by=by)
    user = form.find()
    if user is None:
        message = _("There is no active account “%(name)s”. Check the spelling, or have an account made.")
        raise NotThere("user_not_found", message % {"name": data["person"]}, field="person")
    add_member(user, data["role"], by=by)
    return None
