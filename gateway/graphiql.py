"""The GraphiQL page, for people who open ``/graphql`` in a browser. All its files come from this process.

They are built by ``scripts/build_assets.py`` from ``assets/``. The content policy lets the page talk to us alone;
styles may be inline because Monaco, GraphiQL's editor, writes them into ``<style>`` elements and offers no nonce.
"""

from html import escape
from pathlib import Path
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from gateway.examples import EXAMPLES, as_tab
from gateway.media import Media
from gateway.refusals import VARY

FOLDER: Final = Path(__file__).parent / "static" / "graphiql"
MOUNTED_AT: Final = "/static/graphiql"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)

_PAGE = """<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Circuit Court · interroger l'annuaire (GraphiQL)</title>
<link rel="icon" href="data:,">
{head}
</head>
<body>
{body}
</body>
</html>
"""

_HEAD = f"""<link rel="stylesheet" href="{MOUNTED_AT}/graphiql.css">
<script type="module" src="{MOUNTED_AT}/graphiql.js"></script>"""

_BODY = """<header><h1>Circuit Court</h1>Une question, les annuaires de tous les partenaires, chaque entreprise une \
seule fois. Choisissez un onglet, puis le bouton ▶. <span lang="en">Pick a tab and press ▶.</span></header>
<div id="graphiql"><noscript>Cette page a besoin de JavaScript ; l'adresse /graphql répond aussi sans elle, en POST.\
</noscript></div>
<script type="application/json" id="examples">{examples}</script>"""

_NOT_BUILT = """<h1>GraphiQL n'est pas construit</h1>
<p>Les fichiers de cette page manquent dans <code>{folder}</code>. Lancez <code>python scripts/build_assets.py</code>
dans le dossier du projet, puis rechargez. L'interface GraphQL elle-même répond : envoyez vos requêtes en POST ici.</p>
<p lang="en">The page's files are not built: run <code>python scripts/build_assets.py</code> and reload.</p>"""


def page() -> Response:
    """The page, or what to do where its files have not been built."""
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-cache", "Vary": VARY}
    if not (FOLDER / "graphiql.js").is_file():
        body = _NOT_BUILT.format(folder=escape(str(FOLDER)))
        return Response(_PAGE.format(head="", body=body), 503, headers, media_type=Media.HTML)
    return Response(_PAGE.format(head=_HEAD, body=_BODY.format(examples=_examples())), 200, headers, Media.HTML)


class Assets(StaticFiles):
    """The built files. Chunks carry a digest in their name and never change; the others are asked for each time."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER, check_dir=False)

    async def check_config(self) -> None:
        """A folder that has not been built yet is no fault: its files are not found, and the page says what to do."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Content-Security-Policy"] = POLICY  # a worker obeys the policy of its own script
        is_chunk = response.status_code == 200 and path.startswith("chunk-")
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_chunk else "no-cache"
        return response


def _examples() -> str:
    text = msgspec.json.encode([as_tab(example) for example in EXAMPLES]).decode()
    return text.replace("<", "\\u003c")  # inside a script element, "</script" would end it
