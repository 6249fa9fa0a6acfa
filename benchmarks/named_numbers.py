"""The named numbers of `extractor/`, found in its syntax trees, where they are used, and the turning of one.

Named is a number that a module binds to a name outside any function: alone, as a member of a tuple or of a mapping
(each counted apart), or as arithmetic on literals. What is computed from names is derived: it follows when they turn.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias

#: Module and name of a constant.
Named: TypeAlias = tuple[str, str]

#: The package whose numbers are turned, and those that may have imported them.
PACKAGE = "extractor"
_USERS = ("extractor", "models", "workers")
#: Share by which a number is turned; whole ones by 1 at least.
TURN = 0.2
#: Literals that are structure rather than a choice, where they have no name.
_STRUCTURE = frozenset({0, 1, 2, 0.5})
#: Caches that are not emptied between two turns: what they hold depends on no number of a document's way.
_KEPT_CACHES = frozenset({"parse_form"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number of the package; `place` leads to it within the tuple or mapping of that name, empty for a bare one."""

    module: str
    name: str
    place: tuple[str | int, ...]
    value: float

    @property
    def named(self) -> Named:
        return self.module, self.name

    def turned(self, way: int) -> float:
        """The value turned down (-1) or up (1)."""
        if isinstance(self.value, int):
            return self.value + way * max(1, round(TURN * abs(self.value)))
        return self.value + way * TURN * abs(self.value)


@dataclass(slots=True)
class _Uses:
    """What the trees say besides.

    lines: by file and line, the names read there. derived: statements to run again, in order. defaults: by the name
    bound as a default, the module, the function and its parameter. bound: names read where a class or a decorator is
    made, whose turning does not reach there.
    """

    lines: dict[str, dict[int, set[Named]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    derived: list[tuple[str, str, ast.Assign | ast.AnnAssign, set[Named]]] = field(default_factory=list)
    defaults: dict[Named, list[tuple[str, str, str]]] = field(default_factory=lambda: defaultdict(list))
    bound: set[Named] = field(default_factory=set)


class Numbers:
    """The numbers of the package and all that is needed to turn one of them."""

    def __init__(self) -> None:
        folder = Path(import_module(PACKAGE).__path__[0])
        for path in sorted(folder.rglob("*.py")):
            inner = path.relative_to(folder).with_suffix("").parts
            import_module(".".join((PACKAGE, *inner)).removesuffix(".__init__"))
        self._modules = _loaded_modules()
        self._caches = list_caches(self._modules.values())
        trees = {name: ast.parse(Path(m.__file__ or "").read_bytes()) for name, m in self._modules.items()}
        self.all: list[Number] = []
        self.inline: dict[str, int] = {}
        for name, tree in trees.items():
            if _is_ours(name):
                found, nodes = _find_numbers(name, tree, self._modules[name])
                self.all += found
                self.inline[name] = _count_inline(tree, nodes)
        self._names = _resolve_names(trees, {number.named for number in self.all})
        self._uses = self._read_uses(trees)
        for name, target, _, bases in self._uses.derived:
            for user, names in self._names.items():
                names |= {alias: bases for alias in _aliases(trees[user], user, name, target)}
        # Where something derived is read, what it is derived from is.
        self._uses = self._read_uses(trees)

    def _read_uses(self, trees: Mapping[str, ast.Module]) -> _Uses:
        uses = _Uses()
        for name, tree in trees.items():
            _Reader(name, self._modules[name].__file__ or "", self._names, uses).read(tree)
        return uses

    @property
    def lines(self) -> Mapping[str, Mapping[int, set[Named]]]:
        """Names of numbers by the file and line that reads them."""
        return self._uses.lines

    @property
    def bound(self) -> set[Named]:
        """Names that a class or a decorator reads when it is made: turning them does not reach there."""
        return self._uses.bound

    @contextmanager
    def turn(self, number: Number, value: float) -> Iterator[None]:
        """Within the block a number is another one, wherever it was imported; afterwards all is as before."""
        with ExitStack() as stack:
            old = getattr(self._modules[number.module], number.name)
            self._rebind(stack, number.named, _put(old, number.place, value))
            for module, target, statement, bases in self._uses.derived:
                if number.named in bases:
                    namespace = vars(self._modules[module])
                    before = namespace[target]
                    exec(compile(ast.Module([statement], []), module, "exec"), namespace)
                    after, namespace[target] = namespace[target], before
                    self._rebind(stack, (module, target), after)
            for module, function, parameter in self._uses.defaults[number.named]:
                self._rebind_default(stack, getattr(self._modules[module], function), parameter, old, value)
            self._clear_caches()
            yield
        self._clear_caches()

    def _clear_caches(self) -> None:
        for clear in self._caches:
            clear()

    def _rebind(self, stack: ExitStack, named: Named, value: object) -> None:
        """A name's new value, in its module and in all that imported it."""
        home, name = named
        old = getattr(self._modules[home], name)
        for module in self._modules.values():
            for alias, found in list(vars(module).items()):
                is_same = found is old and (alias == name or module.__name__ != home)
                if is_same and self._stands_for(module.__name__, alias, named):
                    setattr(module, alias, value)
                    stack.callback(setattr, module, alias, old)

    def _stands_for(self, module: str, alias: str, named: Named) -> bool:
        derived = {(m, t): bases for m, t, _, bases in self._uses.derived}
        return self._names.get(module, {}).get(alias) == derived.get(named, {named})

    @staticmethod
    def _rebind_default(stack: ExitStack, function: Any, parameter: str, old: object, value: object) -> None:
        plain = inspect.unwrap(function)
        names = [p.name for p in inspect.signature(plain).parameters.values() if p.default is not p.empty]
        if parameter in (plain.__kwdefaults__ or {}):
            stack.callback(plain.__kwdefaults__.__setitem__, parameter, old)
            plain.__kwdefaults__[parameter] = value
            return
        before = plain.__defaults__
        positional = [name for name in names if name not in (plain.__kwdefaults__ or {})]
        stack.callback(setattr, plain, "__defaults__", before)
        plain.__defaults__ = tuple(
            value if name == parameter else kept for name, kept in zip(positional, before, strict=True)
        )


def list_caches(modules: Iterable[ModuleType]) -> list[Callable[[], None]]:
    """What empties the caches of the package's functions."""
    return [
        value.cache_clear
        for module in modules
        for name, value in vars(module).items()
        if hasattr(value, "cache_clear") and name not in _KEPT_CACHES and _is_ours(value.__module__)
    ]


def _is_ours(module: str) -> bool:
    return module.split(".")[0] == PACKAGE


def _loaded_modules() -> dict[str, ModuleType]:
    return {
        name: module
        for name, module in sorted(sys.modules.items())
        if name.split(".")[0] in _USERS and getattr(module, "__file__", None)
    }


def _put(old: Any, place: Sequence[str | int], value: float) -> Any:
    """What stands at the end of `place` in nested tuples and mappings made another value, in a copy."""
    if not place:
        return value
    first, rest = place[0], place[1:]
    if isinstance(old, dict):
        return old | {first: _put(old[first], rest, value)}
    return type(old)(_put(item, rest, value) if i == first else item for i, item in enumerate(old))


def _is_number(node: ast.expr) -> bool:
    """A literal, or arithmetic on nothing but literals."""
    match node:
        case ast.Constant():
            return type(node.value) in (int, float)
        case ast.UnaryOp():
            return _is_number(node.operand)
        case ast.BinOp():
            return _is_number(node.left) and _is_number(node.right)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="math"))):
            return all(_is_number(argument) for argument in node.args)
    return False


def _list_places(node: ast.expr) -> Iterator[tuple[tuple[str | int, ...], ast.expr]]:
    match node:
        case ast.Tuple() | ast.List():
            for i, item in enumerate(node.elts):
                yield from (((i, *place), found) for place, found in _list_places(item))
        case ast.Dict():
            for key, item in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str | int):
                    yield from (((key.value, *place), found) for place, found in _list_places(item))
        case _ if _is_number(node):
            yield (), node


def _list_assigned(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    """Names bound outside any function, with what they are bound to."""
    for statement in tree.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        value = statement.value
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        if isinstance(target, ast.Name):
            yield target.id, value
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            names = zip(target.elts, value.elts, strict=True)
            yield from ((name.id, item) for name, item in names if isinstance(name, ast.Name))


def _find_numbers(name: str, tree: ast.Module, module: ModuleType) -> tuple[list[Number], set[ast.AST]]:
    """Its numbers, and the nodes of their literals."""
    found, nodes = [], set[ast.AST]()
    for target, node in _list_assigned(tree):
        for place, number in _list_places(node):
            value = getattr(module, target)
            for step in place:
                value = value[step]
            found.append(Number(name, target, place, value))
            nodes.update(ast.walk(number))
    return found, nodes


def _count_inline(tree: ast.Module, named: set[ast.AST]) -> int:
    """Numeric literals without a name, but for those that are structure (0, 1, 2 and a half)."""
    return sum(
        1
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and type(node.value) in (int, float)
        and node not in named
        and node.value not in _STRUCTURE
    )


def _aliases(tree: ast.Module, user: str, home: str, name: str) -> list[str]:
    """What a module calls a name of another one, or of itself."""
    own = [name] if user == home else []
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == home)
    return own + [a.asname or a.name for node in imports for a in node.names if a.name == name]


def _resolve_names(trees: Mapping[str, ast.Module], numbers: set[Named]) -> dict[str, dict[str, set[Named]]]:
    """By module, its names that stand for numbers, with the numbers they stand for."""
    names: dict[str, dict[str, set[Named]]] = {name: {} for name in trees}
    for home, name in numbers:
        names[home][name] = {(home, name)}
    for user, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if (node.module or "", alias.name) in numbers:
                        names[user][alias.asname or alias.name] = {(node.module or "", alias.name)}
    return names


class _Reader:
    """Notes where the names of a module are read."""

    def __init__(
        self, module: str, file: str, names: Mapping[str, Mapping[str, set[Named]]], uses: _Uses
    ) -> None:
        self._module, self._names, self._uses = module, names.get(module, {}), uses
        self._lines = uses.lines[file]

    def read(self, tree: ast.Module) -> None:
        for statement in tree.body:
            if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
                self._read_assignment(statement)
            else:
                self._read_body(statement, is_outermost=True)

    def _read_assignment(self, statement: ast.Assign | ast.AnnAssign) -> None:
        bases = self._read_names(statement.value)
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        if bases and isinstance(target, ast.Name):
            self._uses.derived.append((self._module, target.id, statement, bases))
        else:
            self._uses.bound |= bases

    def _read_names(self, node: ast.AST | None) -> set[Named]:
        nodes = ast.walk(node) if node is not None else ()
        return {
            base
            for n in nodes
            if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)
            for base in self._names.get(n.id, ())
        }

    def _read_body(self, node: ast.stmt, *, is_outermost: bool) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            self._read_function(node, is_outermost=is_outermost)
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                self._read_body(inner, is_outermost=False)
        else:
            self._uses.bound |= self._read_names(node)

    def _read_function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, *, is_outermost: bool) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
                self._lines[inner.lineno] |= self._names.get(inner.id, set())
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        given = [*zip(positional[::-1], arguments.defaults[::-1], strict=False)]
        given += [
            (a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None
        ]
        body = node.body[1:] if ast.get_docstring(node) is not None else node.body
        for argument, default in given:
            for base in self._read_names(default):
                self._lines[body[0].lineno].add(base)
                if is_outermost and isinstance(default, ast.Name):
                    self._uses.defaults[base].append((self._module, node.name, argument.arg))
                else:
                    self._uses.bound.add(base)
