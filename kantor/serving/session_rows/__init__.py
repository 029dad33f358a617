"""Keep the rows of sessions, in the database or in Redis; `kantor.serving.sessions` opens them."""

from datetime import datetime
from typing import NamedTuple, Protocol


class Row(NamedTuple):
    """What is written of a session: its sealed data, its end, and the account signed in."""

    data: str
    ends_at: datetime
    account: int | None


class Rows(Protocol):
    """Read and change one row in one step, which no other request comes into."""

    def read(self, key: str | None) -> str | None:
        """Return the data of the live row of this key."""
        ...

    def insert(self, key: str, row: Row) -> bool:
        """Write a new row; false where the key is taken."""
        ...

    def replace(self, key: str, old: str, row: Row) -> bool:
        """Write the row if its data are still the old ones; false for one that is gone."""
        ...

    def rename(self, key: str, old: str, name: str, row: Row) -> bool:
        """Move the row to another key, with other data, if its data are still the old ones."""
        ...

    def delete(self, key: str, old: str | None = None) -> bool:
        """Delete the row, with `old` only if those are its data; tell whether this call did it."""
        ...

    def keys_of(self, account: int) -> list[str]:
        """Return the keys of the live rows in which this account is signed in."""
        ...

    def delete_of(self, account: int, *, but: str) -> int:
        """Delete every row in which this account is signed in, but one; return how many."""
        ...

    def delete_all(self) -> int:
        """Delete every row; return how many."""
        ...
