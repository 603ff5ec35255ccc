import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect, type TLSSocket } from "node:tls";
import { type Clock, silentLog, systemClock, VirtualClock } from "#base/mod.ts";
import { httpTransport } from "#client/mod.ts";
import { openPort } from "#serve/mod.ts";
import { ensureCertificates, identities, readCa, readPem } from "../certificates.ts";
import { plan } from "../cluster.ts";
import { placeOf } from "../place.ts";
import { PemFiles } from "./pem-files.ts";
import { enterAnew, renewDue } from "./renew.ts";

const day = 86_400_000;
/** Of their 365 days 50 are left of certificates that were made then. */
const then: Clock = { ...systemClock, now: () => systemClock.now() - 314 * day };
const serialOf = (pem: string) => new X509Certificate(pem).serialNumber;

async function oldCluster(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), "spoke-renewal-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const place = placeOf("old", { SPOKE_STATE: folder });
  const cluster = plan("old", undefined, { nodes: 1 }, new Set());
  await ensureCertificates(place, cluster, then);
  return { place, cluster };
}

test("certificates are renewed while a server and its clients use them, and what is under way goes on", { timeout: 30_000 }, async (t) => {
  const { place, cluster } = await oldCluster(t);
  const clock = new VirtualClock();
  const pems = new PemFiles({ place, clock, log: silentLog });
  t.after(() => pems.close());
  const open: ServerResponse[] = [];
  const asked: string[] = [];
  const port = await openPort({
    address: "127.0.0.1",
    port: 0,
    ...pems.follow("apiserver"),
    clientCa: readCa(place),
    renewals: (renew) => void pems.follow("apiserver", renew),
    async admit() {},
    async answer(request, response) {
      const socket = request.socket as TLSSocket;
      assert.ok(socket.authorized);
      asked.push(socket.getPeerCertificate().serialNumber);
      response.writeHead(200, { "content-type": "application/json" });
      if (request.url === "/watch") {
        open.push(response);
        response.write('{"type":"ADDED","object":{}}\n');
      } else response.end("{}");
    },
    log: silentLog,
  });
  t.after(() => port.close());
  const transport = httpTransport({
    server: `https://127.0.0.1:${port.port}`,
    ca: readCa(place),
    ...pems.follow(identities.proxy.file, (pem) => transport.renew(pem)),
  });
  t.after(() => transport.close());
  const ask = () => transport.request({ method: "GET", path: "/" });
  const shown = async () => {
    const socket = connect({ host: "127.0.0.1", port: port.port, ca: readCa(place) });
    await once(socket, "secureConnect");
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  };

  const watch = await transport.watch({ method: "GET", path: "/watch" });
  const events = watch[Symbol.asyncIterator]();
  assert.equal((await events.next()).value.length, 1);
  await ask();
  const before = readPem(place, identities.proxy.file);
  assert.deepEqual(asked, [serialOf(before.cert), serialOf(before.cert)]);
  assert.equal(await shown(), serialOf(readPem(place, "apiserver").cert));

  const renewed = await renewDue(place, cluster, systemClock);
  assert.ok(renewed.includes("apiserver") && renewed.includes("node-old-node-1") && renewed.includes("kubelet-old-node-1"));
  assert.deepEqual(await renewDue(place, cluster, systemClock), [], "once is enough");
  const now = readPem(place, identities.proxy.file);
  assert.notEqual(serialOf(now.cert), serialOf(before.cert));
  await clock.advance(5000);
  await ask();
  assert.equal(asked.at(-1), serialOf(now.cert), "what is asked from now on shows the new one");
  assert.equal(await shown(), serialOf(readPem(place, "apiserver").cert));
  open[0]!.write('{"type":"MODIFIED","object":{}}\n');
  assert.equal((await events.next()).value[0].type, "MODIFIED", "by the connection from before");
  watch.close();
});

test("a key without its certificate is not used: it waits for the rest", async (t) => {
  const { place, cluster } = await oldCluster(t);
  const clock = new VirtualClock();
  const pems = new PemFiles({ place, clock, log: silentLog });
  t.after(() => pems.close());
  const told: string[] = [];
  const before = readPem(place, "dns");
  const live = pems.follow("dns", ({ cert }) => told.push(cert));
  await renewDue(place, cluster, systemClock);
  const now = readPem(place, "dns");
  const put = (end: "crt" | "key", text: string) => writeFileSync(join(place.pki, `dns.${end}`), text);
  put("crt", before.cert);
  await clock.advance(5000);
  assert.deepEqual([live.cert, told], [before.cert, []]);
  put("crt", now.cert);
  await clock.advance(5000);
  assert.deepEqual([live.cert, live.key, told], [now.cert, now.key, [now.cert]]);
});

test("kubeconfigs keep their administrator, and all else in them stays as it was", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-renewal-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "config");
  const coded = (text: string) => Buffer.from(text).toString("base64");
  const text = (cert: string, key: string) => `# mine\nusers:\n- name: a\n  user: {cert: ${coded(cert)}, key: ${coded(key)}}\n- name: b\n`;
  writeFileSync(file, text("old certificate", "old key"), { mode: 0o640 });
  enterAnew([file, join(folder, "none")], { cert: "old certificate", key: "old key" }, { cert: "new certificate", key: "new key" });
  assert.equal(readFileSync(file, "utf8"), text("new certificate", "new key"));
});
