/** What the server knows of Secret: defaults, what a write may set, what is refused, what tables show. */
import { checkConfigKey, JsonError, parseJson } from "#codec/mod.ts";
import { base64Size, maxData, namespacedMeta, validateImmutable } from "../checks/config-data.ts";
import { problemOfPair } from "../checks/kinds/tls-pair.ts";
import { immutable, subdomainName, validateObjectMeta } from "../checks/object-meta.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { fields } from "../select.ts";
import { ageOf, nameOf } from "../tables/cells.ts";
import type { Secret } from "./secret.ts";

export const secretRules = rules<Secret>({
  warn: warningsOfSecret,
  names: subdomainName,
  counts: false,
  defaults: (secret: Secret) => {
    secret.type ||= "Opaque";
    // Write-only: it is never stored.
    for (const [key, text] of Object.entries(secret.stringData ?? {}))
      secret.data = { ...secret.data, [key]: Buffer.from(text).toString("base64") } as typeof secret.data;
    delete secret.stringData;
  },
  prepare: {
    update(secret, old) {
      secret.type ||= old.type;
    },
  },
  check: {
    create: validateSecret,
    update(next, old, problems) {
      immutable(next.type, old.type, "type", problems, "");
      validateImmutable(next, old, ["data"], problems);
      validateObjectMeta(next.metadata, namespacedMeta, problems);
      validateSecret(next, problems);
    },
  },
  cells: (o, now) => [nameOf(o), o.type ?? "", Object.keys(o.data ?? {}).length, ageOf(o, now)],
  selectable: fields("type"),
});

function warningsOfSecret({ type, data = {} }: Secret): string[] {
  if (type !== "kubernetes.io/tls") return [];
  const bytesOf = (key: string) => Buffer.from(String(data[key] ?? ""), "base64");
  return [problemOfPair(bytesOf("tls.crt"), bytesOf("tls.key")) ?? []].flat();
}

function validateSecret(secret: AnyObject, problems: Problems): void {
  const { data = {}, type = "" } = secret;
  let size = 0;
  for (const [key, value] of Object.entries<string>(data)) {
    problems.invalids(`data[${key}]`, key, checkConfigKey(key));
    size += base64Size(value);
  }
  if (size > maxData) problems.tooLong("data", maxData);
  const has = (key: string) => Object.hasOwn(data, key);
  const need = (key: string) => {
    if (!has(key)) problems.required(`data[${key}]`);
  };
  switch (type) {
    case "kubernetes.io/service-account-token":
      if (!secret.metadata.annotations?.["kubernetes.io/service-account.name"])
        problems.required("metadata.annotations[kubernetes.io/service-account.name]");
      return;
    case "kubernetes.io/dockercfg":
      return validateJson(data, ".dockercfg", problems);
    case "kubernetes.io/dockerconfigjson":
      return validateJson(data, ".dockerconfigjson", problems);
    case "kubernetes.io/basic-auth":
      if (!has("username") && !has("password")) {
        problems.required("data[username]");
        problems.required("data[password]");
      }
      return;
    case "kubernetes.io/ssh-auth":
      if (!data["ssh-privatekey"]) problems.required("data[ssh-privatekey]");
      return;
    case "kubernetes.io/tls":
      need("tls.crt");
      need("tls.key");
  }
}

function validateJson(data: Record<string, string>, key: string, problems: Problems): void {
  if (data[key] === undefined) return problems.required(`data[${key}]`);
  try {
    // Go names a byte that is no JSON as if it were a character.
    const value = parseJson(Buffer.from(data[key], "base64").toString("latin1"));
    const type = Array.isArray(value) ? "array" : typeof value === "boolean" ? "bool" : typeof value;
    if (type !== "object") throw new JsonError(`json: cannot unmarshal ${type} into Go value of type map[string]interface {}`, 0);
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    problems.invalid(`data[${key}]`, "<secret contents redacted>", error.message);
  }
}
