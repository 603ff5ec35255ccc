/**
 * A registry in a process of its own (tests wait for commands, and would not answer meanwhile): serves one unpacked OCI layout with
 * the tag `1`. Arguments: HOST NAME FOLDER USER:PASSWORD. Prints its URL.
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const [host, name, folder, password] = process.argv.slice(2) as [string, string, string, string];
const { digest, mediaType } = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")).manifests[0];
const blob = (of: string) => join(folder, "blobs", of.replace(":", "/"));

const server = createServer((request, response) => {
  if (request.headers.authorization !== `Basic ${Buffer.from(password).toString("base64")}`)
    return void response.writeHead(401, { "www-authenticate": 'Basic realm="registry"' }).end();
  const [, what, of] = new RegExp(`^/v2/${name}/(manifests|blobs)/([^?]+)`).exec(request.url ?? "") ?? [];
  const file = what === "manifests" && of === "1" ? blob(digest) : of?.startsWith("sha256:") ? blob(of) : "";
  if (!existsSync(file)) return void response.writeHead(404, { "content-type": "application/json" }).end('{"errors":[]}');
  const bytes = readFileSync(file);
  response.writeHead(200, {
    "content-type": what === "manifests" ? mediaType : "application/octet-stream",
    "content-length": bytes.length,
    ...(what === "manifests" ? { "docker-content-digest": digest } : {}),
  });
  response.end(request.method === "HEAD" ? undefined : bytes);
});
server.listen(0, host, () => console.log(`http://${host}:${(server.address() as AddressInfo).port}`));
