"""What the API takes and gives about stories."""

from __future__ import annotations

from rest_framework import serializers

from annotations.models import AccountCell, AccountRow, Statement, StorySuggestion
from annotations.workflow.answering import MAX_STATEMENT, MAX_TEXT, MOST_STATEMENTS
from annotations.workflow.stories import MAX_NAME, MAX_NOTE, MOST_ARTICLES

from .serializers import StrictSerializer, Text, Whole
from .shapes import PassageArticleShape, Shape, Time


class NewStoryInput(StrictSerializer):
    """A story and the articles that tell it."""

    key = serializers.UUIDField()
    name = Text(max_length=MAX_NAME)
    note = Text(default="", max_length=MAX_NOTE)
    articles = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_ARTICLES, default=list)


class StoryChangeInput(StrictSerializer):
    """What is to be different about a story; what is left out stays."""

    base_version = Whole(min_value=1)
    name = Text(required=False, max_length=MAX_NAME)
    note = Text(required=False, max_length=MAX_NOTE)
    withdrawn = serializers.BooleanField(required=False)


class StoryArticlesInput(StrictSerializer):
    """Articles that tell a story from now on, are related to it, or neither."""

    add = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_ARTICLES, default=list)
    relate = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_ARTICLES, default=list)
    remove = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_ARTICLES, default=list)


class StoryMergeInput(StrictSerializer):
    """The story that stands for this one."""

    into = serializers.UUIDField()
    base_version = Whole(min_value=1)


class StoryPartInput(StrictSerializer):
    """The state of the story that one saw."""

    base_version = Whole(min_value=1)


class NewRowInput(StrictSerializer):
    """A question of a story."""

    key = serializers.UUIDField()
    text = Text(max_length=MAX_TEXT)
    kind = serializers.ChoiceField(AccountRow.Kind.choices)
    cues = Text(default="", max_length=MAX_TEXT, help_text="Words its sentences are known by, parted by commas.")


class RowChangeInput(StrictSerializer):
    """What is to be different about a question; what is left out stays."""

    base_version = Whole(min_value=1)
    text = Text(required=False, max_length=MAX_TEXT)
    kind = serializers.ChoiceField(AccountRow.Kind.choices, required=False)
    cues = Text(required=False, max_length=MAX_TEXT)
    position = Whole(required=False, min_value=1, help_text="Its place among the questions, from 1.")
    withdrawn = serializers.BooleanField(required=False)


class StatementInput(StrictSerializer):
    """One thing that an article says, with the passage it stands on, or none. Offsets are code points."""

    text = Text(max_length=MAX_STATEMENT)
    voice = serializers.ChoiceField(Statement.Voice.choices, default=Statement.Voice.OWN)
    said_by = Text(default="", max_length=200)
    as_of = Text(default="", max_length=10, help_text="YYYY, YYYY-MM or YYYY-MM-DD.")
    quote = Text(default="", help_text="Words of the article; without start, their first place is taken.")
    start = Whole(required=False, allow_null=True, min_value=0)
    version = serializers.UUIDField(required=False, allow_null=True, help_text="Left out, the present text.")
    annotation = serializers.UUIDField(required=False, allow_null=True, help_text="Its passage is taken.")


class AnswerInput(StrictSerializer):
    """What an article says to a question, whole: it takes the place of what was there."""

    base_version = Whole(min_value=0, help_text="0 where there was no answer.")
    state = serializers.ChoiceField(AccountCell.State.choices)
    note = Text(default="", max_length=MAX_NOTE)
    statements = StatementInput(many=True, default=list, help_text=f"At most {MOST_STATEMENTS}.")


class SuggestionDecisionStoryInput(StrictSerializer):
    """What one says to a suggested story. Without articles, it is taken as it was suggested."""

    state = serializers.ChoiceField(StorySuggestion.State.choices)
    base_version = Whole(min_value=1)
    key = serializers.UUIDField(required=False, help_text="Of the story that is made.")
    name = Text(default="", max_length=MAX_NAME, help_text="Of the story that is made.")
    articles = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_ARTICLES, required=False)
    related = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_ARTICLES, default=list)


class StoriesRunInput(StrictSerializer):
    """How stories are suggested."""

    again = serializers.BooleanField(default=False, help_text="Look at all articles, not only at what is new.")


class StoryHeadShape(Shape):
    key = serializers.UUIDField()
    name = serializers.CharField()
    note = serializers.CharField()
    merged_into = serializers.UUIDField(allow_null=True)
    annotator = serializers.CharField(help_text="Pseudonym of whoever made it.")
    version = serializers.IntegerField(help_text="Send it as base_version with a change.")
    created_at = Time()
    updated_at = Time()
    withdrawn_at = Time(allow_null=True)


class StoryArticleShape(PassageArticleShape):
    posted_at = Time(allow_null=True)


class StatementShape(Shape):
    text = serializers.CharField()
    voice = serializers.ChoiceField(Statement.Voice.choices)
    said_by = serializers.CharField()
    as_of = serializers.CharField()
    value = serializers.DictField(help_text="The normalised value; empty where the words say it all.")
    version = serializers.UUIDField(allow_null=True)
    start = serializers.IntegerField(allow_null=True, help_text="Offset in code points.")
    end = serializers.IntegerField(allow_null=True)
    quote = serializers.CharField()
    annotation = serializers.UUIDField(allow_null=True)


class AnswerShape(Shape):
    article = serializers.UUIDField()
    state = serializers.ChoiceField(AccountCell.State.choices, help_text="As a person said, else as compared.")
    is_checked = serializers.BooleanField(help_text="Whether a person said so.")
    proposed_state = serializers.ChoiceField(AccountCell.State.choices)
    proposed_by = serializers.CharField(help_text="The rules, where a program filled it and nobody has looked yet.")
    note = serializers.CharField()
    annotator = serializers.CharField(allow_null=True, help_text="Pseudonym of whoever answered first.")
    version = serializers.IntegerField(help_text="Send it as base_version; 0 where there is no answer.")
    missing = serializers.ListField(child=serializers.CharField(), help_text="What a set lacks beside the common one.")
    added = serializers.ListField(child=serializers.CharField())
    statements = StatementShape(many=True)


class RowHeadShape(Shape):
    key = serializers.UUIDField()
    text = serializers.CharField()
    kind = serializers.ChoiceField(AccountRow.Kind.choices)
    cues = serializers.CharField()
    annotator = serializers.CharField()
    version = serializers.IntegerField()
    withdrawn_at = Time(allow_null=True)


class RowShape(RowHeadShape):
    common = serializers.CharField(allow_null=True, help_text="What most articles say, where one answer prevails.")
    n_common = serializers.IntegerField()
    n_answers = serializers.IntegerField()
    cells = AnswerShape(many=True)


class NotReadShape(Shape):
    language = serializers.CharField(help_text="A language for which there are no rules.")
    articles = serializers.IntegerField()


class FilledRowShape(RowShape):
    not_read = NotReadShape(many=True)


class SourcePageShape(Shape):
    source = serializers.UUIDField()  # type: ignore[assignment]
    capture = serializers.UUIDField(help_text="The newest that shares a passage.")
    name = serializers.CharField()
    published_at = serializers.DateTimeField(allow_null=True)
    fetched_at = serializers.DateTimeField()


class TakingShape(Shape):
    giver = serializers.UUIDField(
        allow_null=True, help_text="Null: a source page, or an outlet of which no article is held."
    )
    giver_name = serializers.CharField()
    giver_page = SourcePageShape(allow_null=True)
    taker = serializers.UUIDField(allow_null=True, help_text="Null: a source page.")
    taker_page = SourcePageShape(allow_null=True)
    is_known = serializers.BooleanField(help_text="Whether it is known who took it from whom.")
    n_words = serializers.IntegerField()
    n_passages = serializers.IntegerField()
    grounds = serializers.ListField(child=serializers.CharField())
    passage = serializers.UUIDField(allow_null=True, help_text="Key of the longest passage.")


class StoryShape(StoryHeadShape):
    articles = StoryArticleShape(many=True, help_text="In order of time.")
    related = StoryArticleShape(many=True)
    merged = StoryHeadShape(many=True, help_text="The stories that this one stands for.")
    rows = RowShape(many=True)
    takings = TakingShape(many=True)


class GroundPassageShape(Shape):
    key = serializers.UUIDField()
    words = serializers.IntegerField()


class GroundShape(Shape):
    article = serializers.UUIDField(help_text="The other article.")
    passages = GroundPassageShape(many=True)
    words = serializers.IntegerField()
    names = serializers.ListField(child=serializers.CharField())
    days = serializers.IntegerField(allow_null=True, help_text="Between the dates, where both are known.")


class SuggestedArticleShape(StoryArticleShape):
    is_related = serializers.BooleanField()
    ground = GroundShape(many=True)


class StorySuggestionShape(Shape):
    key = serializers.UUIDField()
    story = serializers.UUIDField(allow_null=True, help_text="The story that was made, or that gets more articles.")
    state = serializers.ChoiceField(StorySuggestion.State.choices)
    found_by = serializers.CharField()
    created_at = Time()
    decided_by = serializers.CharField(allow_null=True)
    decided_at = Time(allow_null=True)
    version = serializers.IntegerField()
    articles = SuggestedArticleShape(many=True)
