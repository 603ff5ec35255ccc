/** Volumes whose files come from objects: of secrets, config maps, the downward API, and several of them projected into one folder. */
import type { AnyObject } from "../../rules.ts";
import { fileMode, relativeUnreservedPath } from "../primitives.ts";
import type { Problems } from "../problems.ts";
import { validateFieldRef, validateResourceFieldRef } from "./environment.ts";

/** By the name of the field. */
export const filesOf: Partial<Record<string, (source: AnyObject, at: string, problems: Problems) => void>> = {
  secret: (source, at, problems) => validateFiles(source, "secretName", at, problems),
  configMap: (source, at, problems) => validateFiles(source, "name", at, problems),
  downwardAPI({ defaultMode, items = [] }, at, problems) {
    fileMode(defaultMode, `${at}.defaultMode`, problems);
    for (const file of items) validateDownwardFile(file, at, problems);
  },
  projected: validateProjected,
};

function validateFiles(source: AnyObject, name: "secretName" | "name", at: string, problems: Problems): void {
  if (!source[name]) problems.required(`${at}.${name}`);
  fileMode(source.defaultMode, `${at}.defaultMode`, problems);
  validateItems(source.items, `${at}.items`, problems);
}

function validateItems(items: AnyObject[] | undefined, field: string, problems: Problems): void {
  for (const [i, item] of (items ?? []).entries()) {
    const at = `${field}[${i}]`;
    if (!item.key) problems.required(`${at}.key`);
    if (!item.path) problems.required(`${at}.path`);
    relativeUnreservedPath(item.path ?? "", `${at}.path`, problems);
    fileMode(item.mode, `${at}.mode`, problems);
  }
}

const volumeFieldPaths = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];

function validateDownwardFile(file: AnyObject, at: string, problems: Problems): void {
  if (!file.path) problems.required(`${at}.path`);
  relativeUnreservedPath(file.path ?? "", `${at}.path`, problems);
  if (file.fieldRef) {
    validateFieldRef(file.fieldRef, volumeFieldPaths, `${at}.fieldRef`, problems);
    if (file.resourceFieldRef) problems.invalid(at, "resource", "fieldRef and resourceFieldRef can not be specified simultaneously");
  } else if (file.resourceFieldRef) validateResourceFieldRef(file.resourceFieldRef, `${at}.resourceFieldRef`, true, problems);
  else problems.required(at, "one of fieldRef and resourceFieldRef is required");
  fileMode(file.mode, `${at}.mode`, problems);
}

function validateProjected(projected: AnyObject, at: string, problems: Problems): void {
  fileMode(projected.defaultMode, `${at}.defaultMode`, problems);
  const paths = new Set<string>();
  const claim = (path: string | undefined, badValue: unknown) => {
    if (!path) return;
    if (paths.has(path)) problems.invalid(at, badValue, "conflicting duplicate paths");
    paths.add(path);
  };
  for (const [i, source] of (projected.sources ?? []).entries()) {
    const where = `${at}.sources[${i}]`;
    for (const kind of ["secret", "configMap"]) {
      const own = source[kind];
      if (!own) continue;
      if (!own.name) problems.required(`${where}.${kind}.name`);
      validateItems(own.items, `${where}.${kind}.items`, problems);
      for (const item of own.items ?? []) claim(item.path, own.name);
    }
    for (const file of source.downwardAPI?.items ?? []) {
      validateDownwardFile(file, `${where}.downwardAPI`, problems);
      claim(file.path, file.path);
    }
    const token = source.serviceAccountToken;
    if (token) {
      const seconds = `${where}.serviceAccountToken.expirationSeconds`;
      const expiration = token.expirationSeconds ?? 0;
      if (expiration < 600) problems.invalid(seconds, expiration, "may not specify a duration less than 10 minutes");
      if (expiration > 2 ** 32) problems.invalid(seconds, expiration, "may not specify a duration larger than 2^32 seconds");
      if (!token.path) problems.required(`${at}.path`);
      else relativeUnreservedPath(token.path, `${at}.path`, problems);
    }
    const count = ["secret", "configMap", "downwardAPI", "serviceAccountToken", "clusterTrustBundle", "podCertificate"].filter(
      (kind) => source[kind],
    ).length;
    if (count > 1) problems.forbidden(where, "may not specify more than 1 volume type per source");
  }
}
