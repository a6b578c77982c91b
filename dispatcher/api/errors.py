"""What can be wrong with a request over HTTP, or keep us from answering one.

Each class carries the status that it is answered with; ``problems`` writes the answer.
"""

from typing import ClassVar

from maps.errors import RobovanError


class HttpPortError(RobovanError):
    """HTTP cannot be served where the configuration says."""

    code = "DSP-601"

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"Nobody can listen at {host}:{port} ({reason})",
            remedy="Correct host and port in [process.http], or stop what listens there",
        )
        self.host = host
        self.port = port


class RequestError(RobovanError):
    """Base of what a request is answered with when it cannot be followed.

    Attributes
    ----------
    status, title
        Of HTTP, and for people.
    headers
        To be sent with the answer.
    more
        Further members of the problem, such as reasons.
    """

    status: ClassVar[int]
    title: ClassVar[str]
    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, what: str, *, remedy: str, **more: object) -> None:
        super().__init__(what, remedy=remedy)
        self.more = more


class NotFoundError(RequestError):
    """There is no such page, depot, parcel or van, or the parcel ended long ago."""

    code = "DSP-602"
    status = 404
    title = "Not found"

    def __init__(self, what: str) -> None:
        super().__init__(what, remedy="Correct the path; /openapi.json has them all")


class MethodError(RequestError):
    """The page is there, but cannot be asked in this way."""

    code = "DSP-603"
    status = 405
    title = "Method not allowed"

    def __init__(self, method: str, path: str) -> None:
        super().__init__(
            f"{path} does not answer {method}", remedy="/openapi.json says what it answers"
        )


class UnreadableError(RequestError):
    """The body or a parameter of a request cannot be read."""

    code = "DSP-604"
    status = 400
    title = "Unreadable request"

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(
            f"The request cannot be read: {'; '.join(reasons)}",
            remedy="Correct it; /openapi.json has the schema",
            reasons=reasons,
        )


class TooLargeError(RequestError):
    """The body of a request is longer than any that is meant."""

    code = "DSP-605"
    status = 413
    title = "Too large"
    headers: ClassVar[dict[str, str]] = {"Connection": "close"}  # the rest is not waited for

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"The body has more than {limit} bytes", remedy="Send fewer parcels in one request"
        )


class TooSlowError(RequestError):
    """The body of a request did not arrive in time."""

    code = "DSP-606"
    status = 408
    title = "Too slow"
    headers: ClassVar[dict[str, str]] = {"Connection": "close"}  # the rest is not waited for

    def __init__(self, limit_s: float) -> None:
        super().__init__(
            f"The body was not here after {limit_s:g} s", remedy="Send less, or by a faster line"
        )


class NotReadyError(RequestError):
    """The dispatcher cannot answer yet, or not any more."""

    code = "DSP-607"
    status = 503
    title = "Not ready"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "5"}

    def __init__(self, causes: tuple[str, ...]) -> None:
        super().__init__(
            f"The dispatcher is not ready: {'; '.join(causes)}",
            remedy="Ask again a little later; asking twice does no harm",
            causes=causes,
        )


class FaultError(RequestError):
    """Something went wrong in the dispatcher itself."""

    code = "DSP-608"
    status = 500
    title = "Fault of the dispatcher"

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"The dispatcher failed to answer ({kind})", remedy="Its log has the details"
        )


class UnauthorizedError(RequestError):
    """The request has no token that is known."""

    code = "DSP-610"
    status = 401
    title = "Who are you?"
    headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "Bearer"}

    def __init__(self) -> None:
        super().__init__(
            "The request has no token that is known",
            remedy="Send one as Authorization: Bearer; who serves the dispatcher has set them in "
            "ROBOVAN_HTTP_TOKENS",
        )


class ForbiddenError(RequestError):
    """The token is known, but its role may not do this."""

    code = "DSP-611"
    status = 403
    title = "Not with this role"

    def __init__(self, role: str, needed: str) -> None:
        super().__init__(
            f"The token has the role {role}, but this needs {needed}",
            remedy="Use a token of that role",
        )


class RejectedError(RequestError):
    """What was announced or reported cannot be taken on; ``reasons`` has all that is wrong."""

    code = "DSP-612"
    status = 422
    title = "Rejected"

    def __init__(self, what: str, reasons: tuple[str, ...], **more: object) -> None:
        super().__init__(
            f"{what} cannot be taken on: {'; '.join(reasons)}",
            remedy="Correct what the reasons name",
            reasons=reasons,
            **more,
        )


class NoRoomError(RequestError):
    """So much waits to be handled that no more is taken now."""

    code = "DSP-613"
    status = 503
    title = "No room"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "1"}

    def __init__(self, depot_id: str, waiting: int, limit: int) -> None:
        super().__init__(
            f"{waiting} of {limit} messages wait to be handled at depot {depot_id!r}",
            remedy="Ask again in a second, with the same ids; nothing of this request was taken",
        )


class UnansweredError(RequestError):
    """A request was taken, but not answered; it may still be followed."""

    code = "DSP-614"
    status = 503
    title = "No answer"
    headers: ClassVar[dict[str, str]] = {"Retry-After": "5"}

    def __init__(self, cause: str) -> None:
        super().__init__(
            f"The request was taken, but not answered: {cause}",
            remedy="Ask again with the same ids; what was taken already is not done twice",
        )


class ConflictError(RequestError):
    """It is too late for what was asked."""

    code = "DSP-615"
    status = 409
    title = "Too late"

    def __init__(self, what: str, reasons: tuple[str, ...]) -> None:
        super().__init__(
            f"{what}: {'; '.join(reasons)}",
            remedy="Look at its status",
            reasons=reasons,
        )


class GoneError(RequestError):
    """Events behind a position are not kept any more."""

    code = "DSP-618"
    status = 410
    title = "Gone"

    def __init__(self, depot_id: str, position: int, begin: int) -> None:
        super().__init__(
            f"Events {position + 1} to {begin} of depot {depot_id!r} are not kept any more",
            remedy=f"Go on with after={begin}, and look at each parcel that you wait for",
            begin=begin,
        )


class AheadError(RequestError):
    """A position lies behind all events: the journal is an older copy, or another one."""

    code = "DSP-619"
    status = 410
    title = "Gone"

    def __init__(self, depot_id: str, position: int, count: int, begin: int) -> None:
        super().__init__(
            f"Depot {depot_id!r} has told {count} events so far, and not {position}: its journal "
            "is an older copy, or another one",
            remedy=f"Go on with after={begin}, and look at each parcel that you wait for",
            begin=begin,
        )
