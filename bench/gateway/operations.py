"""What the servers are asked. Each supplier comes with 15 values, whatever the operation."""

import json
from typing import Any, Final

DOCUMENTS: Final = 32  # several times as many as are under way at once

NODE: Final = """
    id siren name tradeNames description website size status updatedAt
    activities { code label }
    legalForm { label }
    headOffice { address { postcode commune communeCode } }
"""

EVERYTHING: Final = f"""query Everything($first: Int!, $after: String) {{
  suppliers(first: $first, after: $after, orderBy: {{field: NAME, direction: ASC}}) {{
    pageInfo {{ hasNextPage endCursor }}
    edges {{
      node {{
        {NODE}
        activities {{ naf }}
        legalForm {{ code }}
        labels {{ label {{ code }} }}
        establishments(first: 100) {{ edges {{ node {{ address {{ communeCode }} }} }} }}
      }}
    }}
  }}
}}"""

HOT_LIST: Final = f"""query HotList($first: Int!) {{
  suppliers(first: $first, orderBy: {{field: NAME, direction: ASC}}) {{
    edges {{ node {{ {NODE} }} }}
  }}
}}"""


SEARCH: Final = f"""query Search($text: String!, $department: String!) {{
  suppliers(query: $text, where: {{locatedIn: [$department]}}, first: 20) {{
    totalCount
    facets(of: [NAF, SIZE, LABEL, LEGAL_FORM], top: 10) {{ field buckets {{ value count }} }}
    edges {{ node {{ {NODE} }} }}
  }}
}}"""

# What has a name of its own with us is a column with PostGraphile: fewer levels, the same 15 values.
ROW: Final = """
    rowId siren name tradeNames description website size status updatedAt
    activities { code label }
    legalFormLabel postcode commune communeCode
"""

POSTGRAPHILE_HOT_LIST: Final = f"""query HotList($first: Int!) {{
  allSuppliers(first: $first, orderBy: [POSITION_ASC]) {{ nodes {{ {ROW} }} }}
}}"""

POSTGRAPHILE_SEARCH: Final = f"""query Search($text: String!, $department: String!) {{
  searchTallies(query: $text, department: $department) {{ nodes {{ field value count }} }}
  searchSuppliers(query: $text, department: $department, first: 20) {{ nodes {{ {ROW} }} }}
}}"""


def body(query: str, variables: dict[str, Any]) -> bytes:
    """The body of a POST."""
    return json.dumps({"query": query, "variables": variables}, ensure_ascii=False).encode()


def hot_list(query: str) -> list[bytes]:
    """The first 20 suppliers by name, the same each time, in documents that differ by a comment.

    A gateway may execute a question once for all who ask it at the same moment, as ours does even without its response
    cache: one body for all connections would then measure an eighth of an execution.
    """
    return [body(f"{query} # {turn}", {"first": 20}) for turn in range(DOCUMENTS)]
