"""The fields of a request on the control socket, checked as they are asked for."""

from typing import Any

_NO_DEFAULT = object()


class ControlError(ValueError):
    """The request cannot be carried out; the text says why."""


class Fields:
    """The fields of one request, checked as they are asked for."""

    def __init__(self, request: dict[str, Any]) -> None:
        self._request = request

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._request.get(name) is not None

    def rest(self, *taken: str) -> dict[str, Any]:
        """Every field that is there and not null, but these."""
        return {
            name: value for name, value in self._request.items() if name not in taken and value is not None
        }

    def text(self, name: str, default: Any = _NO_DEFAULT) -> str:
        """A text field."""
        value: str = self._get(name, str, "a text", default)
        return value

    def texts(self, name: str) -> list[str]:
        """A list of texts, not empty."""
        values: list[str] = self._get(name, list, "a list", _NO_DEFAULT)
        if not values or not all(isinstance(value, str) for value in values):
            raise ControlError(f"{name} must be a list of texts")
        return values

    def whole(self, name: str, default: Any = _NO_DEFAULT, *, lowest: int = 0) -> int:
        """A whole number, at least `lowest`."""
        value: int = self._get(name, int, "a whole number", default)
        if isinstance(value, bool) or value < lowest:
            raise ControlError(f"{name} must be a whole number of at least {lowest}")
        return value

    def rate(self, name: str) -> float:
        """A share of 0 to 1."""
        value = self._get(name, (int, float), "a number", _NO_DEFAULT)
        if isinstance(value, bool) or not 0 <= value <= 1:
            raise ControlError(f"{name} must be between 0 and 1")
        return float(value)

    def flag(self, name: str, default: bool) -> bool:
        """True or false."""
        return bool(self._get(name, bool, "true or false", default))

    def _get(self, name: str, kind: Any, described: str, default: Any) -> Any:
        value = self._request.get(name)
        if value is None:
            if default is _NO_DEFAULT:
                raise ControlError(f"{name} is missing")
            return default
        if not isinstance(value, kind):
            raise ControlError(f"{name} must be {described}")
        return value
