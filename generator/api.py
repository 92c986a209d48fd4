"""The App Offerings API over a content folder: what each address answers.

    request ──▶ guard ──▶ handler ──▶ index (reads), store (writes) ──▶ JSON

Files stay the only store: a person may edit them meanwhile. `create_app` makes the application, without a socket;
``appshelf api`` (`generator.api_server`) gives it one.
"""

from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Match

from generator.api_answers import RefusedError
from generator.api_faults import Faults
from generator.api_guard import Allowance, Guard
from generator.api_handlers import Service, Ways
from generator.door import Door

__all__ = ["Ways", "create_app"]


def create_app(content: Path, ways: Ways) -> FastAPI:
    """Read the content folder and make the application that serves it.

    It follows changes on the disk while its lifespan runs; without one, it looks before every list. Raises
    `InputError` when there is no content folder, or its ``store.toml`` has a problem.
    """
    service = Service(content, ways)
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=service.lifespan, redirect_slashes=False)
    for path, method, handler in service.routes():
        app.add_api_route(path, handler, methods=[method], include_in_schema=False)
    app.add_exception_handler(RefusedError, _refused)
    app.add_exception_handler(HTTPException, _unanswered)
    app.add_exception_handler(Exception, _failed)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=4)
    if ways.faults:
        app.add_middleware(Faults, wanted=ways.faults)
    allowance = Allowance(ways.clock)
    app.add_middleware(Guard, door=Door(ways.host), token=ways.token, allowance=allowance, log=ways.request)
    app.state.service = service
    return app


async def _refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, RefusedError):
        raise error
    return error.response()


async def _unanswered(request: Request, error: Exception) -> Response:
    """Answer where there is nothing, or nothing for this method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 405:
        methods = _methods(request)
        allow = {"Allow": ", ".join(methods)}
        return (
            Response(status_code=204, headers=allow)
            if request.method == "OPTIONS"
            else RefusedError(405, headers=allow).response()
        )
    return RefusedError(status if status in {404, 413} else 400).response()


def _methods(request: Request) -> list[str]:
    scope: dict[str, Any] = dict(request.scope)
    found = {
        method
        for route in request.app.routes
        if route.matches(scope)[0] != Match.NONE
        for method in route.methods or ()
    }
    return sorted({*found, "OPTIONS", *(["HEAD"] if "GET" in found else [])})


async def _failed(_: Request, __: Exception) -> Response:
    return RefusedError(500).response()
