/**
 * What a pod was given of CPU and memory, beside what its spec asks for: an amount that is asked for later holds when the node has it.
 * Kept in the pod's folder, so that a kubelet that starts anew knows what containers have. Pure, but for reading and writing it.
 */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Container, Pod } from "#api/mod.ts";
import { sameJson } from "#codec/mod.ts";
import { amountOf } from "../resources/totals.ts";

export type Resources = NonNullable<Container["resources"]>;

export interface Allocation {
  /** Container → what it was given. */
  containers: Readonly<Record<string, Resources>>;
  pod?: Resources;
  /** What runs with which amounts: by the container's id in the runtime, and of the pod's own group. */
  actual: Readonly<Record<string, Resources>>;
  actualPod?: Resources;
}

const resizable = (pod: Pod): Container[] => [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];

/** All that the spec asks for; what runs goes on as it is. */
export function allocate(pod: Pod, before?: Allocation): Allocation {
  const containers = Object.fromEntries(resizable(pod).map(({ name = "", resources = {} }) => [name, resources]));
  const whole = pod.spec?.resources;
  return {
    containers,
    ...(whole ? { pod: whole } : {}),
    actual: before?.actual ?? {},
    ...(before ? (before.actualPod ? { actualPod: before.actualPod } : {}) : whole ? { actualPod: whole } : {}),
  };
}

/** The pod as it was taken: with the amounts that it was given. The same object when those are what it asks for. */
export function allocatedPod(pod: Pod, allocation: Allocation | undefined): Pod {
  if (!allocation || !pod.spec || !isPending(pod, allocation)) return pod;
  const given = (container: Container): Container => {
    const resources = allocation.containers[container.name ?? ""];
    return resources === undefined ? container : { ...container, resources };
  };
  const { initContainers, containers, resources: _, ...spec } = pod.spec;
  return {
    ...pod,
    spec: {
      ...spec,
      containers: containers?.map(given) ?? [],
      ...(initContainers ? { initContainers: initContainers.map(given) } : {}),
      ...(allocation.pod ? { resources: allocation.pod } : {}),
    },
  };
}

/** It asks for other amounts than it was given. */
export function isPending(pod: Pod, allocation: Allocation): boolean {
  if (!sameAmounts(pod.spec?.resources, allocation.pod, undefined)) return true;
  return resizable(pod).some(({ name = "", resources }) => {
    const given = allocation.containers[name];
    return given !== undefined && !sameAmounts(resources, given, undefined);
  });
}

const sized = ["cpu", "memory"];

/** The same amounts however they are written; `names`: only of these resources. */
export function sameAmounts(a: Resources | undefined, b: Resources | undefined, names: readonly string[] | undefined): boolean {
  const of = (list: Record<string, string> | undefined) =>
    Object.fromEntries(
      Object.entries(list ?? {})
        .filter(([name]) => !names || names.includes(name))
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, text]) => [name, amountOf(name, text)]),
    );
  return sameJson(of(a?.requests), of(b?.requests)) && sameJson(of(a?.limits), of(b?.limits));
}

/** CPU and memory are what it was given: nothing is to be done for it. */
export const isActual = (given: Resources | undefined, actual: Resources | undefined): boolean => sameAmounts(given, actual, sized);

const fileIn = (folder: string) => join(folder, "allocation.json");

/** Undefined: of a pod that nobody has taken, or from before there was such a file. */
export async function readAllocation(folder: string): Promise<Allocation | undefined> {
  const text = await readFile(fileIn(folder), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const { containers = {}, actual = {}, pod, actualPod } = JSON.parse(text) as Partial<Allocation>;
  return { containers, actual, ...(pod ? { pod } : {}), ...(actualPod ? { actualPod } : {}) };
}

export async function writeAllocation(folder: string, allocation: Allocation): Promise<void> {
  const file = fileIn(folder);
  await writeFile(`${file}.new`, JSON.stringify(allocation), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
