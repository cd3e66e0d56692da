"""What a Python file says of itself, read without importing it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def public(body: list[ast.stmt]) -> Iterator[Definition]:
    """The functions and classes without an underscore, as they stand in the file; an overload counts once."""
    seen = set()
    for node in body:
        if isinstance(node, Definition) and not node.name.startswith("_") and node.name not in seen:
            seen.add(node.name)
            yield node


def words(node: ast.Module | Definition) -> str:
    """A docstring as Markdown: examples are fenced, and what Markdown would take for HTML is escaped."""
    lines, made, is_code = (ast.get_docstring(node) or "").splitlines(), [], False
    for line in lines:
        starts = line.startswith(">>>") and not is_code
        ends = is_code and not line.strip()
        if starts or ends:
            made.append("```pycon" if starts else "```")
            is_code = starts
        made.append(line if is_code else line.replace("<", "\\<"))
    return "\n".join([*made, "```"] if is_code else made)


def reference(path: Path, module: str) -> str:
    """Every public function and class of a file with its signature and docstring, for Sphinx's Python domain."""
    whole = _Qualified(tree(path), module).visit(tree(path))
    return "\n\n".join(_described(node, f"{module}.{node.name}") for node in public(whole.body))


class _Qualified(ast.NodeTransformer):
    """Writes the full name of each class of HEM's in an annotation: two rooms may each have a `Settings`."""

    def __init__(self, module: ast.Module, name: str) -> None:
        own = {node.name: f"{name}.{node.name}" for node in public(module.body) if isinstance(node, ast.ClassDef)}
        froms = [node for node in ast.walk(module) if isinstance(node, ast.ImportFrom)]
        self.names = own | {
            alias.asname or alias.name: f"{node.module}.{alias.name}"
            for node in froms
            for alias in node.names
            if (node.module or "").startswith("hem_core") and alias.name[:1].isupper() and not alias.name.isupper()
        }

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.names.get(node.id, node.id), node.ctx)


def _described(node: Definition, name: str) -> str:
    if not isinstance(node, ast.ClassDef):
        return _directive("function", name + _signature(node), words(node), fence="````")
    made = next((each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None)
    call = f"({_arguments(made, skip=1)})" if made else ""
    methods = [
        _directive("method", each.name + _signature(each, skip=0 if _is_static(each) else 1), words(each), fence="````")
        for each in public(node.body)
        if not isinstance(each, ast.ClassDef) and ast.get_docstring(each)
    ]
    fields = [f"- `{ast.unparse(each)}`" for each in node.body if _is_field(each)]
    parts = [words(node), "\n".join(fields), *methods]
    return _directive("class", name + call, "\n\n".join(part for part in parts if part), fence="``````")


def _directive(kind: str, signature: str, text: str, *, fence: str) -> str:
    return f"{fence}{{py:{kind}}} {' '.join(signature.split())}\n\n{text}\n{fence}"


def _signature(node: Definition, skip: int = 0) -> str:
    returns = getattr(node, "returns", None)
    return f"({_arguments(node, skip=skip)})" + (f" -> {ast.unparse(returns)}" if returns else "")


def _arguments(node: Definition, *, skip: int) -> str:
    arguments = node.args  # type: ignore[union-attr]
    places = [*arguments.posonlyargs, *arguments.args]
    kept = ast.arguments(
        posonlyargs=[], args=places[skip:], vararg=arguments.vararg, kwonlyargs=arguments.kwonlyargs,
        kw_defaults=arguments.kw_defaults, kwarg=arguments.kwarg, defaults=arguments.defaults,
    )  # fmt: skip
    return ast.unparse(kept)


def _is_static(node: Definition) -> bool:
    return any(isinstance(each, ast.Name) and each.id == "staticmethod" for each in node.decorator_list)


def _is_field(node: ast.stmt) -> bool:
    is_named = isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    return is_named and not node.target.id.startswith("_")  # type: ignore[union-attr]


def module_of(path: Path, root: Path) -> str:
    """`hem_core.scores.margin` for that file below `root`."""
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


def table(rows: dict[str, str]) -> str:
    """Two columns; a row without text is left out."""
    lines = [f"| {key} | {' '.join(text.split()).replace('|', chr(92) + '|')} |" for key, text in rows.items() if text]
    return "\n".join(["| | |", "|---|---|", *lines])
