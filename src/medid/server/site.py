"""A board's published folder, served for boards that have no static host.

Nothing is worked out here, and nothing is listed. A file is served under its own path,
whole as it lies there, if everybody may read it: what is its owner's alone, such as a
key or a register that was put into the folder by mistake, or lies in a folder of its
owner's, is not there for callers, and neither is what a name begins with a dot of, or
what a link leads to.

Spec: https://www.rfc-editor.org/rfc/rfc9110#section-9.3.1,
https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2,
https://www.rfc-editor.org/rfc/rfc8615
"""

from __future__ import annotations

import asyncio
import os
import re
import stat
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.responses import Response
from starlette.routing import Route

from medid.errors import ConfigurationError, MedidError
from medid.securing.cose.forms import message_in
from medid.securing.jose import parse_compact
from medid.server.application import no_route, refused
from medid.server.guard import TRACE, Guard
from medid.server.lists import MEDIA_TYPE, etag_of, is_known
from medid.server.metrics import Metrics
from medid.server.negotiation import listed
from medid.server.pool import Pool
from medid.server.problems import HttpProblem, http_problem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request

    from medid.server.guard import Trace
    from medid.server.settings import Limits

MAX_FILE: Final = 33_554_432  # bytes: what ``medid board publish`` reads back, too
MAX_DEPTH: Final = 8  # names in a path; what is published has three

_NAME: Final = re.compile(r"[A-Za-z0-9_\-][A-Za-z0-9_\-.]{0,127}")
_WELL_KNOWN: Final = ".well-known"
_INDEX: Final = "index.html"
#: What is asked about again each time, and usually has not changed.
_ASKED_AGAIN: Final = "no-cache"
#: What never changes under its name.
_KEPT: Final = "public, max-age=86400"
_KEPT_FOLDERS: Final = frozenset({"contexts", "schemas"})
_OTHER: Final = "application/octet-stream"
_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "jsonl": "text/jsonl; charset=utf-8",
    "jsonld": "application/ld+json",
    "svg": "image/svg+xml",
}
_TOKENS: Final = frozenset({"statuslist+jwt", "vc+jwt"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteSettings:
    """What the server of a site knows before the first request.

    Attributes:
        folder: What ``medid board publish`` writes.
        base_url: Where it is reached.
        limits: How much work is taken on.

    Raises:
        ConfigurationError: There is no such folder.
    """

    folder: Path
    base_url: str
    limits: Limits

    def __post_init__(self) -> None:
        """Refuse what nobody could be served from."""
        found = False
        with suppress(OSError, ValueError):  # a name that no folder can have
            found = self.folder.is_dir()
        if not found:
            message = "there is no such folder"
            fix = "name the one that medid board publish writes"
            raise ConfigurationError(message, path="$.folder", fix=fix)


def application(settings: SiteSettings) -> Starlette:
    """The ASGI application that serves a board's published folder."""
    face = _Face(settings)
    app = Starlette(
        routes=[Route("/{path:path}", face.file, methods=["GET"])],
        middleware=[Middleware(Guard, settings=settings, metrics=Metrics())],
        exception_handlers={HTTPException: no_route, HttpProblem: refused},
        lifespan=face.lifespan,
    )
    app.router.redirect_slashes = False
    return app


class _Face:
    """The shell around one folder."""

    def __init__(self, settings: SiteSettings) -> None:
        self._folder = settings.folder
        limits = settings.limits
        self._pool = Pool(workers=limits.workers, places=limits.concurrent)

    @asynccontextmanager
    async def lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        """From start to stop: at the end, files that are read are waited for."""
        yield
        await asyncio.to_thread(self._pool.close)

    async def file(self, request: Request) -> Response:
        """Answer ``GET`` and ``HEAD`` of one file."""
        trace: Trace = request.scope[TRACE]
        trace.route = "/{path}"
        names = _names(request.path_params["path"])
        content = await self._pool.run(partial(_read, self._folder, names))
        etag = etag_of(content)
        headers = {
            "ETag": etag,
            "Cache-Control": _KEPT if names[0] in _KEPT_FOLDERS else _ASKED_AGAIN,
        }
        if is_known(etag, listed(request.headers, "if-none-match")):
            return Response(status_code=304, headers=headers)
        return Response(
            content, media_type=_media_type(names, content), headers=headers
        )


def _names(path: str) -> list[str]:
    """The names that a path goes through.

    Raises:
        HttpProblem: It is the path of nothing that is published.
    """
    names = path.split("/") if path else [_INDEX]
    checked = names[1:] if names[0] == _WELL_KNOWN else names
    if len(names) > MAX_DEPTH or not checked or not all(map(_NAME.fullmatch, checked)):
        raise _nothing()
    return names


def _read(folder: Path, names: list[str]) -> bytes:
    """The file that ``names`` lead to, each of them opened in the one before.

    Raises:
        HttpProblem: There is no file, or one that is not for everybody.
    """
    folders = os.O_RDONLY | os.O_CLOEXEC | os.O_DIRECTORY
    with ExitStack() as stack:
        try:
            place = os.open(folder, folders)
            stack.callback(os.close, place)
            for name in names[:-1]:
                place = os.open(name, folders | os.O_NOFOLLOW, dir_fd=place)
                stack.callback(os.close, place)
                if not os.fstat(place).st_mode & stat.S_IXOTH:
                    raise _nothing()
            # A pipe that nobody writes to must not be waited for.
            flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            number = os.open(names[-1], flags, dir_fd=place)
            stack.callback(os.close, number)
        except OSError:
            raise _nothing() from None
        found = os.fstat(number)
        public = stat.S_ISREG(found.st_mode) and found.st_mode & stat.S_IROTH
        if not public or found.st_size > MAX_FILE:
            raise _nothing()
        with open(number, "rb", closefd=False) as file:
            return file.read(MAX_FILE)


def _media_type(names: list[str], content: bytes) -> str:
    """What a file is, by its ending; without one, by what secures it."""
    ending = names[-1].rpartition(".")[2] if "." in names[-1] else ""
    if ending:
        return _TYPES.get(ending, _OTHER)
    if content.startswith(b"{"):
        return MEDIA_TYPE
    try:
        if message_in(content) is not None:
            return f"{MEDIA_TYPE}+cose"
        typ = parse_compact(content.strip()).typ
    except MedidError:
        return _OTHER
    return f"application/{typ}" if typ in _TOKENS else _OTHER


def _nothing() -> Exception:
    return http_problem("NOT_FOUND", "nothing is published here")
