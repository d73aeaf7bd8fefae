// A certified OpenID provider (oidc-provider) on loopback: tokens (JWT) for a resource by client credentials. It prints its
// issuer when it listens; POST /rotate has it sign with a new key from then on and forget the old one. SIGTERM ends it.
import { createServer } from "node:http";
import Provider, { errors } from "oidc-provider";
import { exportJWK, generateKeyPair } from "jose";

const RESOURCE = process.argv[2];
const ALGORITHMS = ["RS256", "ES256", "PS256", "EdDSA"];
const SCOPE = "read exports stewardship";
let generation = 0;

// One key for each algorithm, named by it and by the generation.
async function keys() {
  generation += 1;
  const made = ALGORITHMS.map(async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    return { ...(await exportJWK(privateKey)), kid: `${alg}-${generation}`, alg, use: "sig" };
  });
  return { keys: await Promise.all(made) };
}

function client(id, algorithm) {
  return {
    client_id: id,
    client_secret: "a-secret-of-the-test",
    grant_types: ["client_credentials"],
    redirect_uris: [],
    response_types: [],
    id_token_signed_response_alg: algorithm,
    scope: SCOPE,
  };
}

async function provider(issuer) {
  const made = new Provider(issuer, {
    // The id of a client says what it is: role, and the signature of its tokens.
    clients: ALGORITHMS.flatMap((alg) => ["stewards", "visitors"].map((role) => client(`${role}.${alg}`, "RS256"))),
    jwks: await keys(),
    scopes: SCOPE.split(" "),
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, resource, { clientId }) => {
          if (!resource.startsWith("https://")) throw new errors.InvalidTarget();
          const alg = clientId.split(".")[1];
          return { scope: SCOPE, accessTokenFormat: "jwt", accessTokenTTL: 300, jwt: { sign: { alg } } };
        },
      },
    },
    extraTokenClaims: (_, { clientId }) => ({ realm: { roles: [clientId.split(".")[0]] } }),
    ttl: { ClientCredentials: 300 },
  });
  return made.callback();
}

let answer = () => {};
const server = createServer(async (request, response) => {
  if (request.method === "POST" && request.url === "/rotate") {
    answer = await provider(issuer);
    response.end();
  } else {
    answer(request, response);
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
answer = await provider(issuer);
process.stdout.write(`${issuer}\n`);
process.on("SIGTERM", () => process.exit(0));
