import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { connect } from "node:tls";
import { seededRandom, silentLog, VirtualClock } from "#base/mod.ts";
import { createMemoryStore } from "#store/mod.ts";
import { openRegistry, serve } from "../mod.ts";
import { portTls } from "../settings/port-tls.ts";
import { listen } from "./listener.ts";
import { selfSigned } from "./self-signed.ts";

interface Seen {
  fingerprint: string;
  cipher: string;
  protocol: string | null;
}

const seen = (port: number, servername: string, more: object = {}) =>
  new Promise<Seen>((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port,
      rejectUnauthorized: false,
      ALPNProtocols: ["http/1.1"],
      ...(servername ? { servername } : {}),
      ...more,
    };
    const socket = connect(options, () => {
      resolve({
        fingerprint: socket.getPeerX509Certificate()!.fingerprint256,
        cipher: socket.getCipher().name,
        protocol: socket.getProtocol(),
      });
      socket.destroy();
    });
    socket.on("error", reject);
  });

test("who asks for a name is shown its certificate, as its files are now, and others the port's own", async () => {
  const folder = mkdtempSync(join(tmpdir(), "spoke-sni-"));
  const [own, first, second] = [await selfSigned(), await selfSigned(), await selfSigned()];
  const [cert, key] = [join(folder, "named.crt"), join(folder, "named.key")];
  const write = (pair: { cert: string; key: string }) => {
    writeFileSync(cert, pair.cert);
    writeFileSync(key, pair.key);
  };
  write(first);
  const clock = new VirtualClock();
  const store = await createMemoryStore({ clock });
  const server = serve(await openRegistry({ store, clock, random: seededRandom(1), log: silentLog }), {});
  const flags = [`tls-sni-cert-key=${cert},${key}:*.example.com,api.test`, "tls-cipher-suites=TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"];
  const listener = await listen(server, { host: "127.0.0.1", port: 0, ...own, tls: portTls(flags) });
  try {
    const shown = async (name: string) => (await seen(listener.port, name)).fingerprint;
    const wildcard = await shown("a.example.com");
    const plain = await shown("");
    assert.notEqual(wildcard, plain);
    assert.deepEqual(await Promise.all(["api.test", "API.TEST", "other.test", "a.b.example.com"].map(shown)), [
      wildcard,
      wildcard,
      plain,
      plain,
    ]);
    assert.equal((await seen(listener.port, "api.test", { maxVersion: "TLSv1.2" })).cipher, "ECDHE-ECDSA-AES128-GCM-SHA256");
    await assert.rejects(seen(listener.port, "", { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES256-GCM-SHA384" }));
    write(second);
    await clock.advance(2000);
    const renewed = await shown("api.test");
    assert.ok(renewed !== wildcard && renewed !== plain);
    listener.renew(second);
    assert.equal(await shown(""), renewed);
  } finally {
    await server.close();
    await listener.close();
    await store.close();
    rmSync(folder, { recursive: true });
  }
});

test("a port of TLS 1.3 speaks no other", async () => {
  const clock = new VirtualClock();
  const store = await createMemoryStore({ clock });
  const server = serve(await openRegistry({ store, clock, random: seededRandom(1), log: silentLog }), {});
  const listener = await listen(server, {
    host: "127.0.0.1",
    port: 0,
    ...(await selfSigned()),
    tls: portTls(["tls-min-version=VersionTLS13"]),
  });
  try {
    assert.equal((await seen(listener.port, "")).protocol, "TLSv1.3");
    await assert.rejects(seen(listener.port, "", { maxVersion: "TLSv1.2" }));
  } finally {
    await server.close();
    await listener.close();
    await store.close();
  }
});
