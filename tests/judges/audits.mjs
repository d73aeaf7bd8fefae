// The audit suite of graphql-http against one address: a line for each failure, exit code 1 where there is any.
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });
const failed = results.filter((result) => result.status !== "ok");
for (const result of failed) console.log(`${result.status} ${result.id} ${result.name}: ${result.reason}`);
console.log(`${results.length - failed.length} of ${results.length} audits passed`);
process.exit(failed.length ? 1 : 0);
