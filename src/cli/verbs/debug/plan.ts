/** The pods and containers that `debug` makes, as functions of what was asked and what is there. */
import { nameSuffix, type Random } from "#base/random.ts";
import { type PatchLookup, strategicMerge } from "#codec/strategic/merge.ts";
import { CliError } from "../../failure.ts";
import type { KObject } from "../../print/values.ts";
import { applyProfile, type Container, type DebuggedPod, type Keep, type Profile } from "./profiles.ts";

export interface Wish {
  args: string[];
  argumentsOnly: boolean;
  container: string;
  copyTo: string;
  env: { name: string; value: string }[];
  image: string;
  keep: Keep;
  profile: Profile;
  /** A partial container over what the profile made. */
  custom: Container | undefined;
  pullPolicy: string;
  sameNode: boolean;
  setImages: Map<string, string>;
  /** Undefined unless it was said. */
  shareProcesses: boolean | undefined;
  stdin: boolean;
  target: string;
  tty: boolean;
}

export interface Around {
  random: Random;
  /** Of a container, for --custom. */
  lookup?: PatchLookup;
  /** Tells the user which name was chosen. */
  named(name: string): void;
}

function newContainer(wish: Wish, name: string): Container {
  return {
    name,
    image: wish.image,
    ...(wish.env.length > 0 ? { env: wish.env } : {}),
    ...(wish.pullPolicy ? { imagePullPolicy: wish.pullPolicy } : {}),
    ...(wish.stdin ? { stdin: true } : {}),
    terminationMessagePolicy: "File",
    ...(wish.tty ? { tty: true } : {}),
    ...(wish.args.length > 0 ? { [wish.argumentsOnly ? "args" : "command"]: wish.args } : {}),
  };
}

/** The ephemeral container to add to a running pod. */
export function ephemeralContainer(pod: KObject, wish: Wish, around: Around): Container {
  const name = containerName(pod, wish, around);
  const container = { ...newContainer(wish, name), ...(wish.target ? { targetContainerName: wish.target } : {}) };
  const copy = debugged(pod);
  copy.spec.ephemeralContainers = [...(copy.spec.ephemeralContainers ?? []), container];
  applyProfile(wish.profile, copy, { container: name, style: "ephemeral", keep: wish.keep });
  const added = copy.spec.ephemeralContainers.at(-1)!;
  return wish.custom ? customized(added, wish, around) : added;
}

/** A pod in the node's own namespaces, with its disk. */
export function nodePod(node: string, wish: Wish, around: Around): { pod: KObject; container: string } {
  const container = wish.container || "debugger";
  const pod: KObject & DebuggedPod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `node-debugger-${node}-${nameSuffix(around.random)}`,
      labels: { "app.kubernetes.io/managed-by": "kubectl-debug" },
    },
    spec: {
      containers: [newContainer(wish, container)],
      nodeName: node,
      restartPolicy: "Never",
      tolerations: [{ operator: "Exists" }],
    },
  };
  applyProfile(wish.profile, pod, { container, style: "node", keep: wish.keep });
  if (wish.custom) customizeIn(pod, container, wish, around);
  return { pod, container };
}

/** The copy, and the container to attach to: "" when only images were changed. */
export function copyOf(pod: KObject, wish: Wish, around: Around): { pod: KObject; container: string } {
  const { spec, metadata } = debugged(pod);
  const copy: KObject & DebuggedPod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: wish.copyTo,
      namespace: pod.metadata.namespace,
      ...(metadata.labels ? { labels: metadata.labels } : {}),
      ...(metadata.annotations ? { annotations: metadata.annotations } : {}),
    },
    spec,
  };
  delete spec.ephemeralContainers;
  if (wish.shareProcesses !== undefined) spec.shareProcessNamespace = wish.shareProcesses;
  if (!wish.sameNode) delete spec.nodeName;
  for (const each of spec.containers) each.image = wish.setImages.get(each.name) || wish.setImages.get("*") || each.image;
  let name = wish.container;
  let container = [...spec.containers, ...(spec.initContainers ?? [])].find((each) => each.name === name);
  if (!container) {
    if (wish.image === "" && wish.setImages.size > 0) return { pod: copy, container: "" };
    if (wish.image === "") throw new CliError("you must specify image when creating new container");
    name ||= containerName(copy, wish, around);
    container = { name, terminationMessagePolicy: "File" };
    spec.containers.push(container);
  }
  changeContainer(container, wish);
  applyProfile(wish.profile, copy, { container: name, style: "copy", keep: wish.keep });
  if (wish.custom) customizeIn(copy, name, wish, around);
  return { pod: copy, container: name };
}

function changeContainer(container: Container, wish: Wish): void {
  if (wish.args.length > 0) {
    container[wish.argumentsOnly ? "args" : "command"] = wish.args;
    if (!wish.argumentsOnly) delete container.args;
  }
  if (wish.env.length > 0) container.env = wish.env;
  if (wish.image) container.image = wish.image;
  if (wish.pullPolicy) container.imagePullPolicy = wish.pullPolicy;
  for (const field of ["stdin", "tty"] as const) {
    if (wish[field]) container[field] = true;
    else delete container[field];
  }
}

function customizeIn(pod: DebuggedPod, name: string, wish: Wish, around: Around): void {
  const at = pod.spec.containers.findIndex((each) => each.name === name);
  if (at < 0) throw new CliError(`unable to find the ${name} container in the pod ${pod.metadata.name ?? ""}`);
  pod.spec.containers[at] = customized(pod.spec.containers[at]!, wish, around);
}

function customized(container: Container, wish: Wish, around: Around): Container {
  return strategicMerge(around.lookup, container, { ...wish.custom, name: container.name }) as Container;
}

/** Parts that may be changed without touching what the server said. */
function debugged(pod: KObject): DebuggedPod {
  return structuredClone({ metadata: { labels: pod.metadata.labels, annotations: pod.metadata.annotations }, spec: pod.spec });
}

function containerName(pod: KObject, wish: Wish, around: Around): string {
  if (wish.container) return wish.container;
  const { spec } = pod;
  const taken = [...(spec.containers ?? []), ...(spec.initContainers ?? []), ...(spec.ephemeralContainers ?? [])].map(
    (each: Container) => each.name,
  );
  let name = "";
  while (name === "" || taken.includes(name)) name = `debugger-${nameSuffix(around.random)}`;
  around.named(name);
  return name;
}
