// What caches by RFC 9111 (the package http-cache-semantics) make of the hub's answers, to the public and to a key.
import CachePolicy from "http-cache-semantics";

const [url, key] = process.argv.slice(2);
const QUERY = '{ supplier(by: { siren: "732829320" }) { name contact { email } } }';
const target = `${url}?${new URLSearchParams({ query: QUERY })}`;
const bearer = { authorization: `Bearer ${key}` };

async function ask(headers = {}, init = {}, address = target) {
  const request = { url: address, method: init.method ?? "GET", headers };
  const answer = await fetch(address, { ...init, headers });
  return { request, body: await answer.text(), response: { status: answer.status, headers: Object.fromEntries(answer.headers) } };
}

const policy = ({ request, response }, shared) => new CachePolicy(request, response, { shared });

function expect(what, good) {
  console.log(`${good ? "ok" : "FAILED"} ${what}`);
  if (!good) process.exitCode = 1;
}

const open = await ask();
const mine = await ask(bearer);
expect("the two are shown different things", open.body !== mine.body && mine.body.includes("@"));

expect("a CDN keeps the public's answer", policy(open, true).storable());
expect("and gives it to the public again", policy(open, true).satisfiesWithoutRevalidation(open.request));
expect("but not to a caller with a key", !policy(open, true).satisfiesWithoutRevalidation(mine.request));
const other = { ...open.request, headers: { accept: "application/graphql-response+json" } };
expect("nor in another media type", !policy(open, true).satisfiesWithoutRevalidation(other));

expect("a CDN does not keep what a key was shown", !policy(mine, true).storable());
expect("its bearer's own cache may", policy(mine, false).storable());
expect("and asks each time", !policy(mine, false).satisfiesWithoutRevalidation(mine.request));
expect("never for the public", !policy(mine, false).satisfiesWithoutRevalidation(open.request));

for (const [name, asked, shared] of [["public", open, true], ["bearer", mine, false]]) {
  const kept = policy(asked, shared);
  const again = await ask(kept.revalidationHeaders(asked.request));
  const { modified, policy: renewed } = kept.revalidatedPolicy(asked.request, again.response);
  expect(`the ${name}'s is found unchanged by its tag`, again.response.status === 304 && !modified && !again.body);
  expect(`and what was kept stays whole`, renewed.responseHeaders()["content-type"] === asked.response.headers["content-type"]);
}

const json = { "content-type": "application/json" };
const posted = await ask(json, { method: "POST", body: JSON.stringify({ query: QUERY }) }, url);
expect("nothing that was posted is kept", !policy(posted, true).storable() && !policy(posted, false).storable());
const wrong = await ask({}, {}, `${url}?query=%7Bnothing%7D`);
expect("no error is kept", !policy(wrong, true).storable());
const text = await ask({}, {}, new URL("/schema.graphql", url).href);
expect("the schema's text is", policy(text, true).storable());
