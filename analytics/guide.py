"""The questions of docs/analyst-guide.md."""

import re

from warehouse import REPOSITORY


def questions() -> dict[str, str]:
    """Each with its query, in their order."""
    text = (REPOSITORY / "docs/analyst-guide.md").read_text()
    return dict(re.findall(r"^## \d+\. (.+?)\n\n```sql\n(.+?)```", text, re.M | re.S))
