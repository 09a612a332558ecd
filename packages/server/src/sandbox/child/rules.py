"""What user code may not spell. The process is the boundary; these rules give the answer that users of the wire format know."""

import ast

ALLOWED_IMPORTS = {"asyncio", "datetime", "html", "json", "math", "re"}
FORBIDDEN_ATTRIBUTES = {
    "ag_code", "ag_frame", "cr_code", "cr_frame", "f_back", "f_builtins", "f_code", "f_globals", "f_locals",
    "gi_code", "gi_frame", "tb_frame", "tb_next", "mro",
}


class Refused(Exception):
    """The code was not run."""


class Misused(SyntaxError):
    """The code was not run: it uses ErrorCode in a way that cannot be checked beforehand."""


def check(tree):
    """Raises Refused for code that is not allowed, and Misused for a misused ErrorCode."""
    for node in ast.walk(tree):
        fault = _fault(node)
        if fault:
            raise Refused(f"Not allowed: {fault} (line {node.lineno}).")
    _check_error_codes(tree)


def _fault(node):
    match node:
        case ast.Import(names=names):
            return _forbidden_import(alias.name for alias in names)
        case ast.ImportFrom(module=module, level=level):
            return _forbidden_import([module if level == 0 else "." * level])
        case ast.Name(id=name) | ast.Attribute(attr=name) if name.startswith("__"):
            return f"the name {name}"
        case ast.Attribute(attr=name) if name in FORBIDDEN_ATTRIBUTES:
            return f"the attribute {name}"
        case ast.MatchClass(kwd_attrs=names):
            return _forbidden_attribute(names)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name.startswith("__") and name != "__init__":
            return f"the name {name}"
    return None


def _forbidden_attribute(names):
    forbidden = [name for name in names if name.startswith("__") or name in FORBIDDEN_ATTRIBUTES]
    return f"the attribute {forbidden[0]}" if forbidden else None


def _forbidden_import(modules):
    forbidden = [str(module) for module in modules if module not in ALLOWED_IMPORTS]
    return f"import of {forbidden[0]}" if forbidden else None


def _check_error_codes(tree):
    proper = {
        id(node.exc.func)
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and _is_proper(node.exc)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "ErrorCode" and id(node) not in proper:
            text = 'ErrorCode is only allowed as raise ErrorCode("CODE", "why") with a literal code'
            raise Misused(text, ("<code>", node.lineno, node.col_offset + 1, None))


def _is_proper(call):
    match call:
        case ast.Call(func=ast.Name(id="ErrorCode"), args=[ast.Constant(value=str()), reason], keywords=[]):
            return not isinstance(reason, ast.Starred)
    return False
