"""Stories: made and changed, their articles, their questions and answers, and what is said to suggested ones."""

from __future__ import annotations

from functools import partial
from typing import ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from annotations.access import Act, hide_outlets
from annotations.api import shapes, story_shapes
from annotations.api.job_json import job_json
from annotations.api.pagination import PARAMETERS, page_of, reply
from annotations.api.serializers import Nothing
from annotations.api.story_json import (
    cell_json,
    row_head_json,
    row_json,
    story_json,
    suggestion_json,
    whole_story_json,
)
from annotations.errors import Refused
from annotations.jobs.starting import start_once
from annotations.models import StorySuggestion
from annotations.stories.asking import fill_row, whole_row
from annotations.stories.finding import start_finding_stories
from annotations.stories.reading import story_view
from annotations.stories.suggested import with_articles
from annotations.stories.table import matrix_csv
from annotations.workflow.answering import NewAnswer, NewStatement, RowChange, add_row, answer, change_row, find_row
from annotations.workflow.stories import (
    Decision,
    StoryChange,
    change_articles,
    change_story,
    decide_suggestion,
    find_story,
    make_story,
    merge_stories,
    part_story,
    story_rows,
    suggestion_rows,
)

from .base import JudgementView, ProjectView, read

STATES = tuple(StorySuggestion.State.values)


class StoryList(JudgementView):
    """The stories of a project."""

    acts: ClassVar[dict[str, Act]] = {"GET": Act.VIEW, "POST": Act.EDIT_STORIES}
    parameters = PARAMETERS

    @extend_schema(responses=shapes.page(story_shapes.StoryHeadShape), parameters=shapes.PAGING)
    def get(self, request: Request, slug: str) -> Response:
        """List the stories that stand for themselves, the newest first."""
        found, following = page_of(story_rows(self.membership), request, order="-pk", name="key")
        return Response(reply([story_json(each) for each in found], following))

    @extend_schema(request=story_shapes.NewStoryInput, responses={201: story_shapes.StoryHeadShape})
    def post(self, request: Request, slug: str) -> Response:
        """Make a story of articles."""
        sent = read(story_shapes.NewStoryInput, request)
        made = make_story(
            sent["key"],
            sent["name"],
            by=self.membership,
            articles=sent["articles"],
            note=sent["note"],
            request=self.request_once(),
        )
        return Response(story_json(made), status=201)


class StoryDetail(JudgementView):
    """One story."""

    acts: ClassVar[dict[str, Act]] = {"GET": Act.VIEW, "PATCH": Act.EDIT_STORIES}

    @extend_schema(responses=story_shapes.StoryShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """Give a story with its articles in time, its matrix, and who took what from whom."""
        return Response(whole_story_json(story_view(find_story(self.membership, key), self.membership)))

    @extend_schema(request=story_shapes.StoryChangeInput, responses=story_shapes.StoryHeadShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Rename a story, change its note, withdraw it or bring it back."""
        sent = read(story_shapes.StoryChangeInput, request)
        base_version = sent.pop("base_version")
        change, once = StoryChange(**sent), self.request_once()
        changed = change_story(key, change, by=self.membership, base_version=base_version, request=once)
        return Response(story_json(changed))


class StoryArticles(JudgementView):
    """The articles of a story."""

    acts: ClassVar[dict[str, Act]] = {"POST": Act.EDIT_STORIES}

    @extend_schema(request=story_shapes.StoryArticlesInput, responses=story_shapes.StoryHeadShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Let articles tell a story, be related to it, or be neither. Doing so twice is no error."""
        sent = read(story_shapes.StoryArticlesInput, request)
        return Response(story_json(change_articles(key, by=self.membership, request=self.request_once(), **sent)))


class StoryMerge(JudgementView):
    """Two stories that are one."""

    acts: ClassVar[dict[str, Act]] = {"POST": Act.EDIT_STORIES}

    @extend_schema(request=story_shapes.StoryMergeInput, responses=story_shapes.StoryHeadShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Let another story stand for this one: its articles and questions show there."""
        sent, once = read(story_shapes.StoryMergeInput, request), self.request_once()
        base = sent["base_version"]
        return Response(
            story_json(merge_stories(key, sent["into"], by=self.membership, base_version=base, request=once))
        )


class StoryParting(JudgementView):
    """A story that was merged into another."""

    acts: ClassVar[dict[str, Act]] = {"POST": Act.EDIT_STORIES}

    @extend_schema(request=story_shapes.StoryPartInput, responses=story_shapes.StoryHeadShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Let a story stand for itself again. Doing so twice is no error."""
        base, once = read(story_shapes.StoryPartInput, request)["base_version"], self.request_once()
        return Response(story_json(part_story(key, by=self.membership, base_version=base, request=once)))


class StoryMatrix(ProjectView):
    """The account matrix of a story as a table."""

    tag = "stories"

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, slug: str, key: UUID) -> HttpResponse:
        """Give the matrix as CSV, one line a statement; no cell is a formula."""
        found = find_story(self.membership, key)
        table = matrix_csv(story_view(found, self.membership))
        made = HttpResponse(table, content_type="text/csv; charset=utf-8")
        made["Content-Disposition"] = f'attachment; filename="story-{found.key}.csv"'
        return made


class StoryRows(JudgementView):
    """The questions of a story."""

    acts: ClassVar[dict[str, Act]] = {"POST": Act.EDIT_STORIES}

    @extend_schema(request=story_shapes.NewRowInput, responses={201: story_shapes.RowHeadShape})
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Ask a story one more question; it comes last."""
        sent, once = read(story_shapes.NewRowInput, request), self.request_once()
        row = add_row(key, sent["key"], sent["text"], sent["kind"], by=self.membership, cues=sent["cues"], request=once)
        return Response(row_head_json(row), status=201)


class StoryRow(JudgementView):
    """One question of a story."""

    acts: ClassVar[dict[str, Act]] = {"GET": Act.VIEW, "PATCH": Act.EDIT_STORIES}

    @extend_schema(responses=story_shapes.RowShape)
    def get(self, request: Request, slug: str, key: UUID) -> Response:
        """Give a question with what each article says."""
        return Response(row_json(whole_row(find_row(self.membership, key), self.membership)))

    @extend_schema(request=story_shapes.RowChangeInput, responses=story_shapes.RowHeadShape)
    def patch(self, request: Request, slug: str, key: UUID) -> Response:
        """Reword a question, give it another kind or place, withdraw it or bring it back."""
        sent = read(story_shapes.RowChangeInput, request)
        base_version = sent.pop("base_version")
        change, once = RowChange(**sent), self.request_once()
        row = change_row(key, change, by=self.membership, base_version=base_version, request=once)
        return Response(row_head_json(row))


class StoryRowFilling(JudgementView):
    """Reading answers from the texts."""

    acts: ClassVar[dict[str, Act]] = {"POST": Act.EDIT_STORIES}

    @extend_schema(request=Nothing, responses=story_shapes.FilledRowShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Propose answers for the articles that have none yet, by the rules of their languages; what people said stays.

        Rules are there for English and German. `not_read` names the other languages, and how many articles each has.
        """
        read(Nothing, request)
        by = self.membership
        filled = fill_row(find_row(by, key), by=by, request=self.request_once())
        not_read = [{"language": language, "articles": n} for language, n in filled.not_read.items()]
        return Response(row_json(whole_row(find_row(by, key), by)) | {"not_read": not_read})


class StoryAnswer(JudgementView):
    """What an article says to a question."""

    acts: ClassVar[dict[str, Act]] = {"PUT": Act.EDIT_STORIES}

    @extend_schema(request=story_shapes.AnswerInput, responses=story_shapes.AnswerShape)
    def put(self, request: Request, slug: str, key: UUID, uuid: UUID) -> Response:
        """Say what an article says, whole, in place of what was said before, which is kept as an earlier state.

        Also answers 409 with `stale_version` where somebody answered meanwhile.
        """
        sent, by = read(story_shapes.AnswerInput, request), self.membership
        statements = [NewStatement(**each) for each in sent["statements"]]
        new = NewAnswer(sent["state"], sent["base_version"], statements, sent["note"])
        answer(key, uuid, new, by=by, request=self.request_once())
        whole = whole_row(find_row(by, key), by)
        return Response(next(cell_json(cell) for cell in whole.cells if cell.article.uuid == uuid))


class StorySuggestionList(ProjectView):
    """Suggested stories."""

    tag = "stories"
    parameters = PARAMETERS | {"state"}

    @extend_schema(
        responses=shapes.page(story_shapes.StorySuggestionShape),
        parameters=[OpenApiParameter("state", OpenApiTypes.STR, enum=STATES), *shapes.PAGING],
    )
    def get(self, request: Request, slug: str) -> Response:
        """List suggested stories with their ground, the newest first: the open ones unless told otherwise."""
        state = request.query_params.get("state", StorySuggestion.State.OPEN)
        if state not in STATES:
            raise Refused("state_unknown", f"Send one of: {', '.join(STATES)}.", field="state")
        rows = with_articles(suggestion_rows(self.membership).filter(state=state))
        found, following = page_of(rows, request, order="-pk", name="key")
        hide_outlets(self.membership, [one.article for each in found for one in each.articles.all()])
        return Response(reply([suggestion_json(each) for each in found], following))


class StorySuggestionDecision(JudgementView):
    """Deciding about a suggested story."""

    acts: ClassVar[dict[str, Act]] = {"POST": Act.EDIT_STORIES}

    @extend_schema(request=story_shapes.SuggestionDecisionStoryInput, responses=story_shapes.StorySuggestionShape)
    def post(self, request: Request, slug: str, key: UUID) -> Response:
        """Confirm it, which makes the story or adds to the one that is there; refuse it; open a refused one again."""
        sent, by = read(story_shapes.SuggestionDecisionStoryInput, request), self.membership
        decision = Decision(
            state=sent["state"],
            base_version=sent["base_version"],
            key=sent.get("key"),
            name=sent["name"],
            articles=tuple(sent["articles"]) if "articles" in sent else None,
            related=tuple(sent["related"]),
        )
        decide_suggestion(key, decision, by=by, request=self.request_once())
        return Response(suggestion_json(with_articles(suggestion_rows(by)).get(key=key)))


class StoriesRun(ProjectView):
    """Suggesting stories."""

    tag = "jobs"
    acts: ClassVar[dict[str, Act]] = {"POST": Act.EDIT_STORIES}
    takes_key = True

    @extend_schema(request=story_shapes.StoriesRunInput, responses={202: shapes.JobShape})
    def post(self, request: Request, slug: str) -> Response:
        """Suggest stories from shared passages, rare names and dates, in what is new or with `again` in all; a job."""
        sent = read(story_shapes.StoriesRunInput, request)
        start = partial(start_finding_stories, self.membership, again=sent["again"])
        return Response(job_json(start_once(self.membership, self.request_if_keyed(), start)), status=202)
