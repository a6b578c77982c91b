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
    """There is no such page, depot, parcel or van."""

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
