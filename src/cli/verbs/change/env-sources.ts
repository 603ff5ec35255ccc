/** Where a variable's value comes from: in words, and looked up. */
import { milliValue, parseQuantity, quantityValue } from "#codec/mod.ts";
import type { Session } from "../../connect/session.ts";
import { CliError } from "../../failure.ts";
import { type At, getObject } from "../../objects.ts";
import type { KObject } from "../../print/values.ts";
import type { Container } from "./set-objects.ts";

export interface ValueFrom {
  secretKeyRef?: { name: string; key: string };
  configMapKeyRef?: { name: string; key: string };
  fieldRef?: { fieldPath: string };
  resourceFieldRef?: { resource: string; divisor?: string };
}

export function sourceText({ secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef }: ValueFrom): string {
  if (configMapKeyRef) return `configmap ${configMapKeyRef.name}, key ${configMapKeyRef.key}`;
  if (resourceFieldRef) return `resource field ${resourceFieldRef.resource}`;
  if (fieldRef) return `field path ${fieldRef.fieldPath}`;
  if (secretKeyRef) return `secret ${secretKeyRef.name}, key ${secretKeyRef.key}`;
  return "invalid valueFrom";
}

/** Looks values up; each source is asked for once. */
export function resolver(session: Session, found: At & { object: KObject }): (from: ValueFrom, container: Container) => Promise<string> {
  const asked = new Map<string, Promise<KObject>>();
  const source = (resource: string, name: string) => {
    const key = `${resource}/${name}`;
    const answer =
      asked.get(key) ??
      session.resource(resource).then(async (info) => getObject(session, { resource: info, namespace: await session.namespace(), name }));
    asked.set(key, answer);
    return answer;
  };
  return async ({ secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef }, container) => {
    if (secretKeyRef) {
      const { name, key } = secretKeyRef;
      const value = (await source("secrets", name)).data?.[key];
      if (value === undefined) throw new CliError(`key ${key} not found in secret ${name}`);
      return Buffer.from(value, "base64").toString("utf8");
    }
    if (configMapKeyRef) {
      const { name, key } = configMapKeyRef;
      const value = (await source("configmaps", name)).data?.[key];
      if (value === undefined) throw new CliError(`key ${key} not found in config map ${name}`);
      return value;
    }
    if (fieldRef) return fieldValue(found.object, fieldRef.fieldPath);
    if (resourceFieldRef) return resourceValue(container, resourceFieldRef);
    throw new CliError("invalid valueFrom");
  };
}

function fieldValue({ metadata }: KObject, path: string): string {
  const [, field, subscript] = /^(.+?)\['(.*)'\]$/.exec(path) ?? [];
  if (field === "metadata.labels") return metadata.labels?.[subscript!] ?? "";
  if (field === "metadata.annotations") return metadata.annotations?.[subscript!] ?? "";
  if (field) throw new CliError(`fieldPath ${JSON.stringify(path)} does not support subscript`);
  const pairs = (map: Record<string, string> = {}) =>
    Object.keys(map)
      .sort()
      .map((key) => `${key}=${JSON.stringify(map[key])}`)
      .join("\n");
  switch (path) {
    case "metadata.labels":
      return pairs(metadata.labels);
    case "metadata.annotations":
      return pairs(metadata.annotations);
    case "metadata.name":
      return metadata.name;
    case "metadata.namespace":
      return metadata.namespace ?? "";
    case "metadata.uid":
      return metadata.uid ?? "";
    default:
      throw new CliError(`unsupported fieldPath: ${path}`);
  }
}

/** How often the divisor fits, rounded up. */
function resourceValue({ resources }: Container, { resource, divisor = "1" }: { resource: string; divisor?: string }): string {
  const [, list, name = ""] = /^(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)$/.exec(resource) ?? [];
  if (!list) throw new CliError(`Unsupported container resource : ${resource}`);
  const amount = parseQuantity(resources?.[list as "limits" | "requests"]?.[name] ?? "0");
  const part = parseQuantity(quantityValue(parseQuantity(divisor)) === 0 && milliValue(parseQuantity(divisor)) === 0 ? "1" : divisor);
  return String(name === "cpu" ? Math.ceil(milliValue(amount) / milliValue(part)) : Math.ceil(quantityValue(amount) / quantityValue(part)));
}
