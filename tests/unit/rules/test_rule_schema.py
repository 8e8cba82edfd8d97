"""Declared types become a description that the type-checker understands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Literal, NewType
from uuid import UUID

import pytest
from google.protobuf import descriptor_pb2
from pydantic import Field, create_model
from rule_builders import VOCABULARY, Card, Monitor, System, a_program, problems_of

from careloop.domain.noun import Duration, Noun
from careloop.domain.tier import OrderedEnum, Tier
from careloop.rules.engine import Gives, Program, compile_expression
from careloop.rules.schema import Schema
from careloop.rules.shapes import Kind, fields_of, orders_in, shape_of
from careloop.rules.vocabulary import Vocabulary

Types = descriptor_pb2.FieldDescriptorProto
Name = NewType("Name", str)


class Colour(StrEnum):
    RED = "red"


class Size(IntEnum):
    SMALL = 1


class Certainty(OrderedEnum):
    LOW = "low"
    VERY_HIGH = "very-high"


class Inner(Noun):
    certainty: tuple[Certainty | None, ...]


class Outer(Noun):
    inner: dict[str, Inner]
    tier: Tier


def described(declared: Any) -> descriptor_pb2.FieldDescriptorProto:
    schema = Schema()
    schema.message(create_model("OneField", field=(declared, ...)))
    schema.describe()
    return schema.file.message_type[0].field[0]


@pytest.mark.parametrize(
    ("declared", "type_number"),
    [
        (str, Types.TYPE_STRING),
        (Name, Types.TYPE_STRING),
        (Duration, Types.TYPE_STRING),
        (date, Types.TYPE_STRING),
        (datetime, Types.TYPE_STRING),
        (UUID, Types.TYPE_STRING),
        (Colour, Types.TYPE_STRING),
        (Literal["a", "b"], Types.TYPE_STRING),
        (Tier, Types.TYPE_INT64),
        (Literal[Tier.HIGH], Types.TYPE_INT64),
        (Size, Types.TYPE_INT64),
        (int, Types.TYPE_INT64),
        (Annotated[int, Field(ge=0)], Types.TYPE_INT64),
        (float, Types.TYPE_DOUBLE),
        (int | float, Types.TYPE_DOUBLE),
        (Decimal, Types.TYPE_DOUBLE),
        (bool, Types.TYPE_BOOL),
    ],
)
def test_a_scalar_has_the_type_of_its_kind(declared: Any, type_number: int) -> None:
    field = described(declared)
    assert (field.type, field.label) == (type_number, Types.LABEL_OPTIONAL)


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        (str | None, "StringValue"),
        (Tier | None, "Int64Value"),
        (float | None, "DoubleValue"),
        (bool | None, "BoolValue"),
        (date | None, "StringValue"),
        (Literal["a", None], "StringValue"),
        (Any, "Value"),
        (int | str, "Value"),
        (Card | Monitor, "Value"),
    ],
)
def test_an_optional_scalar_is_a_wrapper_and_a_choice_of_kinds_is_open(declared: Any, message: str) -> None:
    assert described(declared).type_name == f".google.protobuf.{message}"


@pytest.mark.parametrize("declared", [tuple[str, ...], list[str], frozenset[str], tuple[str, str]])
def test_a_list_of_any_make_is_repeated(declared: Any) -> None:
    field = described(declared)
    assert (field.type, field.label) == (Types.TYPE_STRING, Types.LABEL_REPEATED)


def test_a_record_is_a_message_also_when_optional_or_in_a_list() -> None:
    for declared in (Card, Card | None, tuple[Card, ...], dict[str, Card]):
        assert "Card" in str(described(declared).type_name) or declared == dict[str, Card]


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        (dict[str, Card], 'it.field["a"].licnce == ""'),
        (Mapping[str, int], 'it.field["a"] == ""'),
        (tuple[Card, ...], "it.field[0].licnce != null"),
        (dict[Tier, int], 'it.field["low"] == 1'),
        (list[list[Card]], "it.field[0] == 1"),
        (dict[str, dict[str, Card]], 'it.field["a"] == 1'),
    ],
)
def test_what_is_in_a_list_or_mapping_is_type_checked(declared: Any, text: str) -> None:
    vocabulary = Vocabulary({"it": create_model("OneField", field=(declared, ...))})
    assert problems_of(text, vocabulary)


def test_a_list_in_a_list_is_open_within() -> None:
    vocabulary = Vocabulary({"it": create_model("OneField", field=(list[list[Card]], ...))})
    assert a_program('it.field[0][0].licence == "MIT"', vocabulary).run({"it": {"field": [[{"licence": "MIT"}]]}}).value


def test_a_nested_list_that_is_a_variable_itself_is_checked_all_the_way_down() -> None:
    vocabulary = Vocabulary({"grid": tuple[tuple[Card, ...], ...], "by": dict[str, tuple[Card, ...]]})
    assert problems_of("grid[0][0].licnce != null", vocabulary)[0].suggestion == "did you mean `licence`?"
    assert problems_of('by["a"][0].licnce != null', vocabulary)[0].suggestion == "did you mean `licence`?"


@pytest.mark.parametrize(
    ("declared", "gives"),
    [
        (bool, Gives.TRUTH),
        (int, Gives.WHOLE),
        (Tier, Gives.WHOLE),
        (float, Gives.DECIMAL),
        (str | None, Gives.TEXT),
        (date, Gives.TEXT),
        (datetime, Gives.INSTANT),
        (Any, Gives.TRUTH),
    ],
)
def test_a_variable_may_be_a_scalar(declared: Any, gives: Gives) -> None:
    assert isinstance(compile_expression("it", Vocabulary({"it": declared}), gives=gives), Program)


def test_two_records_of_one_name_are_kept_apart() -> None:
    one, two = create_model("Same", a=(int, ...)), create_model("Same", b=(int, ...))
    vocabulary = Vocabulary({"one": one, "two": two})
    assert a_program("one.a == two.b", vocabulary)
    assert problems_of("one.b == two.b", vocabulary)


def test_field_names_that_differ_only_in_style_are_kept_apart() -> None:
    model = create_model("Styled", a_b=(int, ...), aB=(str, ...))
    assert a_program('it.a_b == 1 && it.aB == ""', Vocabulary({"it": model}))


class Node(Noun):
    name: str
    next: Node | None = None


def test_a_record_may_contain_its_own_kind() -> None:
    vocabulary = Vocabulary({"node": Node})
    assert a_program('node.next.next.name == "a"', vocabulary)
    assert problems_of('node.next.next.nme == "a"', vocabulary)


def test_properties_are_not_fields() -> None:
    assert "shouting_id" not in fields_of(System)
    assert problems_of('system.shouting_id == ""')


def test_ordered_enums_are_found_wherever_they_are() -> None:
    assert list(orders_in([shape_of(Outer)])) == [Certainty, Tier]


def test_a_shape_knows_a_list_that_cannot_be_empty_and_a_closed_set_of_words() -> None:
    model = create_model(
        "Filled", some=(Annotated[tuple[str, ...], Field(min_length=1)], ...), any=(tuple[str, ...], ())
    )
    assert [field.shape.filled for field in fields_of(model).values()] == [True, False]
    assert shape_of(Literal["a", "b"] | None).words == ("a", "b")
    assert shape_of(str | Literal["a"]).words == ()


def test_a_word_that_cannot_be_written_in_a_rule_is_adapted() -> None:
    assert Vocabulary({"it": Certainty}).ranks == {"certainties": {"low": 0, "very_high": 1}}


def test_constants_are_named_by_the_plural_of_their_class_or_as_the_caller_says() -> None:
    assert dict(Vocabulary({"it": tuple[Tier, ...]}).orders) == {"tiers": Tier}
    assert dict(Vocabulary({"it": Tier}, {"levels": Tier}).orders) == {"levels": Tier}
    assert dict(Vocabulary({}, {"levels": Certainty}).orders) == {"levels": Certainty}


def test_a_vocabulary_refuses_names_that_collide_or_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="both a variable and the constants of Tier"):
        Vocabulary({"tiers": System})
    with pytest.raises(ValueError, match="cannot be the name of a variable"):
        Vocabulary({"in": System})
    with pytest.raises(ValueError, match="cannot be the name of a variable"):
        Vocabulary({"my-system": System})
    with pytest.raises(ValueError, match="would both be called 'tiers'"):
        Vocabulary({"a": Tier}, {"tiers": Certainty})


def test_vocabularies_are_equal_by_what_they_declare() -> None:
    same = Vocabulary({"now": datetime, "cards": tuple[Card, ...], "system": System})
    assert (same, hash(same)) == (VOCABULARY, hash(VOCABULARY))
    assert same != Vocabulary({"now": datetime})


def test_an_unknown_class_is_open() -> None:
    assert shape_of(complex).kind is Kind.ANYTHING
