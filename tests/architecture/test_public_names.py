"""What a module offers is what its `__all__` says, no more and no less."""

import ast
from collections.abc import Iterator

from project_files import modules, name_of, parsed, verifier_modules

MODULES = (*modules(), *verifier_modules())


def _bound(tree: ast.Module) -> Iterator[str]:
    """Every name that a module binds at its top level, in any branch of an `if` or `try`."""
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from (part.id for target in targets for part in ast.walk(target) if isinstance(part, ast.Name))
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.If | ast.Try | ast.ExceptHandler):
            pending += list(ast.iter_child_nodes(node))


def _defined(tree: ast.Module) -> set[str]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")}


def _offered(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if [ast.unparse(target) for target in targets] == ["__all__"]:
                return list(ast.literal_eval(node.value))
    return None


def test_every_module_says_what_it_offers() -> None:
    assert [name_of(path) for path in MODULES if _offered(parsed(path)) is None] == []


def test_every_name_that_is_offered_exists_and_is_offered_once() -> None:
    wrong = {}
    for path in MODULES:
        offered = _offered(parsed(path)) or []
        if missing := set(offered) - set(_bound(parsed(path))) or len(offered) != len(set(offered)):
            wrong[name_of(path)] = missing
    assert wrong == {}


def test_every_public_function_and_class_is_offered() -> None:
    hidden = {name_of(path): _defined(parsed(path)) - set(_offered(parsed(path)) or ()) for path in MODULES}
    assert {name: names for name, names in hidden.items() if names} == {}, "list it in __all__, or begin it with _"
