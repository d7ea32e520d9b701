"""Owns the list of the messages of the program, read from its code.

A message is a text of which an error, a problem or a warning is made, at the place where it is written; `…`
stands for what varies in it. A place that passes on the text of another place has no words of its own, and is
no message.
"""

from __future__ import annotations

import ast
import functools
import re
import typing as t
from pathlib import Path

if t.TYPE_CHECKING:
    from collections.abc import Iterator

VARIES = "…"
PACKAGE = Path(__file__).parents[2] / "target_activecampaign"

_ERRORS_OF_OTHERS = {
    "OSError",  # its text becomes a part of an `OutputError` or of a problem of the input
    "UsageError",
    "ClickException",
    "BadParameter",
    "RecordsWithoutSchemaException",
    "MissingKeyPropertiesError",
    "StreamMapConfigError",
}
_OTHER_MAKERS = {"Problem", "of_text", "add_problem", "NoLimit", "__init__"}
_CAUGHT_BY_THE_PROGRAM = {"StoppedError", "NotSureError", "WrongKeyError"}
_LOG_CALLS = {"warning", "error", "exception", "critical"}
_TABLES_OF_CAUSES = {
    "api/transport.py": {"_WORDS", "_INNER_WORDS", "_OF_A_PROXY"},
    "ledger/driver_errors.py": {"_KNOWN_CAUSES"},
    "source_files/foreign_files.py": {"_BY_START", "_BY_TEXT"},
}
"""Of what an error of a library or of the system means, in our words."""

_LOOKED_AT = (ast.Call, ast.Assign, ast.Return, ast.Yield, ast.FunctionDef)
_ABOUT_PROBLEMS = re.compile("problem|reason|incremental_sign")
_Function: t.TypeAlias = "ast.FunctionDef | None"  # None for a module's own lines


class Message(t.NamedTuple):
    """A text of the program.

    Attributes:
        place: Its file in the package, and the line.
        text: With `…` for what varies.
        beginning: Its first words that do not vary, up to four.
    """

    place: str
    text: str
    beginning: str


@functools.cache
def find_messages() -> list[Message]:
    """Return all messages of the program, by file; the sandbox is a program of its own."""
    sources = {
        file.relative_to(PACKAGE).as_posix(): file.read_text(encoding="utf-8")
        for file in sorted(PACKAGE.rglob("*.py"))
        if "sandbox" not in file.relative_to(PACKAGE).parts
    }
    makers = _names_of_makers("\n".join(sources.values()))
    found = []
    for name, source in sources.items():
        module = _Module(ast.parse(source), makers, _TABLES_OF_CAUSES.get(name, set()))
        found += [Message(f"{name}:{line}", text, _beginning(text)) for line, text in module.messages()]
    return found


def _names_of_makers(source: str) -> set[str]:
    """Return the names of what makes a message of a text: errors, and functions that return one."""
    errors = set(re.findall(r"^class (\w*Error)\b", source, re.MULTILINE)) - _CAUGHT_BY_THE_PROGRAM
    errors |= _ERRORS_OF_OTHERS
    returned = re.findall(r"^ *def (\w+)\([^)]*\) -> [\"']?(?:\w+\.)?(\w+)[\"']?:", source, re.MULTILINE)
    return errors | _OTHER_MAKERS | {name for name, returns in returned if returns in errors}


def _beginning(text: str) -> str:
    piece = next(piece for piece in text.split(VARIES) if _are_words(piece))
    return " ".join(piece.strip(" .,:;()").split()[:4])


class _Module:
    """The messages of one file."""

    def __init__(self, tree: ast.Module, makers: set[str], tables: set[str]) -> None:
        self._makers = makers
        self._constants = dict(_assignments(tree.body))
        self._tables = [value for name, value in self._constants.items() if name in tables]
        self._nodes = [
            (function, node) for function, node in _nodes_by_function(tree) if isinstance(node, _LOOKED_AT)
        ]
        self._functions = {function.name: function for function, _ in self._nodes if function}

    def messages(self) -> list[tuple[int, str]]:
        """Return line and text of each."""
        return sorted(set(self._messages()))

    def _messages(self) -> Iterator[tuple[int, str]]:
        for table in self._tables:
            yield from self._texts(table, None, frozenset())
        for function, node in self._nodes:
            for part in self._parts_with_text(node, function):
                yield from self._texts(part, function, frozenset())

    def _parts_with_text(self, node: ast.AST, function: _Function) -> list[ast.expr]:
        """Return the parts of a statement or call that a message is made of."""
        if isinstance(node, ast.Call):
            return self._arguments_with_text(node, function)
        is_problem = isinstance(node, ast.Assign) and _is_about_problems(_last_name(node.targets[0]))
        gives_problem = (
            isinstance(node, (ast.Return, ast.Yield)) and function and _is_about_problems(function.name)
        )
        value = node.value if is_problem or gives_problem else None  # type: ignore[attr-defined]
        return [value] if value else []

    def _arguments_with_text(self, node: ast.Call, function: _Function) -> list[ast.expr]:
        name = _last_name(node.func)
        if name in _LOG_CALLS:
            return node.args[:1] if _has_words(self._text(node.args[0])) else node.args
        if name == "log":
            return node.args[1:2]
        if name in self._makers or self._is_one_of_the_makers(node.func, function):
            return [*node.args, *(word.value for word in node.keywords)]
        if name in {"append", "extend"} and _is_about_problems(_last_name(node.func.value)):  # type: ignore[attr-defined]
            return node.args
        return []

    def _is_one_of_the_makers(self, node: ast.expr, function: _Function) -> bool:
        """Tell whether a name stands for one of two errors."""
        values = self._values_of(node, function) if isinstance(node, ast.Name) else []
        choices = [value for value in values if isinstance(value, ast.IfExp)]
        return any(_last_name(choice.body) in self._makers for choice in choices)

    def _texts(self, node: ast.expr, function: _Function, seen: frozenset[str]) -> Iterator[tuple[int, str]]:
        """Yield the texts that an expression may become; of one with words of its own, these."""
        text = self._text(node)
        name = _last_name(node)
        if _has_words(text):
            yield node.lineno, text
        elif name not in seen:
            for part in self._parts(node, function):
                yield from self._texts(part, function, seen | {name} if name else seen)

    def _parts(self, node: ast.expr, function: _Function) -> list[ast.expr]:
        """Return the expressions of which one without words of its own is made."""
        if isinstance(node, ast.Name):
            return self._values_of(node, function)
        if isinstance(node, ast.Call):
            called = self._functions.get(_last_name(node.func))
            return _given_back(called) if called else []
        names = _PARTS.get(type(node), ())
        found = [getattr(node, name) for name in names]
        return [part for one in found for part in (one if isinstance(one, list) else [one])]

    def _values_of(self, name: ast.Name, function: _Function) -> list[ast.expr]:
        known = self._constants.get(name.id)
        local = _local_values(function).get(name.id, []) if function else []
        return local or ([known] if known else [])

    def _text(self, node: ast.expr) -> str:
        """Return the text of an expression, with `…` for what is no text in this place."""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return re.sub(r"%[srd]|\{\w*\}", VARIES, node.value)
        if isinstance(node, ast.JoinedStr):
            return "".join(self._text(part) for part in node.values)
        if isinstance(node, ast.FormattedValue):
            return self._text(node.value)
        if isinstance(node, ast.BinOp):
            return self._text(node.left) + self._text(node.right)
        known = self._constants.get(node.id) if isinstance(node, ast.Name) else None
        return self._text(known) if isinstance(known, (ast.Constant, ast.JoinedStr)) else VARIES


_PARTS: dict[type[ast.expr], tuple[str, ...]] = {
    ast.IfExp: ("body", "orelse"),
    ast.JoinedStr: ("values",),
    ast.FormattedValue: ("value",),
    ast.BinOp: ("left", "right"),
    ast.BoolOp: ("values",),
    ast.List: ("elts",),
    ast.Tuple: ("elts",),
    ast.Dict: ("values",),
    ast.GeneratorExp: ("elt",),
    ast.ListComp: ("elt",),
    ast.Starred: ("value",),
    ast.Subscript: ("value",),
    ast.NamedExpr: ("value",),
}


def _nodes_by_function(root: ast.AST) -> Iterator[tuple[_Function, ast.AST]]:
    """Yield each node below one, with the innermost function around it."""
    left: list[tuple[_Function, ast.AST]] = [(None, root)]
    while left:
        function, node = left.pop()
        yield function, node
        left += [
            (below if isinstance(below, ast.FunctionDef) else function, below)
            for below in ast.iter_child_nodes(node)
        ]


@functools.cache
def _local_values(function: ast.FunctionDef) -> dict[str, list[ast.expr]]:
    values: dict[str, list[ast.expr]] = {}
    for name, value in _assignments(ast.walk(function)):
        values.setdefault(name, []).append(value)
    return values


@functools.cache
def _given_back(function: ast.FunctionDef) -> list[ast.expr]:
    returns = [node for node in ast.walk(function) if isinstance(node, (ast.Return, ast.Yield))]
    return [node.value for node in returns if node.value]


def _assignments(nodes: t.Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes:
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            names = target.elts if isinstance(target, ast.Tuple) else [target]
            yield from ((name.id, node.value) for name in names if isinstance(name, ast.Name))


def _last_name(node: ast.expr) -> str:
    """Return the name that a call, an attribute or a name ends with; else nothing."""
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    name: str = getattr(node, "attr", getattr(node, "id", ""))
    return name


def _is_about_problems(name: str) -> bool:
    return bool(_ABOUT_PROBLEMS.search(name))


def _has_words(text: str) -> bool:
    return any(_are_words(piece) for piece in text.split(VARIES))


def _are_words(piece: str) -> bool:
    return sum(bool(re.search(r"[^\W\d_]{2,}", word)) for word in piece.split()) > 1
