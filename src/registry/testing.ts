/** For tests: a registry on a port of its own, and images of a few bytes. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog, systemRandom, VirtualClock } from "#base/mod.ts";
import { digestOf } from "./names.ts";
import { type Door, openRegistry, type Registry, type RegistryOptions } from "./registry.ts";

export interface TestRegistry {
  registry: Registry;
  folder: string;
  clock: VirtualClock;
  url: string;
  ask(method: string, path: string, init?: { body?: string | Buffer; headers?: Record<string, string> }): Promise<Answer>;
  /** The same folder, by another process. */
  reopen(): Promise<TestRegistry>;
  close(): Promise<void>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** Of an error. */
  code: string | undefined;
}

export async function testRegistry(
  options: Partial<RegistryOptions> & { push?: boolean; mayCopy?: Door["mirrors"] } = {},
): Promise<TestRegistry> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), "spoke-registry-"));
  const clock = new VirtualClock(1_800_000_000_000);
  const registry = openRegistry({ clock, random: systemRandom, log: silentLog, reserveBytes: 0, ...options, folder });
  const port = await registry.listen({
    host: "127.0.0.1",
    port: 0,
    push: options.push ?? true,
    names: ["localhost"],
    mirrors: options.mayCopy ?? (() => true),
  });
  const url = `http://127.0.0.1:${port}`;
  return {
    registry,
    folder,
    clock,
    url,
    async ask(method, path, { body, headers = {} } = {}) {
      const sent = typeof body === "string" ? Buffer.from(body) : body;
      const response = await fetch(url + path, { method, headers, ...(sent ? { body: new Uint8Array(sent) } : {}) });
      const text = await response.text();
      const code = response.status >= 400 && text ? (JSON.parse(text).errors[0].code as string) : undefined;
      return { status: response.status, headers: response.headers, text, code };
    },
    async reopen() {
      await registry.close();
      return testRegistry({ ...options, folder });
    },
    async close() {
      await registry.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export const imageType = "application/vnd.oci.image.manifest.v1+json";
export const sha = (text: string): string => digestOf(Buffer.from(text));

export async function pushBlob({ ask }: TestRegistry, name: string, text: string): Promise<string> {
  const digest = sha(text);
  const { status, text: said } = await ask("POST", `/v2/${name}/blobs/uploads/?digest=${digest}`, { body: text });
  if (status !== 201) throw new Error(`blob not taken: ${status} ${said}`);
  return digest;
}

export function manifestOf(config: string, layers: readonly string[], more: object = {}): string {
  const of = (text: string, mediaType: string) => ({ mediaType, digest: sha(text), size: text.length });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType: imageType,
    config: of(config, "application/vnd.oci.image.config.v1+json"),
    layers: layers.map((layer) => of(layer, "application/vnd.oci.image.layer.v1.tar")),
    ...more,
  });
}

/** An image of one layer; resolves with the digest of its manifest. */
export async function pushImage(to: TestRegistry, name: string, tag: string, layer: string): Promise<string> {
  await pushBlob(to, name, "{}");
  await pushBlob(to, name, layer);
  const { headers, status, text } = await to.ask("PUT", `/v2/${name}/manifests/${tag}`, {
    body: manifestOf("{}", [layer]),
    headers: { "content-type": imageType },
  });
  if (status !== 201) throw new Error(`manifest not taken: ${status} ${text}`);
  return headers.get("docker-content-digest")!;
}
