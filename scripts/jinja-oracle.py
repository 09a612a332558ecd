"""Renders the template cases with Jinja2's sandbox and writes what it gives next to them.

Run with a Python that has Jinja2 (Debian: python3-jinja2) after changing cases.json:
    python3 scripts/jinja-oracle.py
"""

import copy
import json
import pathlib

import jinja2
import jinja2.sandbox

FIXTURES = pathlib.Path(__file__).parent.parent / "packages/workflow/src/templates/fixtures"


def kind(error):
    if isinstance(error, jinja2.TemplateSyntaxError):
        return "syntax"
    if isinstance(error, jinja2.UndefinedError):
        return "undefined"
    if isinstance(error, (OverflowError, RecursionError, MemoryError)):
        return "limit"
    if isinstance(error, jinja2.sandbox.SecurityError):
        return "forbidden"
    return "type"


def render(template, scope):
    environment = jinja2.sandbox.SandboxedEnvironment()
    try:
        return {"output": environment.from_string(template).render(copy.deepcopy(scope))}
    except Exception as error:
        return {"error": kind(error)}


def main():
    fixture = json.loads((FIXTURES / "cases.json").read_text())
    results = [render(case["template"], fixture["scope"]) for case in fixture["cases"]]
    lines = ",\n".join(json.dumps(result, ensure_ascii=False) for result in results)
    (FIXTURES / "expected.json").write_text(f"[\n{lines}\n]\n")


main()
