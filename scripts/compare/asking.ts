/** What the comparing scripts read and send: objects of manifests, and requests to one server of a kubeconfig. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Agent } from "undici";
import { builtInKinds, type Served } from "#api/mod.ts";
import { readKubeconfig } from "#client/mod.ts";
import { readYaml, splitDocuments } from "#codec/mod.ts";
import type { Answer } from "./answers.ts";
import type { Json } from "./variations.ts";

export interface Request {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  body?: string;
  contentType?: string;
  accept?: string;
}

export type Ask = (request: Request) => Promise<Answer>;

function filesOf(place: string): string[] {
  if (!statSync(place).isDirectory()) return [place];
  return readdirSync(place, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(ya?ml|json)$/.test(name))
    .sort()
    .map((name) => join(place, name));
}

function* objectsOf(text: string): Generator<Json> {
  for (const part of splitDocuments(text)) {
    const object = readYaml(part.text).value as Json | null;
    if (!object || typeof object !== "object") continue;
    if (Array.isArray(object.items) && String(object.kind).endsWith("List")) yield* object.items as Json[];
    else yield object;
  }
}

/** Objects of built-in kinds in a file or a folder; `kind`: of this kind only. */
export function* manifestsOf(place: string, kind?: string): Generator<{ file: string; object: Json; served: Served }> {
  for (const file of filesOf(place))
    for (const object of objectsOf(readFileSync(file, "utf8"))) {
      const served = builtInKinds.find((one) => one.apiVersion === object.apiVersion && one.kind === object.kind);
      if (served && (!kind || kind === served.kind)) yield { file, object, served };
    }
}

export function collectionOf(served: Served, object: Json): string {
  const { namespace } = (object.metadata ?? {}) as { namespace?: unknown };
  const base = served.group ? `/apis/${served.group}/${served.version}` : `/api/${served.version}`;
  const scope = served.namespaced ? `/namespaces/${typeof namespace === "string" && namespace ? namespace : "default"}` : "";
  return `${base}${scope}/${served.resource}`;
}

/** What asks one server, with the certificates of its kubeconfig. */
export function asking(file: string): Ask {
  const config = readKubeconfig(file) as { clusters: { cluster: Json }[]; users: { user: Json }[] };
  const [cluster, user] = [config.clusters[0]!.cluster, config.users[0]!.user];
  const pem = (value: unknown) => (typeof value === "string" ? Buffer.from(value, "base64").toString() : undefined);
  const connect = {
    ca: pem(cluster["certificate-authority-data"]),
    cert: pem(user["client-certificate-data"]),
    key: pem(user["client-key-data"]),
  };
  const agent = new Agent({ connections: 4, connect, maxHeaderSize: 1 << 20 });
  return async ({ path, body, method = "POST", contentType = "application/json", accept = "application/json" }) => {
    // Some objects keep who made them: on both servers the same.
    const who = { "impersonate-user": "compare", "impersonate-group": "system:masters" };
    const headers = { ...(body === undefined ? {} : { "content-type": contentType }), accept, ...who };
    // A connection may end between two requests, and a dry run may be made twice.
    const ask = () => agent.request({ origin: String(cluster.server), path, method, headers, body: body ?? null });
    const response = await ask()
      .catch(ask)
      .catch((error: Error) => error);
    // A server that fell over a request closes the connection.
    if (response instanceof Error) return { code: 0, body: response.message, warnings: [] };
    const text = await response.body.text();
    const warning = [response.headers.warning ?? []].flat();
    const texts = warning.flatMap((line) => [...line.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map((match) => match[1]!));
    // What is not whole here says so, of itself.
    const warnings = texts.filter((text) => !text.includes("in this cluster yet"));
    return { code: response.statusCode, body: parsed(text), warnings };
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
