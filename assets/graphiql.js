// The GraphiQL page: everything it needs comes from the folder this file is served from.
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import { buildSchema } from "graphql";
import { createElement } from "react";
import { createRoot } from "react-dom/client";
import "./page.css";

const WORKERS = { graphql: "graphql.worker.js", json: "json.worker.js" };

globalThis.MonacoEnvironment = {
  getWorker: (_id, label) =>
    new Worker(new URL(WORKERS[label] ?? "editor.worker.js", import.meta.url), { type: "module" }),
};

async function ask(request, { headers } = {}) {
  const response = await fetch(location.pathname, {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json",
      "content-type": "application/json",
      ...headers,
    },
    body: JSON.stringify(request),
  });
  return response.json();
}

// The schema's text is for everyone, introspection perhaps not for whoever opens the page. Without it the page still
// asks and answers; GraphiQL then tries introspection, and says so where that is refused.
async function published() {
  const response = await fetch("/schema.graphql");
  return response.ok ? buildSchema(await response.text(), { assumeValidSDL: true }) : undefined;
}

const page = document.getElementById("graphiql");
const examples = JSON.parse(document.getElementById("examples").textContent);

const schema = await published().catch(() => undefined);

createRoot(page).render(
  createElement(
    GraphiQL,
    { fetcher: ask, schema, defaultTabs: examples.map((query) => ({ query })), defaultEditorToolsVisibility: false },
    createElement(GraphiQL.Logo, null, "GraphiQL"),
  ),
);
