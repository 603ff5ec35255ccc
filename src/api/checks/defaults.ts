/** Defaults that many kinds share. Nothing is written to what is complete. */

import type { PodTemplateSpec } from "../core/pod-spec.ts";
import { defaultPodSpec } from "./pod-defaults.ts";

/** Adds what is absent from a member, in the order of `missing`. */
export function fillIn<T extends object, K extends keyof T>(parent: T, key: K, missing: NonNullable<T[K]>): void {
  const own = parent[key] as NonNullable<T[K]> | undefined;
  if (own && (Object.keys(missing) as (keyof typeof own)[]).every((name) => own[name] !== undefined)) return;
  parent[key] = { ...missing, ...own };
}

export function defaultTemplate(of: PodTemplateSpec | undefined): void {
  if (of?.spec) defaultPodSpec(of.spec);
}
