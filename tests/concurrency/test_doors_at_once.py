"""What works once works once, however many try it at the same moment: a place, a code, a new password."""

from __future__ import annotations

from functools import partial

import pytest

from annotations.errors import NotThere, Refused
from annotations.models import Invitation, LoginThrottle, Membership, SecondFactor, User
from annotations.workflow.inviting import NewInvitation, NewPerson, invite, take_invitation, take_invitation_anew
from annotations.workflow.resetting import make_reset_link, reset_password
from annotations.workflow.second_factor import check_second_factor
from tests import factories
from tests.web.test_second_factor import code_of, turn_on

from .test_parallel_changes import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_many_who_take_the_last_place_one_gets_it():
    mia = factories.project()
    _row, secret = invite(NewInvitation("annotator", most_uses=2), by=mia)
    known = [partial(take_invitation, secret, factories.user(name)) for name in ("ben", "cem", "dan")]
    new = [partial(take_invitation_anew, secret, NewPerson(name, factories.PASSWORD)) for name in ("xu", "yan", "zoe")]

    results = at_once(*known, *new)

    joined = [result for result in results if isinstance(result, Membership)]
    told = [result.code for result in results if isinstance(result, Refused)]
    assert (len(joined), told) == (2, ["invitation_used"] * 4), results
    assert Invitation.objects.get().use_count == 2
    assert Membership.objects.filter(project=mia.project).count() == 3
    assert User.objects.filter(username__in=("xu", "yan", "zoe")).count() == sum(
        one.user.username in ("xu", "yan", "zoe") for one in joined
    )


def test_au3_a_code_sent_many_times_at_once_is_taken_once():
    ada = factories.user("ada")
    secret, codes = turn_on(ada)

    for code in (code_of(secret), codes[0]):
        LoginThrottle.objects.all().delete()
        results = at_once(*[partial(check_second_factor, ada, code)] * 4)
        assert results.count(None) == 1, results
        assert {result.code for result in results if result is not None} == {"code_wrong"}
    assert SecondFactor.objects.get().last_step > 0


def test_au3_a_link_for_a_new_password_sets_one_of_two():
    ada, root = factories.user("ada"), factories.user("root", is_superuser=True)
    secret, words = make_reset_link(ada, by=root), ("the first long phrase", "the second long phrase")

    results = at_once(*(partial(reset_password, secret, one) for one in words))

    assert [isinstance(one, NotThere) for one in results].count(True) == 1, results
    ada.refresh_from_db()
    assert [ada.check_password(one) for one in words].count(True) == 1
