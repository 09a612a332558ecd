"""The classes Page, Locator, … of Python user code, made from the surface that the parent sent."""

import asyncio
import base64
import builtins
import re


class Error(Exception):
    """An exception of the page."""


class TimeoutError(Error, builtins.TimeoutError):
    """The page did not do it in time."""


class Terminated(Exception):
    """A helper found that there is no going on."""


class PageClient:
    """Sends calls, and hands their answers to whoever awaits them."""

    def __init__(self, surface, values, send):
        self._send = send
        self._values = values
        self._waiting = {}
        self._last_id = 0
        self._classes = {name: _build_class(name, members) for name, members in surface.items()}
        self.page = self.make("Page", "page", [])
        self.helpers = self.make("Helpers", "helpers", [])

    def close(self):
        """Whatever of the code still runs reaches the page no more."""
        self._send = _refuse

    def receive(self, message):
        if message["type"] == "values":
            self._values.update(message["values"])
            return
        future = self._waiting.pop(message["id"], None)
        if future is None or future.done():
            return
        if message["type"] == "reply":
            future.set_result(message["value"])
        else:
            future.set_exception(_to_exception(message["name"], message["message"]))

    def send(self, remote, method, args):
        """Sends at once; the future gives the raw answer."""
        self._last_id += 1
        call_id = self._last_id
        future = asyncio.get_running_loop().create_future()
        self._waiting[call_id] = future
        self._send(call_id, {"root": remote._root, "steps": remote._steps, "method": method, "args": self.encode(args)})
        return future

    def value(self, remote, name):
        return self.decode(self._values.get(remote._root, {}).get(name))

    def make(self, class_name, root, steps):
        return self._classes[class_name](self, root, steps)

    def encode(self, value):
        if isinstance(value, Remote):
            return {"$ref": {"root": value._root, "steps": value._steps}}
        if isinstance(value, re.Pattern):
            return {"$re": [value.pattern, _regex_flags(value.flags)]}
        if isinstance(value, (bytes, bytearray)):
            return {"$bytes": base64.b64encode(value).decode()}
        if isinstance(value, (list, tuple)):
            return [self.encode(item) for item in value]
        if isinstance(value, dict):
            encoded = {str(key): self.encode(item) for key, item in value.items()}
            # A user's own {"$ref": …} must not be taken for ours.
            return {"$plain": encoded} if len(encoded) == 1 and next(iter(encoded)).startswith("$") else encoded
        if value is None or isinstance(value, (str, int, float, bool)):
            return value
        raise TypeError(f"Object of type {type(value).__name__} cannot be sent to the page")

    def decode(self, value):
        if isinstance(value, list):
            return [self.decode(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((key, item),) = value.items()
            if key == "$bytes":
                return base64.b64decode(item)
            if key == "$ref":
                return self.make(item["class"], item["root"], item["steps"])
            if key == "$plain":
                value = item
        return {key: self.decode(item) for key, item in value.items()}


def _refuse(call_id, message):
    raise Error("The code has ended.")


class Remote:
    """An object of the page: a root that the parent knows, then steps that need no round trip."""

    def __init__(self, client, root, steps):
        self._client = client
        self._root = root
        self._steps = steps

    def __repr__(self):
        return f"<{type(self).__name__}>"


class EventContext:
    """`async with page.expect_download() as info: …`, then `await info.value`."""

    def __init__(self, remote, args):
        self._remote = remote
        self._args = args

    async def __aenter__(self):
        future = self._remote._client.send(self._remote, "waitForEvent", self._args)
        self.value = asyncio.ensure_future(_decoded(self._remote._client, future))
        return self

    async def __aexit__(self, kind, error, trace):
        if kind is None:
            await self.value
        else:
            self.value.cancel()


async def _decoded(client, future):
    return client.decode(await future)


def _build_class(name, members):
    attributes = {"__module__": "builtins"}
    for member_name, member in members.items():
        attributes[_python_name(member_name)] = _build_member(name, member_name, member)
    if "waitForEvent" in members:
        for event in ("download", "popup"):
            attributes[f"expect_{event}"] = _build_expect(name, event, members["waitForEvent"])
    return type(name, (Remote,), attributes)


def _build_member(class_name, name, member):
    bind = _binder(f"{class_name}.{_python_name(name)}", member)

    def chain(self, *args, **kwargs):
        step = [name, *self._client.encode(bind(args, kwargs))]
        return self._client.make(member["result"], self._root, [*self._steps, step])

    def value(self):
        return self._client.value(self, name)

    def find(self, name=None, url=None):
        return _find_frame(self._client.value(self, "frames"), name, url)

    async def action(self, *args, **kwargs):
        return await _decoded(self._client, self._client.send(self, name, bind(args, kwargs)))

    function = {"chain": chain, "value": value, "find": find, "action": action}[member["kind"]]
    return function if member["property"] == "none" else property(function)


def _build_expect(class_name, event, member):
    bind = _binder(f"{class_name}.expect_{event}", member)

    def expect(self, *args, **kwargs):
        return EventContext(self, bind((event, *args), kwargs))

    return expect


def _binder(label, member):
    """Turns Python's arguments into those of the wire: the parameters in order, then the options as one object."""
    params = member["params"]
    places = {_python_name(param): place for place, param in enumerate(params)}
    options = {_python_name(option): option for option in member["options"]}

    def bind(args, kwargs):
        if len(args) > len(params):
            raise TypeError(f"{label}() takes {len(params)} positional arguments but {len(args)} were given")
        placed = dict(enumerate(args))
        chosen = {}
        for key, value in kwargs.items():
            if key in places:
                placed[places[key]] = value
            elif key in options:
                chosen[options[key]] = value
            else:
                raise TypeError(f"{label}() got an unexpected keyword argument '{key}'")
        count = len(params) if chosen else max(placed, default=-1) + 1
        bound = [placed.get(place) for place in range(count)]
        return [*bound, chosen] if chosen else bound

    return bind


def _find_frame(frames, name, url):
    for frame in frames:
        if name is not None:
            matches = frame.name == name
        elif isinstance(url, re.Pattern):
            matches = url.search(frame.url) is not None
        else:
            pattern = ".*".join(re.escape(part) for part in re.split(r"\*+", url or ""))
            matches = re.fullmatch(pattern, frame.url, re.S) is not None
        if matches:
            return frame
    return None


def _python_name(name):
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return f"{snake}_" if snake in ("and", "or") else snake


def _regex_flags(flags):
    letters = {re.IGNORECASE: "i", re.MULTILINE: "m", re.DOTALL: "s"}
    return "".join(letter for flag, letter in letters.items() if flags & flag)


def _to_exception(name, message):
    classes = {"TimeoutError": TimeoutError, "TypeError": TypeError, "Terminated": Terminated}
    return classes.get(name, Error)(message)
