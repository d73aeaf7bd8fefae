"""What the servers are asked. Each supplier comes with 15 values, whatever the operation."""

import json
from typing import Any, Final

NODE: Final = """
    id siren name tradeNames description website size status updatedAt
    activities { code label }
    legalForm { label }
    headOffice { address { postcode commune communeCode } }
"""

EVERYTHING: Final = f"""query Everything($first: Int!, $after: String) {{
  suppliers(first: $first, after: $after, orderBy: {{field: NAME, direction: ASC}}) {{
    pageInfo {{ hasNextPage endCursor }}
    edges {{ node {{ {NODE} labels {{ label {{ code }} }} headOffice {{ address {{ departmentCode }} }} }} }}
  }}
}}"""

HOT_LIST: Final = f"""query HotList($first: Int!) {{
  suppliers(first: $first, orderBy: {{field: NAME, direction: ASC}}) {{
    edges {{ node {{ {NODE} }} }}
  }}
}}"""


def body(query: str, variables: dict[str, Any]) -> bytes:
    """The body of a POST."""
    return json.dumps({"query": query, "variables": variables}, ensure_ascii=False).encode()


def hot_list() -> list[bytes]:
    """The first 20 suppliers by name, the same each time."""
    return [body(HOT_LIST, {"first": 20})]
