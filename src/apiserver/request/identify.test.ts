import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "#base/mod.ts";
import { type Authentication, identifier } from "./identify.ts";

const who = async (anonymous: Authentication["anonymous"], url: string, headers: Record<string, string> = {}) => {
  const identify = identifier({ authenticators: [], anonymous }, silentLog);
  const request = { method: "GET", url, headers, body: () => Buffer.alloc(0) };
  return identify(request).then(
    ({ name }) => name,
    (error: { code?: number }) => error.code,
  );
};

test("whom nobody knows is let in everywhere, nowhere, or on the paths that are named", async () => {
  assert.equal(await who(undefined, "/api"), "system:anonymous");
  assert.equal(await who(false, "/healthz"), 401);
  const paths = ["/livez", "/readyz"];
  assert.equal(await who(paths, "/livez?verbose"), "system:anonymous");
  for (const url of ["/api", "/livez/ping", "/livez/", "/healthz", "//livez"]) assert.equal(await who(paths, url), 401, url);
  assert.equal(await who(paths, "/livez", { authorization: "Bearer x" }), 401, "a credential that nobody knows is no lack of one");
});
