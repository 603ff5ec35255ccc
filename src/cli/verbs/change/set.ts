/** `set image|env|resources|selector|serviceaccount|subject`: single features of objects. */

import { isDeepStrictEqual } from "node:util";
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, throwAll } from "../../failure.ts";
import { buildTargets, missingResources } from "../../input/builder.ts";
import { bool, type Flag, list, text, texts } from "../../input/flags.ts";
import { filenameFlags, hasFiles, recursing } from "../../input/manifest.ts";
import { dryRunFlag, fieldManagerFlag, selectorFlag, selectorOf } from "../../input/write-flags.ts";
import { type At, fetchTargets, getObject, patchObject, updateObject } from "../../objects.ts";
import { outcomePrinter, printFlags } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";

type Found = At & { object: KObject };
interface Container {
  name: string;
  image?: string;
  env?: { name: string; value?: string; valueFrom?: object }[];
  resources?: { limits?: Record<string, string>; requests?: Record<string, string> };
}

const without = (...names: string[]) => shared.filter(({ name }) => !names.includes(name));
const shared: Flag[] = [
  bool("all", "Select all objects of the given types in the namespace."),
  ...filenameFlags("identifying the resource to get from the server."),
  bool("local", "If true, change the files' content and print it instead of asking the server."),
  selectorFlag,
  dryRunFlag,
  fieldManagerFlag("kubectl-set"),
  ...printFlags,
];

/** The pod spec inside a workload, or the pod's own. */
function podSpec(object: KObject): KObject["spec"] | undefined {
  if (object.kind === "Pod") return object.spec;
  if (object.kind === "CronJob") return object.spec.jobTemplate.spec.template.spec;
  return object.spec?.template?.spec;
}

function matching(containers: Container[] | undefined, pattern: string): Container[] {
  const form = new RegExp(
    `^${pattern
      .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
  );
  return (containers ?? []).filter((container) => form.test(container.name));
}

/** Objects from arguments before the first `k=v`, changed by `change` and written with a patch. */
async function changeAll(
  session: Session,
  how: { names: string[]; operation: string; change(found: Found): void | Promise<void> },
): Promise<void> {
  const { flags } = session;
  const dryRun = session.dryRun();
  const targets = await buildTargets(session, { args: how.names, all: flags.bool("all"), labelSelector: selectorOf(flags) });
  const local = flags.bool("local");
  const found: Found[] = local
    ? targets.map((target) => ({ ...(target as At), object: (target as { manifest?: KObject }).manifest as KObject }))
    : await fetchTargets(session, targets);
  const print = await outcomePrinter(session, { dryRun: local ? "none" : dryRun });
  const errors: unknown[] = [];
  for (const each of found) {
    try {
      const after = structuredClone(each.object);
      await how.change({ ...each, object: after });
      if (local || dryRun === "client") print(after, how.operation);
      else if (!isDeepStrictEqual(after, each.object))
        print(
          await patchObject(session, each, "strategic", smallPatch(each.object, after), {
            dryRun: dryRun === "server",
            fieldManager: flags.text("field-manager"),
          }),
          how.operation,
        );
      else if (flags.text("output")) print(after, how.operation);
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll(errors);
}

/** What differs, as a strategic merge patch; containers and their env are matched by name. */
function smallPatch(before: KObject, after: KObject): Record<string, unknown> {
  return difference(before, after) as Record<string, unknown>;
}

function difference(before: unknown, after: unknown): unknown {
  if (isMap(before) && isMap(after)) {
    const patch: Record<string, unknown> = {};
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      if (isDeepStrictEqual(before[key], after[key])) continue;
      patch[key] = key in after ? (key in before ? difference(before[key], after[key]) : after[key]) : null;
    }
    return patch;
  }
  if (isNamedList(before) && isNamedList(after)) {
    const changes: unknown[] = [];
    for (const item of after) {
      const other = before.find((candidate) => candidate.name === item.name);
      if (!other) changes.push(item);
      else if (!isDeepStrictEqual(other, item)) changes.push({ ...(difference(other, item) as object), name: item.name });
    }
    for (const item of before)
      if (!after.some((candidate) => candidate.name === item.name)) changes.push({ name: item.name, $patch: "delete" });
    return changes;
  }
  return after;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
function isNamedList(value: unknown): value is { name: string }[] {
  return Array.isArray(value) && value.length > 0 && value.every((item) => isMap(item) && typeof item.name === "string");
}

function splitPairs(args: string[], isPair: (word: string) => boolean): { names: string[]; pairs: string[] } {
  const at = args.findIndex(isPair);
  return at < 0 ? { names: args, pairs: [] } : { names: args.slice(0, at), pairs: args.slice(at) };
}

export const image: Command = {
  use: "set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N",
  long: "Update existing container image(s) of resources.",
  examples: "kubectl set image deployment/nginx busybox=busybox nginx=nginx:1.9.1\nkubectl set image daemonset abc *=nginx:1.9.1",
  flags: shared,
  async run(session) {
    const { names, pairs } = splitPairs(session.args, (word) => word.includes("="));
    if (names.length === 0 && !hasFiles(session)) throw missingResources();
    if (pairs.length === 0) throw new CliError("at least one image update is required");
    const wildcard = pairs.some((pair) => pair.startsWith("*="));
    if (wildcard && pairs.length > 1)
      throw new CliError("all containers are already specified by *, but saw more than one container_name=container_image pairs");
    await changeAll(session, {
      names,
      operation: "image updated",
      change({ object }) {
        const spec = podSpec(object);
        if (!spec) throw new CliError(`the object is not a pod or does not have a pod template: ${object.kind}`);
        for (const pair of pairs) {
          const at = pair.indexOf("=");
          const found = [...matching(spec.initContainers, pair.slice(0, at)), ...matching(spec.containers, pair.slice(0, at))];
          if (found.length === 0) throw new CliError(`unable to find container named ${JSON.stringify(pair.slice(0, at))}`);
          for (const container of found) container.image = pair.slice(at + 1);
        }
      },
    });
  },
};

export const env: Command = {
  use: "set env RESOURCE/NAME KEY_1=VAL_1 ... KEY_N=VAL_N",
  long: "Update environment variables on a pod template. A key followed by '-' removes the variable.",
  flags: [
    ...shared,
    text("containers|c", "The names of containers in the selected pod templates to change; may use wildcards.", "*"),
    texts("env|e", "Specify a key-value pair for an environment variable to set into each container."),
    text("from", "The name of a resource from which to inject environment variables"),
    list("keys", "Comma-separated list of keys to import from specified resource"),
    bool("list", "If true, display the environment and any changes in the standard format."),
    bool("overwrite", "If true, allow environment to be overwritten.", true),
    text("prefix", "Prefix to append to variable names"),
    bool("resolve", "If true, show secret or configmap references when listing variables"),
  ],
  async run(session) {
    const { flags } = session;
    const isPair = (word: string) => /^[-._a-zA-Z][-._a-zA-Z0-9]*(=|-$)/.test(word) && !word.includes("/");
    const { names, pairs: given } = splitPairs(session.args, isPair);
    const pairs = [...given, ...flags.list("env")];
    if (names.length === 0 && !hasFiles(session))
      throw new CliError("one or more resources must be specified as <resource> <name> or <resource>/<name>");
    if (pairs.length === 0 && !flags.bool("list") && !flags.text("from"))
      throw new CliError("at least one environment variable must be provided");
    const imported = flags.text("from") ? await importedEnv(session) : [];
    if (flags.bool("list")) return listEnv(session, names);
    await changeAll(session, {
      names,
      operation: "env updated",
      change(found) {
        const spec = podSpec(found.object);
        if (!spec) throw new CliError(`the object is not a pod or does not have a pod template: ${found.object.kind}`);
        const containers = [
          ...matching(spec.initContainers, flags.text("containers")),
          ...matching(spec.containers, flags.text("containers")),
        ];
        if (containers.length === 0)
          session.err(
            `error: ${found.object.kind}/${found.name} does not have any containers matching ${JSON.stringify(flags.text("containers"))}\n`,
          );
        for (const container of containers) {
          for (const variable of imported) put(container, variable);
          for (const pair of pairs) {
            const at = pair.indexOf("=");
            if (at < 0) container.env = container.env?.filter((item) => item.name !== pair.slice(0, -1));
            else {
              if (!flags.bool("overwrite") && container.env?.some((item) => item.name === pair.slice(0, at)))
                throw new CliError(
                  `'${pair.slice(0, at)}' already has a value (${container.env.find((item) => item.name === pair.slice(0, at))?.value ?? ""}), and --overwrite is false`,
                );
              put(container, { name: pair.slice(0, at), value: pair.slice(at + 1) });
            }
          }
        }
      },
    });
  },
};

function put(container: Container, variable: { name: string; value?: string; valueFrom?: object }): void {
  const at = container.env?.findIndex((item) => item.name === variable.name) ?? -1;
  if (at < 0) container.env = [...(container.env ?? []), variable];
  else (container.env as object[])[at] = variable;
}

async function importedEnv(session: Session): Promise<{ name: string; valueFrom: object }[]> {
  const { flags } = session;
  const [type, name] = flags.text("from").split("/");
  if (!name) throw new CliError("the --from flag must name a configmap or secret as configmap/NAME or secret/NAME");
  const resource = await session.resource(type);
  const field = { configmaps: "configMapKeyRef", secrets: "secretKeyRef" }[resource.name];
  if (!field) throw new CliError(`unsupported resource specified in --from`);
  const source = await getObject(session, { resource, namespace: await session.namespace(), name });
  const wanted = flags.list("keys");
  return Object.keys(source.data ?? {})
    .filter((key) => wanted.length === 0 || wanted.includes(key))
    .sort()
    .map((key) => ({
      name: `${flags.text("prefix")}${key.toUpperCase().replaceAll(/[^A-Z0-9_]/g, "_")}`,
      valueFrom: { [field]: { name, key } },
    }));
}

async function listEnv(session: Session, names: string[]): Promise<void> {
  const { flags } = session;
  const found = await fetchTargets(
    session,
    await buildTargets(session, { args: names, all: flags.bool("all"), labelSelector: flags.text("selector") }),
  );
  for (const { object, resource, name } of found) {
    const spec = podSpec(object);
    for (const container of [
      ...matching(spec?.containers, flags.text("containers")),
      ...matching(spec?.initContainers, flags.text("containers")),
    ]) {
      session.line(`# ${resource.kind} ${name}, container ${container.name}`);
      for (const { name: key, value, valueFrom } of container.env ?? []) {
        if (!valueFrom) session.line(`${key}=${value ?? ""}`);
        else {
          const from = valueFrom as {
            secretKeyRef?: { name: string; key: string };
            configMapKeyRef?: { name: string; key: string };
            fieldRef?: { fieldPath: string };
            resourceFieldRef?: { resource: string };
          };
          if (from.secretKeyRef) session.line(`# ${key} from secret ${from.secretKeyRef.name}, key ${from.secretKeyRef.key}`);
          else if (from.configMapKeyRef)
            session.line(`# ${key} from configmap ${from.configMapKeyRef.name}, key ${from.configMapKeyRef.key}`);
          else if (from.resourceFieldRef) session.line(`# ${key} from resource field ${from.resourceFieldRef.resource}`);
          else session.line(`# ${key} from field path ${from.fieldRef?.fieldPath}`);
        }
      }
    }
  }
}

function amounts(spec: string): Record<string, string> | undefined {
  if (spec === "") return undefined;
  return Object.fromEntries(
    spec.split(",").map((pair) => {
      const parts = pair.split("=");
      if (parts.length !== 2) throw new CliError(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
      return parts as [string, string];
    }),
  );
}

export const resources: Command = {
  use: "set resources (-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]",
  long: "Specify compute resource requirements (CPU, memory) for any resource that defines a pod template.",
  flags: [
    ...shared,
    text("containers|c", "The names of containers in the selected pod templates to change; may use wildcards.", "*"),
    text("limits", "The resource requirement limits, for example 'cpu=100m,memory=256Mi'."),
    text("requests", "The resource requirement requests, for example 'cpu=100m,memory=256Mi'."),
  ],
  async run(session) {
    const { flags } = session;
    const [limits, requests] = [amounts(flags.text("limits")), amounts(flags.text("requests"))];
    if (!limits && !requests) throw new CliError("you must specify an update to requests or limits (in the form of --requests/--limits)");
    await changeAll(session, {
      names: session.args,
      operation: "resource requirements updated",
      change({ object }) {
        const spec = podSpec(object);
        const containers = matching(spec?.containers, flags.text("containers"));
        if (containers.length === 0) throw new CliError(`unable to find container named ${JSON.stringify(flags.text("containers"))}`);
        for (const container of containers) {
          const { resources: own = {} } = container;
          const without = (values: Record<string, string>) =>
            Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "0"));
          container.resources = {
            ...own,
            ...(limits ? { limits: without({ ...own.limits, ...limits }) } : {}),
            ...(requests ? { requests: without({ ...own.requests, ...requests }) } : {}),
          };
        }
      },
    });
  },
};

export const selector: Command = {
  use: "set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]",
  long: "Set the selector on a resource. The new selector replaces the old one. Only services take it now.",
  flags: [...without("selector", "kustomize").map(recursing), text("resource-version", "Only change this version of the object.")],
  async run(session) {
    const [expression = "", names] = [session.args.at(-1), session.args.slice(0, -1)];
    if (!expression.includes("=")) throw new CliError("one or more resources must be specified as <resource> <name> or <resource>/<name>");
    const wanted = Object.fromEntries(expression.split(",").map((pair) => pair.split(/==?/) as [string, string]));
    await changeAll(session, {
      names,
      operation: "selector updated",
      change({ object }) {
        if (object.kind !== "Service") throw new CliError(`setting a selector is only supported for Services`);
        object.spec.selector = wanted;
      },
    });
  },
};

export const serviceAccount: Command = {
  use: "set serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT",
  long: "Update the service account of pod template resources.",
  flags: without("selector"),
  async run(session) {
    const name = session.args.at(-1);
    if (!name) throw new CliError("serviceaccount is required");
    await changeAll(session, {
      names: session.args.slice(0, -1),
      operation: "serviceaccount updated",
      change({ object }) {
        const spec = podSpec(object);
        if (!spec) throw new CliError(`the object is not a pod or does not have a pod template: ${object.kind}`);
        spec.serviceAccountName = name;
        spec.serviceAccount = name;
      },
    });
  },
};

export const subject: Command = {
  use: "set subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none]",
  long: "Update the user, group, or service account in a role binding or cluster role binding.",
  flags: [
    ...shared,
    texts("user", "User names to bind to the role; may be repeated."),
    texts("group", "Groups to bind to the role; may be repeated."),
    texts("serviceaccount", "Service accounts to bind to the role, namespace:name; may be repeated."),
  ],
  async run(session) {
    const { flags } = session;
    const apiGroup = "rbac.authorization.k8s.io";
    const added = [
      ...flags.list("user").map((name) => ({ kind: "User", apiGroup, name })),
      ...flags.list("group").map((name) => ({ kind: "Group", apiGroup, name })),
      ...flags.list("serviceaccount").map((account) => {
        const [namespace, name] = account.split(":");
        if (!name) throw new CliError("serviceaccount must be <namespace>:<name>");
        return { kind: "ServiceAccount", namespace, name };
      }),
    ];
    if (added.length === 0) throw new CliError("you must specify at least one value of user, group or serviceaccount");
    const targets = await fetchTargets(
      session,
      await buildTargets(session, { all: flags.bool("all"), labelSelector: flags.text("selector") }),
    );
    const print = await outcomePrinter(session);
    const dryRun = session.dryRun();
    for (const each of targets) {
      const before: object[] = each.object.subjects ?? [];
      const fresh = added.filter((item) => !before.some((other) => isDeepStrictEqual(other, item)));
      if (fresh.length === 0) {
        print(each.object, "subjects updated");
        continue;
      }
      const after = { ...each.object, subjects: [...before, ...fresh] };
      print(
        dryRun === "client"
          ? after
          : await updateObject(session, each, after, { dryRun: dryRun === "server", fieldManager: flags.text("field-manager") }),
        "subjects updated",
      );
    }
  },
};
