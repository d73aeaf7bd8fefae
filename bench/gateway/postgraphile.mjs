// PostGraphile 5 with its Amber preset on Node's own HTTP server: `node postgraphile.mjs DATABASE_URL PORT`.
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const [connectionString, port] = process.argv.slice(2);
const service = makePgService({
  connectionString,
  schemas: ["directory"],
  poolConfig: { max: 8, idleTimeoutMillis: 0 }, // connections are kept while other servers have their turn
});
const pgl = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [service],
  grafserv: { graphiql: false, watch: false },
});
const server = createServer();
await pgl.createServ(grafserv).addTo(server);
server.listen(Number(port), "127.0.0.1");
