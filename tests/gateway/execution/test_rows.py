"""What the generated text of a row is made of: names of the schema and numbers, and nothing of a caller's."""

import asyncio
import re
from collections.abc import Sequence
from types import CodeType, SimpleNamespace

import pytest
from graphql import OperationDefinitionNode, parse

from directory.disclosure import Role
from gateway.execution import rows
from gateway.execution.plan import NotPlanned, Shape
from gateway.execution.plans import Plans
from gateway.execution.rows import AS_IT_IS, Attribute, Called, Cell, Constant, Derived, Leaf, row_function
from schema import build_schema

SCHEMA = build_schema()
# Everything that the generator writes besides the names of attributes.
OURS = re.compile(r"def|row|return|None|if|is|else|for|in|absent|type|tzinfo|UTC|__dict__|[sad]|[cvi]\d+")
WORD = re.compile(r"[^\W\d]\w*")


def texts(query: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that planning this query generates."""
    written: list[str] = []
    compiled = rows._compiled

    def noted(text: str) -> CodeType:
        written.append(text)
        return compiled(text)

    monkeypatch.setattr(rows, "_compiled", noted)
    document = parse(query, no_location=True)
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    Plans(SCHEMA, query, operation, ()).of(Role.PUBLIC, {})
    return written


def attributes() -> set[str]:
    """The names of Python attributes of every class of the schema."""
    definitions = (each.definition for each in SCHEMA.schema_converter.type_map.values())
    return {field.python_name for each in definitions for field in getattr(each, "fields", ())}


def test_nothing_of_a_caller_is_in_the_text(monkeypatch: pytest.MonkeyPatch) -> None:
    query = """query __import__ { eval: supplier(by: {id: "exec('x')"}) {
      __builtins__: name lambda: siren print: size import: labels { open: expiresOn }
      os: headOffice { system: address { lines } }
    } }"""
    written = texts(query, monkeypatch)
    assert len(written) >= 4
    known = attributes()
    for text in written:
        words = {word for word in WORD.findall(text) if not OURS.fullmatch(word)}
        assert words <= known
        assert not re.search(r"[\"'\\]", text)


def test_a_long_text_is_not_kept() -> None:
    """Callers make as many as they like, of any order of fields and aliases."""
    for number, is_kept in ((100, True), (1000, False)):
        before = rows._kept.cache_info().currsize
        row = row_function([Cell(str(place), Attribute("kept_or_not")) for place in range(number)])
        assert row(SimpleNamespace(kept_or_not=1), [])[str(number - 1)] == 1
        assert rows._kept.cache_info().currsize == before + is_kept


def test_the_function_sees_no_builtin_but_one() -> None:
    row = row_function([Cell("a", Attribute("name"))])
    assert row.__globals__["__builtins__"] == {"type": type}


@pytest.mark.parametrize("name", ["a b", "a.b", "a;b", "1", "", "a\nb", "a'"])
def test_what_is_no_attribute_is_no_text(name: str) -> None:
    with pytest.raises(ValueError, match="no name of an attribute"):
        row_function([Cell("a", Attribute(name))])


def test_a_row_has_the_order_of_its_cells_and_keeps_what_it_made() -> None:
    made: list[object] = []

    def counted(source: object) -> Sequence[str]:
        made.append(source)
        return ["x", "y"]

    cells = [
        Cell("z", Attribute("b"), Shape(nullable=False)),
        Cell("type", Constant("T")),
        Cell("l", Derived("list", counted), Shape(nullable=False, of=Shape(nullable=False))),
        Cell("m", Attribute("a"), Shape(nullable=True), Leaf(mapping={1: "ONE"})),
        Cell("n", Called(lambda source, plus: source.a + plus, 0), Shape(nullable=True), Leaf(function=str)),
    ]
    row, source = row_function(cells), SimpleNamespace(a=1, b=2)
    for _ in range(2):
        assert list(row(source, [{"plus": 1}]).items()) == [
            ("z", 2),
            ("type", "T"),
            ("l", ["x", "y"]),
            ("m", "ONE"),
            ("n", "2"),
        ]
    assert made == [source]


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        (None, Shape(nullable=False)),
        ([1, None], Shape(nullable=True, of=Shape(nullable=False))),
    ],
)
def test_a_null_where_none_may_be_is_not_written(value: object, shape: Shape) -> None:
    row = row_function([Cell("a", Attribute("a"), shape, AS_IT_IS)])
    with pytest.raises(NotPlanned):
        row(SimpleNamespace(a=value), [])


def test_numbers_that_graphql_has_not_are_refused() -> None:
    for value in (float("nan"), float("inf"), "x"):
        row = row_function([Cell("a", Attribute("a"), Shape(nullable=True), Leaf(function=rows._number))])
        with pytest.raises(Exception, match="Float cannot represent"):
            row(SimpleNamespace(a=value), [])


def test_a_run_ends_when_all_of_it_has() -> None:
    from gateway.execution.running import _every

    over: list[str] = []

    async def slow() -> None:
        await asyncio.sleep(0.01)
        over.append("slow")

    async def failing() -> None:
        raise NotPlanned("x")

    async def both() -> None:
        await _every([failing, slow])

    with pytest.raises(NotPlanned):
        asyncio.run(both())
    assert over == ["slow"]
