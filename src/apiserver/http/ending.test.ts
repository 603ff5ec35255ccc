import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { test } from "node:test";
import { seededRandom, silentLog, systemClock } from "#base/mod.ts";
import { until } from "#net/until.ts";
import { createMemoryStore } from "#store/mod.ts";
import type { Admission } from "../admission/chain.ts";
import type { Authenticator } from "../contract.ts";
import { type ApiServer, openRegistry, serve } from "../mod.ts";
import { type Listener, listen } from "./listener.ts";
import { selfSigned } from "./self-signed.ts";

const serving = await selfSigned();
const anybody: Authenticator = { authenticate: () => ({ name: "me", groups: ["system:authenticated"] }) };

interface World {
  server: ApiServer;
  listener: Listener;
  session: ClientHttp2Session;
}

async function withServer(
  run: (world: World) => Promise<void>,
  { admission, goawayChance = 0 }: { admission?: Admission; goawayChance?: number } = {},
): Promise<void> {
  const store = await createMemoryStore({ clock: systemClock });
  const registry = await openRegistry({ store, clock: systemClock, random: seededRandom(1), log: silentLog });
  const server = serve(registry, { authn: { authenticators: [anybody] }, ...(admission ? { admission } : {}) });
  const listener = await listen(server, { host: "127.0.0.1", port: 0, ...serving, goawayChance });
  const session = connect(`https://127.0.0.1:${listener.port}`, { rejectUnauthorized: false });
  session.on("error", () => {});
  try {
    await run({ server, listener, session });
  } finally {
    session.destroy();
    await server.close();
    await listener.close();
    await store.close();
  }
}

function ask(session: ClientHttp2Session, path: string, body?: object) {
  const stream = session.request({ ":path": path, ":method": body ? "POST" : "GET", "content-type": "application/json" });
  const answer = { status: 0, retryAfter: "", text: "", ended: false };
  stream.on("response", (headers) => {
    answer.status = Number(headers[":status"]);
    answer.retryAfter = String(headers["retry-after"] ?? "");
  });
  stream.on("data", (data) => {
    answer.text += String(data);
  });
  stream.on("end", () => {
    answer.ended = true;
  });
  stream.on("error", () => {});
  stream.end(body ? JSON.stringify(body) : undefined);
  return answer;
}

const ended = (answer: { ended: boolean }) => until(() => answer.ended);
const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };

test("a server that leaves is not ready, and serves on for the delay", () =>
  withServer(async ({ server, session }) => {
    const ready = ask(session, "/readyz/shutdown");
    await ended(ready);
    assert.equal(ready.status, 200);
    const over = server.ending.begin({ delayMs: 300 });
    const [late, live, work] = [ask(session, "/readyz?verbose"), ask(session, "/livez?verbose"), ask(session, "/version")];
    await Promise.all([late, live, work].map(ended));
    assert.equal(late.status, 500);
    assert.match(late.text, /\[-\]shutdown failed/);
    assert.equal(live.status, 200);
    assert.doesNotMatch(live.text, /shutdown/);
    assert.equal(work.status, 200);
    await over;
  }));

test("what is under way finishes, what comes then is told to come again, and a watch ends without an error", () => {
  let pass = () => {};
  const held = new Promise<void>((resolve) => (pass = resolve));
  const admission: Admission = { names: [], admit: () => held, validate: () => undefined };
  return withServer(
    async ({ server, session }) => {
      const watch = ask(session, "/api/v1/namespaces/default/configmaps?watch=1");
      await until(() => watch.status === 200);
      const write = ask(session, "/api/v1/namespaces/default/configmaps", configMap);
      await until(() => server.ending.underWay === 1);
      let over = false;
      const ending = server.ending.begin().then(() => {
        over = true;
      });
      const late = ask(session, "/version");
      await ended(late);
      assert.deepEqual([late.status, late.retryAfter], [503, "1"]);
      assert.match(late.text, /"message":"apiserver is shutting down"/);
      assert.equal(over, false, "the write is waited for");
      assert.equal(watch.ended, false, "and the watch goes on");
      pass();
      await ended(write);
      assert.equal(write.status, 201);
      await ending;
      await ended(watch);
      assert.doesNotMatch(watch.text, /ERROR|410/);
    },
    { admission },
  );
});

test("a client that does not end is waited for no longer than a request may take", () => {
  const admission: Admission = { names: [], admit: () => new Promise(() => {}), validate: () => undefined };
  return withServer(
    async ({ server, session }) => {
      ask(session, "/api/v1/namespaces/default/configmaps", configMap);
      await until(() => server.ending.underWay === 1);
      await server.ending.begin({ mostMs: 50 });
    },
    { admission },
  );
});

test("now and then a client over HTTP/2 is asked to connect anew, and gets its answer", () =>
  withServer(
    async ({ session }) => {
      const goaway = once(session, "goaway");
      const answers: ReturnType<typeof ask>[] = [];
      while (!session.closed && answers.length < 5000) {
        const answer = ask(session, "/version");
        answers.push(answer);
        await ended(answer);
      }
      await goaway;
      assert.ok(answers.every(({ status }) => status === 200));
    },
    { goawayChance: 0.02 },
  ));

test("a chance beyond upstream's bound is refused", async () => {
  const server = {} as ApiServer;
  await assert.rejects(listen(server, { port: 0, ...serving, goawayChance: 0.5 }), /can not be less than 0 or greater than 0.02/);
});
