/** The server's OpenAPI v3 documents: what `explain` prints and what a strategic merge needs to know. */

import { join } from "node:path";
import { mkdirSync, readFileSync, writeFileSync } from "../input/files.ts";
import type { Session } from "./session.ts";

export interface Schema {
  $ref?: string;
  allOf?: Schema[];
  oneOf?: Schema[];
  anyOf?: Schema[];
  type?: string;
  format?: string;
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema | boolean;
  required?: string[];
  enum?: unknown[];
  default?: unknown;
  "x-kubernetes-patch-strategy"?: string;
  "x-kubernetes-patch-merge-key"?: string;
  "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string }[];
  "x-kubernetes-preserve-unknown-fields"?: boolean;
}

export interface OpenApi {
  paths?: Record<
    string,
    Record<
      string,
      | {
          "x-kubernetes-group-version-kind"?: { group: string; version: string; kind: string };
          requestBody?: { content?: Record<string, unknown> };
        }
      | unknown
    >
  >;
  components?: { schemas?: Record<string, Schema> };
}

/** The document of one group version, kept on disk under its hash; undefined when the server has none. */
export async function openApi(session: Session, at: { group: string; version: string }): Promise<OpenApi | undefined> {
  const rest = await session.rest();
  const index = await rest.json<{ paths?: Record<string, { serverRelativeURL: string }> }>({ path: "/openapi/v3" });
  const url = index.paths?.[at.group === "" ? `api/${at.version}` : `apis/${at.group}/${at.version}`]?.serverRelativeURL;
  if (!url) return undefined;
  const hash = /hash=([0-9A-Za-z_-]+)/.exec(url)?.[1];
  const folder = join(session.cacheDir(), "openapi");
  const file = hash && join(folder, `${hash}.json`);
  if (file) {
    try {
      return JSON.parse(readFileSync(file, "utf8")) as OpenApi;
    } catch {
      // Not kept yet.
    }
  }
  const response = await rest.request({ path: url, accept: "application/json" });
  if (file) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o750 });
      writeFileSync(file, response.text);
    } catch {
      // Only the next call pays.
    }
  }
  return JSON.parse(response.text) as OpenApi;
}

/** Looks through `$ref` and single `allOf`. */
export class Schemas {
  #schemas: Record<string, Schema>;

  constructor(document: OpenApi) {
    this.#schemas = document.components?.schemas ?? {};
  }
  ofKind(group: string, version: string, kind: string): Schema | undefined {
    return Object.values(this.#schemas).find((schema) =>
      schema["x-kubernetes-group-version-kind"]?.some((gvk) => gvk.group === group && gvk.version === version && gvk.kind === kind),
    );
  }
  nameOf(schema: Schema | undefined): string | undefined {
    const ref = schema?.$ref ?? schema?.allOf?.find((part) => part.$ref)?.$ref;
    return ref?.replace("#/components/schemas/", "");
  }
  resolve(schema: Schema | undefined): Schema | undefined {
    const name = this.nameOf(schema);
    return name === undefined ? schema : this.#schemas[name];
  }
  property(schema: Schema | undefined, name: string): Schema | undefined {
    const resolved = this.resolve(schema);
    const own = resolved?.properties?.[name];
    if (own) return own;
    return typeof resolved?.additionalProperties === "object" ? resolved.additionalProperties : undefined;
  }
}
