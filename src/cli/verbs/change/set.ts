/** `set image|resources|selector|serviceaccount|subject`: single features of objects. */

import { isDeepStrictEqual } from "node:util";
import { formatQuantity, parseLabelSelector, parseQuantity, type Requirement } from "#codec/mod.ts";
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, throwAll } from "../../failure.ts";
import { text, texts } from "../../input/flags.ts";
import { recursing } from "../../input/manifest.ts";
import { recordFlag } from "../../input/record.ts";
import { updateObject } from "../../objects.ts";
import {
  changeAll,
  foundBy,
  matching,
  type Prepared,
  podSpecOf,
  prepare,
  refuseContradictions,
  resourcesAndPairs,
  shared,
  without,
} from "./set-objects.ts";

export const image: Command = {
  use: "set image (-f FILENAME | TYPE NAME) CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N",
  long: "Update existing container image(s) of resources.",
  examples: "kubectl set image deployment/nginx busybox=busybox nginx=nginx:1.9.1\nkubectl set image daemonset abc *=nginx:1.9.1",
  flags: [...shared, recordFlag],
  async run(session) {
    const prepared = await prepare(session);
    const { names, pairs } = resourcesAndPairs(session.args, "image");
    const wrong = pairs.filter((pair) => !pair.includes("="));
    if (wrong.length > 0) throw new CliError(`invalid image format: ${wrong.join(", ")}`);
    const found = await foundBy(session, names);
    checkImages(session, prepared, pairs);
    await changeAll(session, {
      ...prepared,
      found,
      operation: "image updated",
      failure: "failed to patch image update to pod template:",
      change(each) {
        const spec = podSpecOf(each);
        const missing: string[] = [];
        for (const pair of pairs) {
          const at = pair.indexOf("=");
          const found = [...matching(spec.initContainers, pair.slice(0, at)), ...matching(spec.containers, pair.slice(0, at))];
          if (found.length === 0) missing.push(`unable to find container named ${JSON.stringify(pair.slice(0, at))}`);
          for (const container of found) container.image = pair.slice(at + 1);
        }
        return missing;
      },
    });
  },
};

/** All that is wrong is told. */
function checkImages(session: Session, { local, dryRun }: Prepared, pairs: string[]): void {
  const { flags } = session;
  const wildcard = pairs.some((pair) => pair.startsWith("*="));
  const errors = [
    flags.bool("all") && flags.text("selector") !== "" && "cannot set --all and --selector at the same time",
    pairs.length === 0 && "at least one image update is required",
    wildcard && pairs.length > 1 && "all containers are already specified by *, but saw more than one container_name=container_image pairs",
    local && dryRun === "server" && "cannot specify --local and --dry-run=server - did you mean --dry-run=client?",
  ];
  throwAll(errors.flatMap((message) => (message ? [new CliError(message)] : [])));
}

function canonical(amount: string): string {
  try {
    return formatQuantity(parseQuantity(amount));
  } catch {
    // Said below, in upstream's words.
  }
  throw new CliError("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'");
}

function amounts(spec: string): Record<string, string> | undefined {
  if (spec === "") return undefined;
  return Object.fromEntries(
    spec.split(",").map((pair) => {
      const parts = pair.split("=");
      if (parts.length !== 2) throw new CliError(`Invalid argument syntax ${pair}, expected <resource>=<value>`);
      return [parts[0]!, canonical(parts[1]!)];
    }),
  );
}

export const resources: Command = {
  use: "set resources (-f FILENAME | TYPE NAME)  ([--limits=LIMITS & --requests=REQUESTS]",
  long: "Specify compute resource requirements (CPU, memory) for any resource that defines a pod template.",
  flags: [
    ...shared,
    recordFlag,
    text("containers|c", "The names of containers in the selected pod templates to change; may use wildcards.", "*"),
    text("limits", "The resource requirement limits, for example 'cpu=100m,memory=256Mi'."),
    text("requests", "The resource requirement requests, for example 'cpu=100m,memory=256Mi'."),
  ],
  async run(session) {
    const { flags } = session;
    const prepared = await prepare(session);
    const found = await foundBy(session, session.args);
    refuseContradictions(session, prepared);
    const [limits, requests] = [amounts(flags.text("limits")), amounts(flags.text("requests"))];
    if (!limits && !requests) throw new CliError("you must specify an update to requests or limits (in the form of --requests/--limits)");
    await changeAll(session, {
      ...prepared,
      found,
      operation: "resource requirements updated",
      failure: "failed to patch resources update to pod template",
      change(each) {
        const spec = podSpecOf(each);
        const containers = [
          ...matching(spec.containers, flags.text("containers")),
          ...matching(spec.initContainers, flags.text("containers")),
        ];
        if (containers.length === 0) return [`unable to find container named ${flags.text("containers")}`];
        for (const container of containers) {
          const { resources: own = {} } = container;
          container.resources = {
            ...own,
            ...(limits ? { limits: { ...own.limits, ...limits } } : {}),
            ...(requests ? { requests: { ...own.requests, ...requests } } : {}),
          };
        }
      },
    });
  },
};

export const selector: Command = {
  use: "set selector (-f FILENAME | TYPE NAME) EXPRESSIONS [--resource-version=version]",
  long: "Set the selector on a resource. The new selector replaces the old one. Only services take it now.",
  flags: [
    ...without("selector", "kustomize").map(recursing),
    recordFlag,
    text("resource-version", "Only change this version of the object."),
  ],
  async run(session) {
    const [expression, names] = [session.args.at(-1), session.args.slice(0, -1)];
    session.dryRun();
    const requirements = expression === undefined ? [] : selectorRequirements(expression);
    const prepared = await prepare(session);
    if (expression === undefined) throw new CliError("one selector is required");
    const odd = requirements.find(({ operator }) => operator === "NotEquals" || operator === "Gt" || operator === "Lt");
    if (odd)
      throw new CliError(
        `${JSON.stringify({ NotEquals: "!=", Gt: "gt", Lt: "lt" }[odd.operator as string])} is not a valid label selector operator`,
      );
    const isPair = ({ operator }: Requirement) => operator === "Equals";
    const others = requirements
      .filter((each) => !isPair(each))
      .map(({ key, operator, values }) => `{${key} ${operator} [${values.join(" ")}]}`);
    const wanted = Object.fromEntries(requirements.filter(isPair).map(({ key, values }) => [key, values[0] ?? ""]));
    await changeAll(session, {
      ...prepared,
      found: await foundBy(session, names),
      operation: "selector updated",
      named: false,
      resourceVersion: session.flags.text("resource-version"),
      change({ object }) {
        if (object.kind !== "Service") throw new CliError(`setting a selector is only supported for Services`);
        if (others.length > 0) throw new CliError(`match expression [${others.join(" ")}] not supported on this object`);
        object.spec.selector = wanted;
      },
    });
  },
};

function selectorRequirements(expression: string): readonly Requirement[] {
  try {
    return parseLabelSelector(expression).requirements;
  } catch (error) {
    throw new CliError(`couldn't parse the selector string ${JSON.stringify(expression)}: ${(error as Error).message}`);
  }
}

export const serviceAccount: Command = {
  use: "set serviceaccount (-f FILENAME | TYPE NAME) SERVICE_ACCOUNT",
  long: "Update the service account of pod template resources.",
  flags: [...without("selector"), recordFlag],
  async run(session) {
    if (session.dryRun() === "server" && session.flags.bool("local"))
      throw new CliError("cannot specify --local and --dry-run=server - did you mean --dry-run=client?");
    const prepared = await prepare(session);
    const name = session.args.at(-1);
    if (name === undefined) throw new CliError("serviceaccount is required");
    await changeAll(session, {
      ...prepared,
      found: await foundBy(session, prepared.local ? [] : session.args.slice(0, -1)),
      operation: "serviceaccount updated",
      always: true,
      failure: "failed to patch ServiceAccountName",
      change(each) {
        const spec = podSpecOf(each);
        spec.serviceAccountName = name;
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
    const prepared = await prepare(session);
    const targets = await foundBy(session, session.args);
    refuseContradictions(session, prepared);
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
    const { print, dryRun, local } = prepared;
    for (const each of targets) {
      if (!/^(Cluster)?RoleBinding$/.test(each.object.kind))
        throw new CliError(`${each.resource.name}/${each.name} setting subjects is only supported for RoleBinding/ClusterRoleBinding`);
      const before: object[] = each.object.subjects ?? [];
      const fresh = added.filter((item) => !before.some((other) => isDeepStrictEqual(other, item)));
      if (fresh.length === 0) {
        print(each.object, "subjects updated");
        continue;
      }
      const after = { ...each.object, subjects: [...before, ...fresh] };
      print(
        local || dryRun === "client"
          ? after
          : await updateObject(session, each, after, { dryRun: dryRun === "server", fieldManager: flags.text("field-manager") }),
        "subjects updated",
      );
    }
  },
};
