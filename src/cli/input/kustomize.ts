/** The plain part of kustomize: resources, namespace, name affixes, labels and annotations; the rest is refused by name. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "../failure.ts";
import type { KObject } from "../print/values.ts";
import { parseManifests } from "./manifest-text.ts";

const known = new Set([
  "apiVersion",
  "kind",
  "metadata",
  "resources",
  "namespace",
  "namePrefix",
  "nameSuffix",
  "commonAnnotations",
  "commonLabels",
  "labels",
]);

export async function buildKustomization(folder: string, depth = 0): Promise<KObject[]> {
  const file = ["kustomization.yaml", "kustomization.yml", "Kustomization"]
    .map((name) => join(folder, name))
    .find((path) => existsSync(path));
  if (!file) {
    throw new CliError(`unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${folder}'`);
  }
  if (depth > 20) throw new CliError(`kustomization ${folder} includes itself`);
  const { readYaml } = await import("#codec/yaml.ts");
  const spec = (readYaml(readFileSync(file, "utf8")).value ?? {}) as Record<string, unknown>;
  const foreign = Object.keys(spec).filter((key) => !known.has(key));
  if (foreign.length > 0) {
    throw new CliError(
      `${file} uses ${foreign.join(", ")}, which this kubectl's kustomize does not support; build it with the kustomize program and pipe the result to 'kubectl apply -f -'`,
    );
  }
  const objects: KObject[] = [];
  for (const entry of (spec.resources as string[] | undefined) ?? []) {
    const path = join(folder, entry);
    if (!existsSync(path))
      throw new CliError(
        `accumulating resources: accumulation err='accumulating resources from '${entry}': open ${path}: no such file or directory'`,
      );
    if (statSync(path).isDirectory()) objects.push(...(await buildKustomization(path, depth + 1)));
    else objects.push(...(await parseManifests(readFileSync(path, "utf8"), entry)).map(({ object }) => object));
  }
  for (const object of objects) transform(object, spec);
  return objects;
}

function transform(object: KObject, spec: Record<string, unknown>): void {
  const { metadata } = object;
  const clusterWide = [
    "Namespace",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "PersistentVolume",
    "StorageClass",
    "PriorityClass",
  ].includes(object.kind);
  if (typeof spec.namespace === "string" && !clusterWide) metadata.namespace = spec.namespace;
  if (object.kind !== "Namespace") metadata.name = `${spec.namePrefix ?? ""}${metadata.name}${spec.nameSuffix ?? ""}`;
  const labels = { ...(spec.commonLabels as object) } as Record<string, string>;
  const plain: Record<string, string> = {};
  for (const entry of (spec.labels as { pairs: Record<string, string>; includeSelectors?: boolean }[] | undefined) ?? []) {
    Object.assign(entry.includeSelectors ? labels : plain, entry.pairs);
  }
  if (Object.keys({ ...labels, ...plain }).length > 0) metadata.labels = { ...metadata.labels, ...labels, ...plain };
  if (spec.commonAnnotations) metadata.annotations = { ...metadata.annotations, ...(spec.commonAnnotations as Record<string, string>) };
  if (Object.keys(labels).length === 0 || !object.spec) return;
  if (object.spec.template) {
    object.spec.template.metadata ??= {};
    object.spec.template.metadata.labels = { ...object.spec.template.metadata.labels, ...labels };
  }
  if (object.kind === "Service") object.spec.selector = { ...object.spec.selector, ...labels };
  else if (object.spec.selector?.matchLabels) object.spec.selector.matchLabels = { ...object.spec.selector.matchLabels, ...labels };
}
