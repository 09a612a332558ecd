"""Lets one interpreter run several pieces of user code of one user, one after another.

Each piece gets copies of the modules that it may use, so what it does to a module ends with it. Whatever it scheduled ends
with it too. What is found changed behind it (attributes of the classes and functions of these modules, and of the event
loop), and every step off the paved road (private names of modules, other modules, `getattr` of a hidden name), makes the
interpreter unclean: the parent ends it. Not undone and not noticed: what such a piece cannot change by plain code, and
caches without a visible effect, like those of `re` and `datetime`.
"""

import asyncio
import copy
import enum
import gc
import importlib
import sys
import types

from rules import ALLOWED_IMPORTS, FORBIDDEN_ATTRIBUTES

WATCHED_MODULES = ALLOWED_IMPORTS | {"enum", "page_client", "rules", "runner"}
# What the loop itself writes down.
CHANGING = {"_in_progress", "_current_handle", "_old_agen_hooks"}
# A task that awaits more often than this after it was canceled does not mean to end.
MAX_TURNS = 20

_getattr = getattr
_missing = object()


class Interpreter:
    """What outlives a piece of code. `is_clean` is for good: once false, it stays so."""

    def __init__(self, loop):
        self.is_clean = True
        self._loop = loop
        self._piece = 0
        self._modules = {name: importlib.import_module(name) for name in ALLOWED_IMPORTS}
        loop.call_later = self._bind_to_piece(loop.call_later)
        self._before = [(owner, _fields(owner)) for owner in (loop, *_owners())]

    def modules(self):
        """Copies for one piece of code, by name."""
        return {name: self._copy(module) for name, module in self._modules.items()}

    def getattr(self, target, name, *default):
        if isinstance(name, str):
            # A subclass may lie about what it is equal to.
            name = str.__str__(name)
            if name.startswith("_") or name in FORBIDDEN_ATTRIBUTES:
                self.is_clean = False
        return _getattr(target, name, *default)

    def spend(self):
        """For a piece of code that ended in a way after which nothing is certain."""
        self.is_clean = False

    async def settle(self):
        """Ends what the last piece left running. True when the interpreter is as it was before it."""
        if self.is_clean:
            self.is_clean = await _end_tasks()
        if self.is_clean:
            gc.collect()
            # Timers and callbacks that are still to come find that their piece is over.
            self._piece += 1
            self.is_clean = all(_is_same(_fields(owner), fields) for owner, fields in self._before)
        return self.is_clean

    def _bind_to_piece(self, call_later):
        """All that runs in the event loop is scheduled here: steps of tasks, timers, callbacks of futures."""

        def bound(delay, callback, *args, context=None):
            piece = self._piece

            def run(*values):
                if piece == self._piece:
                    callback(*values)

            return call_later(delay, run, *args, context=context)

        return bound

    def _copy(self, module):
        own = types.ModuleType(module.__name__, module.__doc__)

        def beyond(name):
            value = _getattr(module, name)
            self.is_clean = False
            return value

        for name, value in vars(module).items():
            if name.startswith("_"):
                continue
            if isinstance(value, types.ModuleType):
                if not value.__name__.startswith(f"{module.__name__}."):
                    continue
                value = self._copy(value)
            elif type(value) in (dict, list, set):
                value = copy.copy(value)
            setattr(own, name, value)
        own.__getattr__ = beyond
        return own


async def _end_tasks():
    for _ in range(MAX_TURNS):
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        if not tasks:
            return True
        for task in tasks:
            task.cancel()
        await asyncio.sleep(0)
    return False


def _owners():
    """The objects of the watched modules whose attributes plain code can set."""
    owners = {}
    for name, module in sys.modules.items():
        if name == "pyodide.webloop" or name.partition(".")[0] in WATCHED_MODULES:
            for value in vars(module).values():
                if isinstance(value, (type, types.FunctionType, enum.Enum)):
                    owners[id(value)] = value
    return owners.values()


def _fields(owner):
    return {name: value for name, value in vars(owner).items() if name not in CHANGING}


def _is_same(now, before):
    return len(now) == len(before) and all(now.get(name, _missing) is value for name, value in before.items())
