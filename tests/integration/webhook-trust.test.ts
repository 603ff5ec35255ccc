/** Whom the API server believes to be a webhook, and what it asks of it. */
import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { systemClock, systemRandom } from "#base/mod.ts";
import { testAuthority } from "#serve/test-certificates.ts";
import { WebhookClient } from "../../src/apiserver/extension/webhook-client.ts";

test("a webhook is trusted by its authority or by its own certificate, and by nobody else's", { timeout: 20_000 }, async () => {
  const [authority, stranger] = [await testAuthority(), await testAuthority()];
  const server = createServer({ ...authority.server }, (_, response) => void response.end("{}"));
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const client = new WebhookClient({ storage: {} as never, clock: systemClock, random: systemRandom });
  const ask = (pem: string) => client.post({ url, caBundle: Buffer.from(pem).toString("base64") }, {}, { timeoutMs: 5000 });
  assert.deepEqual(await ask(authority.ca), {});
  assert.deepEqual(await ask(authority.server.cert), {});
  for (const pem of [stranger.ca, stranger.server.cert, (await authority.serving("127.0.0.1")).cert])
    await assert.rejects(ask(pem), /x509: certificate signed by unknown authority/);
  const asked: (string | undefined)[] = [];
  server.on("request", ({ url: path }) => void asked.push(path));
  for (const path of ["", "/", "//a", "/a/", "/a/../b//c/", "a%2Fb"])
    await client.post({ url: url + path, caBundle: Buffer.from(authority.ca).toString("base64") }, {}, { timeoutMs: 5000 });
  assert.deepEqual(
    asked,
    ["/", "/", "/a", "/a", "/b/c", "/a%2Fb"].map((path) => `${path}?timeout=5s`),
  );
  client.close();
  await new Promise((done) => server.close(done));
});
