/** Names that the server and the kubeconfig know, as choices for a word. What cannot be asked offers nothing. */
import { readdirSync } from "node:fs";
import type { Session } from "../connect/session.ts";
import type { KObject } from "../print/values.ts";
import { type Completer, type Completions, does } from "./protocol.ts";

const none: Completions = { choices: [], directive: does.noFiles };
const noFiles = (choices: string[], more = 0): Completions => ({ choices, directive: does.noFiles | more });
const begin = (names: string[], word: string) => names.filter((name) => name.startsWith(word));

/** Fixed words: for the first argument, `anywhere` for every place, `whole` whatever was typed. */
export function words(all: string[], how: { anywhere?: boolean; whole?: boolean } = {}): Completer {
  return ({ args, word }) => {
    if (how.whole) return noFiles(all);
    return how.anywhere || args.length === 0 ? noFiles(begin(all, word)) : { choices: [], directive: does.default };
  };
}

type Entries = "contexts" | "clusters" | "users";

export function anyOf(entries: Entries): Completer {
  return async ({ session, word }) => noFiles(begin([...(await session.config())[entries].keys()].sort(), word));
}

export function firstOf(entries: Entries): Completer {
  return (asked) => (asked.args.length === 0 ? anyOf(entries)(asked) : none);
}

export function anyName(type: string): Completer {
  return async ({ session, word }) => noFiles(begin(await namesOf(session, type), word));
}

export function firstName(type: string): Completer {
  return (asked) => (asked.args.length === 0 ? anyName(type)(asked) : none);
}

/** `TYPE NAME…` or `TYPE/NAME…`; with `once` only one object. */
export function typeAndName(types?: string[], how: { once?: boolean } = {}): Completer {
  return async ({ session, args, word }) => {
    const [first] = args;
    if (first !== undefined && !first.includes("/")) {
      if (how.once && args.length > 1) return none;
      const names = begin(await namesOf(session, first), word);
      return noFiles(names.filter((name) => !args.slice(1).includes(name)));
    }
    const slash = word.indexOf("/");
    const known = async () => (types ? begin(types, word) : await typeNames(session, word));
    if (slash < 0 && first === undefined) return noFiles(await known());
    if (how.once && first !== undefined) return none;
    if (slash < 0)
      return noFiles(
        (await known()).map((type) => `${type}/`),
        does.noSpace,
      );
    const names = await slashNames(session, word, slash);
    return noFiles(names.filter((name) => !args.includes(name)));
  };
}

const withPods = ["daemonsets", "deployments", "pods", "jobs", "replicasets", "replicationcontrollers", "services", "statefulsets"];

type Second = (session: Session, first: string, word: string) => Promise<string[]>;

/** A pod, or what owns pods; then perhaps something of that pod. */
export function podOrType(second?: Second): Completer {
  return async ({ session, args, word }) => {
    const [first] = args;
    if (first !== undefined) return args.length === 1 && second ? noFiles(await second(session, first, word)) : none;
    const slash = word.indexOf("/");
    if (slash >= 0) return noFiles(await slashNames(session, word, slash));
    const pods = begin(await namesOf(session, "pods"), word);
    const types = begin(withPods, word).map((type) => `${type}/`);
    return noFiles([...pods, ...types], pods.length === 0 ? does.noSpace : 0);
  };
}

export const containers: Second = async (session, first, word) => {
  const pod = await podNamed(session, first);
  const all: { name: string }[] = [...(pod?.spec.initContainers ?? []), ...(pod?.spec.containers ?? [])];
  return begin(
    all.map(({ name }) => name),
    word,
  );
};

export const containersOfFirst: Completer = async ({ session, args, word }) =>
  args[0] === undefined ? none : noFiles(await containers(session, args[0], word));

/** `LOCAL:REMOTE` for each port of a service or pod. */
export const ports: Second = async (session, first, word) => {
  const [type, name] = first.includes("/") ? first.split("/") : ["pods", first];
  const local = word.split(":")[0];
  const pair = (port: number) => `${word === "" ? port : local}:${port}`;
  let found: number[];
  if (["service", "services", "svc"].includes(type!)) {
    const service = await objectOf(session, "services", name!);
    found = (service?.spec.ports ?? []).map(({ port }: { port: number }) => port);
  } else {
    const pod = await podNamed(session, first);
    const all: { ports?: { containerPort: number }[] }[] = pod?.spec.containers ?? [];
    found = all.flatMap((container) => (container.ports ?? []).map(({ containerPort }) => containerPort));
  }
  return begin(found.map(pair), word);
};

/** Files here, or `NAMESPACE/POD:`. */
export const copied: Completer = async ({ session, args, word }) => {
  const answer = (choices: string[]): Completions => ({ choices, directive: does.noSpace });
  if (args.length > 0 || /^[/.~]/.test(word) || word.includes(":")) return answer([]);
  const slash = word.indexOf("/");
  if (slash > 0) {
    const namespace = word.slice(0, slash);
    const pods = await namesOf(session, "pods", namespace);
    return answer(
      begin(
        pods.map((pod) => `${namespace}/${pod}:`),
        word,
      ),
    );
  }
  const namespaces = begin(await namesOf(session, "namespaces"), word).map((name) => `${name}/`);
  const pods = begin(await namesOf(session, "pods"), word).map((name) => `${name}:`);
  const found = [...namespaces, ...pods];
  if (word === "") return answer([...found, "./", "/"]);
  return answer(found.length > 0 ? [...found, ...filesHere(session.io.cwd, word)] : found);
};

function filesHere(folder: string, word: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
    return entries.filter(({ name }) => name.startsWith(word)).map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  } catch {
    return [];
  }
}

/** Types that can be read, with their groups, after the commas of `pods,dep`. */
async function typeNames(session: Session, word: string): Promise<string[]> {
  const comma = word.lastIndexOf(",") + 1;
  const mapper = await session.mapper();
  const seen = new Set<string>();
  const names: string[] = [];
  const groups = [...mapper.found.groups].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name, versions } of groups) {
    const readable = (version: string) =>
      mapper.found.resources.filter((each) => each.group === name && each.version === version && each.verbs.includes("get"));
    for (const each of versions.flatMap(readable).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const shown = each.group === "" ? each.name : `${each.name}.${each.group}`;
      if (!seen.has(shown)) names.push(shown);
      seen.add(shown);
    }
  }
  return begin(names, word.slice(comma)).map((name) => word.slice(0, comma) + name);
}

async function slashNames(session: Session, word: string, slash: number): Promise<string[]> {
  const type = word.slice(0, slash);
  return begin(
    (await namesOf(session, type)).map((name) => `${type}/${name}`),
    word,
  );
}

/** Only names are asked for, not whole objects. */
async function namesOf(session: Session, types: string, namespace?: string): Promise<string[]> {
  const { pathOf } = await import("../connect/discovery.ts");
  const { metadataOnly } = await import("../connect/rest.ts");
  const rest = await session.rest();
  const all: string[] = [];
  for (const type of types.split(",")) {
    try {
      const resource = await session.resource(type);
      const list = await rest.json<{ items?: KObject[] }>({
        path: pathOf(resource, { namespace: namespace ?? (await session.namespace()) }),
        accept: metadataOnly,
      });
      all.push(...(list.items ?? []).map(({ metadata }) => metadata.name));
    } catch {
      // A type that is not there, or not to be read, has no names to offer.
    }
  }
  return all;
}

async function objectOf(session: Session, type: string, name: string): Promise<KObject | undefined> {
  try {
    const { getObject } = await import("../objects.ts");
    return await getObject(session, { resource: await session.resource(type), namespace: await session.namespace(), name });
  } catch {
    return undefined;
  }
}

/** `NAME`, or the pod of `TYPE/NAME`. */
async function podNamed(session: Session, argument: string): Promise<KObject | undefined> {
  const [type, name] = argument.includes("/") ? argument.split("/") : ["pods", argument];
  try {
    const { podOf } = await import("../pods.ts");
    return await podOf(session, { resource: await session.resource(type!), namespace: await session.namespace(), name: name! }, 100);
  } catch {
    return undefined;
  }
}
