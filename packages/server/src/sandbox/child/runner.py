"""Runs pieces of user code, one after another, and describes how each ended."""

import ast
import asyncio
import builtins
import json
import keyword
import math
import sys
import types

from page_client import PageClient, Terminated
from reuse import Interpreter
from rules import Misused, Refused, check

MAX_TEXT = 8000
MAX_DEPTH = 90
FILE = "<code>"
# Not a name that user code can spell.
CAPTURE = ".capture"
# What functions of `datetime` import in the name of their caller. Code that spells these is refused.
IMPLICIT_IMPORTS = {"_strptime", "time"}
NOT_OFFERED = {
    "breakpoint", "compile", "copyright", "credits", "delattr", "dir", "eval", "exec", "exit", "globals", "help",
    "input", "license", "locals", "open", "quit", "setattr", "vars",
}

# Functions that are no one's methods.
HELPERS = ("otp", "solve_captcha", "click_and_claim_download")

client = None
interpreter = None


class ErrorCode(Exception):
    """raise ErrorCode("CODE", "why") ends the block with an error code of the user's own."""

    def __init__(self, code, reasoning):
        super().__init__(reasoning)
        self.code = code


class Credential:
    """A credential: its fields, and what is sent to its owner."""

    def __init__(self, fields, helpers):
        self.__dict__.update(fields)
        self._helpers = helpers

    async def otp(self, **options):
        return await self._helpers.otp(**options)

    async def magic_link(self, page, **options):
        await page.goto(await self._helpers.magic_link(**options))

    def __repr__(self):
        return "<Credential>"


class FellOff:
    """What a body gives that ends without a return."""

    def __init__(self, variables):
        self.variables = variables


def prepare():
    """To be called once, before any user code."""
    global interpreter
    interpreter = Interpreter(asyncio.get_event_loop())


async def run(start_text, log, call):
    start = json.loads(start_text)
    try:
        return _dumps(await _run(start, log, call))
    except ErrorCode as error:
        return _dumps({"kind": "error_code", "code": error.code[:MAX_TEXT], "reasoning": str(error)[:MAX_TEXT]})
    except Refused as error:
        return _dumps({"kind": "refused", "message": str(error)[:MAX_TEXT]})
    except Misused as error:
        return _dumps({"kind": "misused", "message": _raised(error)["message"]})
    except Terminated as error:
        return _dumps({"kind": "terminated", "message": str(error)[:MAX_TEXT]})
    except BaseException as error:
        if not isinstance(error, Exception) or isinstance(error, (MemoryError, RecursionError)):
            interpreter.spend()
        return _dumps(_raised(error))
    finally:
        _close_page()


async def settle():
    return await interpreter.settle()


def receive(message):
    if client is not None:
        client.receive(json.loads(message))


def _close_page():
    global client
    if client is not None:
        client.close()
        client = None


async def _run(start, log, call):
    global client
    scope = _scope(log)
    if start["page"] is not None:
        send = lambda call_id, message: call(call_id, _dumps(message))
        client = PageClient(start["page"]["surface"], start["page"]["values"], send)
        scope.update({name: getattr(client.helpers, name) for name in HELPERS})
    variables = _variables(start)
    names = [name for name in variables if name.isidentifier() and not keyword.iskeyword(name)]
    body = _compile(start["code"], names, scope)
    value = await body(**{name: variables[name] for name in names})
    if isinstance(value, FellOff):
        value = {
            name: item
            for name, item in value.variables.items()
            if name not in variables and not isinstance(item, types.ModuleType)
        }
    return {"kind": "returned", "value": to_json(value)}


def _variables(start):
    credentials = start["credentials"]
    helpers = client and client.helpers
    return {
        **{name: value for fields in credentials.values() for name, value in fields.items()},
        **start["variables"],
        **{name: Credential(fields, helpers) for name, fields in credentials.items()},
        **({"page": client.page} if client else {}),
    }


def _compile(code, names, scope):
    """The code as the body of `async def code(<names>)`, which tells a return from falling off the end."""
    tree = ast.parse(code, FILE)
    check(tree)
    capture = ast.Return(ast.Call(ast.Name(CAPTURE, ast.Load()), [], []))
    function = ast.parse("async def code(): pass", FILE).body[0]
    function.args.args = [ast.arg(name) for name in names]
    function.body = [*tree.body, capture]
    module = ast.fix_missing_locations(ast.Module([function], []))
    exec(compile(module, FILE, "exec"), scope)
    return scope["code"]


def _scope(log):
    offered = {name: item for name, item in vars(builtins).items() if name not in NOT_OFFERED}
    modules = interpreter.modules()

    def import_(name, scope=None, variables=None, wanted=(), level=0):
        if name in IMPLICIT_IMPORTS:
            return __import__(name)
        if name not in modules:
            raise ImportError(f"import of {name} is not allowed")
        return modules[name]

    offered["__import__"] = import_
    offered["getattr"] = interpreter.getattr

    def print_(*values, sep=" ", end="\n", file=None, flush=False):
        log("info", (" " if sep is None else sep).join(str(value) for value in values))

    return {
        "__builtins__": offered,
        "__name__": "code",
        **modules,
        "print": print_,
        "sleep": asyncio.sleep,
        "ErrorCode": ErrorCode,
        CAPTURE: lambda: FellOff(dict(sys._getframe(1).f_locals)),
    }


def _raised(error):
    line = _line(error)
    if isinstance(error, SyntaxError):
        message = f"{error.msg} (line {line})" if line else str(error.msg)
    else:
        message = str(error)
    return {"kind": "raised", "type": type(error).__name__[:MAX_TEXT], "message": message[:MAX_TEXT], "line": line}


def _line(error):
    if isinstance(error, SyntaxError) and error.filename == FILE:
        return error.lineno or None
    lines = []
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILE:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return lines[-1] if lines else None


def to_json(value, above=()):
    """The JSON form of a value; what has none becomes a text that says so."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        # Python refuses to write out longer ones.
        return value if value.bit_length() < 14_000 else _not_serializable(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if any(value is item for item in above) or len(above) >= MAX_DEPTH:
        return _not_serializable(value)
    path = (*above, value)
    if isinstance(value, dict):
        return {str(key): to_json(item, path) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item, path) for item in value]
    return _not_serializable(value)


def _not_serializable(value):
    return f"Object '{type(value)}' is not JSON serializable"


def _dumps(value):
    # A lone surrogate is no Unicode text: escaped, it survives the way.
    return json.dumps(value, ensure_ascii=True)
