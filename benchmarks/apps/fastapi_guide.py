"""The guide's weather plugin, hand-written on FastAPI as a reader of the guide would.

Bearer dependency, CORS for ChatGPT, response model, one error form, one log line a call.
"""
# FastAPI is only in this subject's own environment, so the type checker does not know its types:
# pyright: basic

import logging
from typing import Annotated

from fastapi import (  # pyright: ignore[reportMissingImports]  # see above
    Depends,
    FastAPI,
    HTTPException,
    Query,
    Request,
)
from fastapi.exceptions import RequestValidationError  # pyright: ignore[reportMissingImports]  # see above
from fastapi.middleware.cors import CORSMiddleware  # pyright: ignore[reportMissingImports]  # see above
from fastapi.responses import JSONResponse  # pyright: ignore[reportMissingImports]  # see above
from fastapi.security import (  # pyright: ignore[reportMissingImports]  # see above
    HTTPAuthorizationCredentials,
    HTTPBearer,
)
from work import Units, Weather, look_up

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
logger = logging.getLogger("weather")

USERS_BY_TOKEN = {"benchmark-token": "alice"}
bearer = HTTPBearer(auto_error=False)

app = FastAPI(title="Weather", version="1.0.0", description="Weather for any city.")
app.add_middleware(
    CORSMiddleware,
    allow_origins=["https://chatgpt.com", "https://chat.openai.com"],
    allow_credentials=True,
    allow_methods=["*"],
    allow_headers=["*"],
)


@app.exception_handler(HTTPException)
async def one_error_form(_request: Request, error: HTTPException) -> JSONResponse:
    """Answer every refusal as {"error": ...}."""
    return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)


@app.exception_handler(RequestValidationError)
async def bad_input(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Answer bad input with 400 and the first problem."""
    return JSONResponse({"error": str(error.errors()[0]["msg"])}, status_code=400)


async def current_user(
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> str:
    """The user whose token this is."""
    if credentials is None:
        raise HTTPException(401, "Missing bearer token", headers={"WWW-Authenticate": "Bearer"})
    user = USERS_BY_TOKEN.get(credentials.credentials)
    if user is None:
        raise HTTPException(403, "Invalid token")
    return user


@app.get("/weather", operation_id="getWeather", summary="Current weather in a city")
async def get_weather(
    city: Annotated[str, Query(min_length=1, max_length=100, description="City name, e.g. Tokyo")],
    user: Annotated[str, Depends(current_user)],
    units: Annotated[Units, Query(description="Units of the temperature")] = "metric",
) -> Weather:
    """Current weather in a city."""
    logger.info("weather for %s asked by %s", city, user)
    weather = look_up(city, units)
    if weather is None:
        raise HTTPException(404, f"No city called {city!r}")
    return weather
