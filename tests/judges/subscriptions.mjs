// The clients of graphql-ws and graphql-sse against one hub: what they print is read by test_subscriptions.py, which
// changes the directory when it reads "following". Exit code 1 where a client sees what it should not.
import { createClient as sse } from "graphql-sse";
import { createClient as ws } from "graphql-ws";
import WebSocket from "ws";

const [, , transport, url, key] = process.argv;
const authorization = key ? { Authorization: `Bearer ${key}` } : {};
const query = `subscription { supplierChanged(where: { naf: ["43.22A"] }) {
  kind isFound cursor supplier { name contact { email } } } }`;

const closed = [];
const client =
  transport === "ws"
    ? ws({
        url: url.replace("http", "ws"),
        webSocketImpl: WebSocket,
        connectionParams: authorization,
        retryAttempts: 0,
        on: { closed: (event) => closed.push(event.code) },
      })
    : sse({ url, headers: authorization, retryAttempts: 0 });

/** All results of an operation until it completes; rejects with what the client calls an error. */
const all = async (request) => {
  const results = [];
  for await (const result of client.iterate(request)) results.push(result);
  return results;
};
const say = (what, told) => console.log(`${what} ${JSON.stringify(told)}`);

say("query", await all({ query: "query A($n: Int) { suppliers(first: $n) { totalCount } }", variables: { n: 0 } }));

try {
  say("invalid", { results: await all({ query: "subscription { nothingOfTheKind }" }) });
} catch (errors) {
  say("invalid", { errors });
}

// Over WebSocket a query sent behind a subscription is answered when it has begun; a stream has begun with its headers.
const following = client.iterate({ query }, { connected: () => transport === "sse" && say("following", true) });
const next = following.next();
if (transport === "ws") say("following", (await all({ query: "{ __typename }" })).length === 1);
const { value } = await next;
say("event", value);
await following.return();

const rest = client.iterate({ query });
const over = rest.next();
if (transport === "ws") await all({ query: "{ __typename }" });
else await new Promise((done) => setTimeout(done, 1000));
say("waiting", true);
try {
  say("over", { done: (await over).done });
} catch (event) {
  say("over", { code: event.code });
}
process.exit(0);
