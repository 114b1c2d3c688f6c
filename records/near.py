"""Words that look alike, for messages."""

from __future__ import annotations

from typing import Any

__all__ = ["near"]


def near(word: str, known: Any) -> str:
    """``" (did you mean ...?)"`` with the known words that look like `word`, in whatever case, or nothing."""
    from difflib import get_close_matches  # slow to import, and only mistakes need it

    spelt = {str(one).lower(): one for one in known}
    close = [spelt[one] for one in get_close_matches(word.lower(), sorted(spelt), n=3, cutoff=0.5)]
    return f" (did you mean {' or '.join(map(repr, close))}?)" if close else ""
