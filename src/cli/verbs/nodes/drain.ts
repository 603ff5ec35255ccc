/** `cordon`, `uncordon` and `drain`: takes nodes out of service and puts them back. */

import { parseLabelSelector } from "#codec/selectors.ts";
import type { Command } from "../../command.ts";
import { pathOf } from "../../connect/discovery.ts";
import type { DryRun, Session } from "../../connect/session.ts";
import { CliError, Exit, isNotFound, StatusError, usageError } from "../../failure.ts";
import { buildTargets, namedTargets } from "../../input/builder.ts";
import { bool, duration, int, text } from "../../input/flags.ts";
import { dryRunFlag, selectorFlag } from "../../input/write-flags.ts";
import { type At, fetchTargets, getObject, listObjects, patchObject } from "../../objects.ts";
import { outcomePrinter } from "../../print/printers.ts";
import type { KObject } from "../../print/values.ts";
import { deleteObject, waitUntilGone } from "../delete.ts";

const shared = [dryRunFlag, selectorFlag];

export const cordon: Command = {
  use: "cordon NODE",
  long: "Mark node as unschedulable.",
  flags: shared,
  run: (session) => mark(session, true),
};
export const uncordon: Command = {
  use: "uncordon NODE",
  long: "Mark node as schedulable.",
  flags: shared,
  run: (session) => mark(session, false),
};

export const drain: Command = {
  use: "drain NODE",
  long: "Drain node in preparation for maintenance.\n\n The node is cordoned, then its pods are evicted, or deleted where eviction is disabled. Pods of daemon sets stay (--ignore-daemonsets); pods that nothing would recreate need --force; pods with emptyDir volumes need --delete-emptydir-data.",
  examples: "kubectl drain foo --force\nkubectl drain foo --grace-period=900",
  flags: [
    ...shared,
    int("chunk-size", "Fetch long lists in chunks of this size.", 500),
    bool(
      "delete-emptydir-data",
      "Continue even if there are pods using emptyDir (local data that will be deleted when the node is drained).",
    ),
    bool(
      "disable-eviction",
      "Force drain to use delete, even if eviction is supported. This will bypass checking PodDisruptionBudgets, use with caution.",
    ),
    bool("force", "Continue even if there are pods that do not declare a controller."),
    int("grace-period", "Seconds that each pod gets to end gracefully. If negative, the pod's own value is used.", -1),
    bool("ignore-daemonsets", "Ignore DaemonSet-managed pods."),
    text("pod-selector", "Label selector to filter pods on the node"),
    int("skip-wait-for-delete-timeout", "If pod DeletionTimestamp older than N seconds, skip waiting for the pod."),
    duration("timeout", "The length of time to wait before giving up, zero means infinite"),
  ],
  run: runDrain,
};

interface Chosen {
  dryRun: DryRun;
  nodes: (At & { object: KObject })[];
}

async function chosenNodes(session: Session): Promise<Chosen> {
  const { flags, args } = session;
  if (args.length === 0 && !flags.given("selector"))
    throw usageError(`USAGE: ${session.command.replace("kubectl ", "")} NODE [flags]`, session.command);
  const labelSelector = flags.text("selector");
  if (args.length > 0 && labelSelector) throw usageError("error: cannot specify both a node name and a --selector option", session.command);
  const dryRun = session.dryRun();
  const { namespace } = await session.clientTarget();
  if (flags.has("pod-selector") && flags.text("pod-selector")) checkSelector(flags.text("pod-selector"));
  if (args.length === 0)
    return {
      dryRun,
      nodes: await fetchTargets(session, await buildTargets(session, { args: labelSelector ? ["nodes"] : [], labelSelector })),
    };
  const targets = await namedTargets(session, { type: "nodes", names: args, namespace, singleType: true });
  const nodes = await fetchTargets(session, targets);
  const other = nodes.find(({ resource }) => resource.group !== "" || resource.name !== "nodes");
  if (other) {
    const { group, version, name } = other.resource;
    throw new CliError(`error: expected resource of type node, got ${JSON.stringify(`${group}/${version}, Resource=${name}`)}`);
  }
  return { dryRun, nodes };
}

function checkSelector(selector: string): void {
  try {
    parseLabelSelector(selector);
  } catch {
    throw new CliError("--pod-selector=<pod_selector> must be a valid label selector");
  }
}

async function mark(session: Session, unschedulable: boolean): Promise<void> {
  const { nodes } = await chosenNodes(session);
  const print = await outcomePrinter(session);
  for (const node of nodes) await markOne(session, node, { unschedulable, print });
}

async function markOne(
  session: Session,
  node: At & { object: KObject },
  how: { unschedulable: boolean; print(object: KObject, operation: string): void },
): Promise<void> {
  const word = how.unschedulable ? "cordoned" : "uncordoned";
  if (Boolean(node.object.spec?.unschedulable) === how.unschedulable) return how.print(node.object, `already ${word}`);
  const dryRun = session.dryRun();
  if (dryRun !== "client")
    await patchObject(
      session,
      node,
      "strategic",
      { spec: { unschedulable: how.unschedulable ? true : null } },
      { dryRun: dryRun === "server" },
    );
  how.print(node.object, word);
}

async function runDrain(session: Session): Promise<void> {
  const { dryRun, nodes } = await chosenNodes(session);
  const print = await outcomePrinter(session);
  for (const node of nodes) await markOne(session, node, { unschedulable: true, print });
  const failures: string[] = [];
  for (const node of nodes) {
    try {
      await empty(session, node.object, dryRun);
      print(node.object, "drained");
    } catch (error) {
      if (nodes.length === 1 && error instanceof CliError && error.raw) throw error;
      session.err(
        `error: unable to drain node ${JSON.stringify(node.name)} due to error: ${(error as Error).message}, continuing command...\n`,
      );
      failures.push(node.name);
    }
  }
  if (failures.length === 0) return;
  session.err("There are pending nodes to be drained:\n");
  for (const name of failures) session.err(` ${name}\n`);
  throw new Exit(1);
}

interface Verdict {
  pod: KObject;
  evict: boolean;
  fatal?: string;
  warning?: string;
}

const daemonSetFatal = "DaemonSet-managed Pods (use --ignore-daemonsets to ignore)";
const localFatal = "Pods with local storage (use --delete-emptydir-data to override)";
const unmanagedFatal = "Pods that declare no controller (use --force to override)";

/** What draining does with one pod. Pure, so that the table of cases is testable. */
export function judge(
  pod: KObject,
  how: { ignoreDaemonSets: boolean; force: boolean; deleteEmptyDir: boolean; daemonSetExists: boolean },
): Verdict {
  const owner = pod.metadata.ownerReferences?.find((reference) => reference.controller);
  const ended = pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
  if (pod.metadata.annotations?.["kubernetes.io/config.mirror"] !== undefined) return { pod, evict: false };
  if (owner?.kind === "DaemonSet" && !ended) {
    if (!how.daemonSetExists)
      return how.force
        ? { pod, evict: true, warning: "deleting Pods that declare no controller" }
        : { pod, evict: false, fatal: unmanagedFatal };
    return how.ignoreDaemonSets
      ? { pod, evict: false, warning: "ignoring DaemonSet-managed Pods" }
      : { pod, evict: false, fatal: daemonSetFatal };
  }
  if (pod.spec.volumes?.some((volume: { emptyDir?: object }) => volume.emptyDir) && !ended) {
    if (!how.deleteEmptyDir) return { pod, evict: false, fatal: localFatal };
    if (owner || how.force) return { pod, evict: true, warning: "deleting Pods with local storage" };
  }
  if (ended || owner) return { pod, evict: true };
  return how.force
    ? { pod, evict: true, warning: "deleting Pods that declare no controller" }
    : { pod, evict: false, fatal: unmanagedFatal };
}

async function empty(session: Session, node: KObject, dryRun: string): Promise<void> {
  const { flags, io } = session;
  const resource = await session.resource("pods");
  const { items } = await listObjects(session, {
    resource,
    namespace: "",
    fieldSelector: `spec.nodeName=${node.metadata.name}`,
    labelSelector: flags.text("pod-selector") || undefined,
  });
  const verdicts: Verdict[] = [];
  for (const pod of items) {
    const owner = pod.metadata.ownerReferences?.find((reference) => reference.kind === "DaemonSet" && reference.controller);
    const daemonSetExists =
      owner === undefined ||
      (await exists(session, {
        resource: await session.resource("daemonsets.apps"),
        namespace: pod.metadata.namespace as string,
        name: owner.name,
      }));
    verdicts.push(
      judge(pod, {
        ignoreDaemonSets: flags.bool("ignore-daemonsets"),
        force: flags.bool("force"),
        deleteEmptyDir: flags.bool("delete-emptydir-data"),
        daemonSetExists,
      }),
    );
  }
  const grouped = (field: "fatal" | "warning") => {
    const groups = new Map<string, string[]>();
    for (const verdict of verdicts) {
      const reason = verdict[field];
      if (reason) groups.set(reason, [...(groups.get(reason) ?? []), `${verdict.pod.metadata.namespace}/${verdict.pod.metadata.name}`]);
    }
    return [...groups];
  };
  const fatal = grouped("fatal");
  if (fatal.length > 0) {
    const texts = fatal.map(([reason, names]) => `cannot delete ${reason}: ${names.join(", ")}`);
    throw new CliError(texts.length === 1 ? texts[0] : `[${texts.join(", ")}]`);
  }
  const warnings = grouped("warning");
  if (warnings.length > 0) session.err(`Warning: ${warnings.map(([reason, names]) => `${reason}: ${names.join(", ")}`).join("; ")}\n`);
  const doomed = verdicts.filter((verdict) => verdict.evict).map((verdict) => verdict.pod);
  const deadline = io.clock.monotonic() + (flags.duration("timeout") || 7 * 24 * 3600 * 1000);
  await Promise.all(doomed.map((pod) => evict(session, pod, { dryRun, deadline })));
}

async function exists(session: Session, at: At): Promise<boolean> {
  try {
    await getObject(session, at);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

const retryMs = 5000;

async function evict(session: Session, pod: KObject, how: { dryRun: string; deadline: number }): Promise<void> {
  const { flags, io } = session;
  const resource = await session.resource("pods");
  const at = { resource, namespace: pod.metadata.namespace as string, name: pod.metadata.name };
  const suffix = how.dryRun === "client" ? " (dry run)" : how.dryRun === "server" ? " (server dry run)" : "";
  const byDelete = flags.bool("disable-eviction");
  const verb = byDelete ? "deleting" : "evicting";
  session.line(`${verb} pod ${at.namespace}/${at.name}${suffix}`);
  if (how.dryRun === "client") return;
  const grace = flags.int("grace-period");
  const deleteOptions = grace >= 0 ? { gracePeriodSeconds: grace } : {};
  const rest = await session.rest();
  for (;;) {
    try {
      if (byDelete) await deleteObject(session, at, { ...deleteOptions, dryRun: how.dryRun === "server" });
      else {
        await rest.json({
          method: "POST",
          path: pathOf(resource, { ...at, subresource: "eviction" }),
          body: {
            apiVersion: "policy/v1",
            kind: "Eviction",
            metadata: { name: at.name, namespace: at.namespace },
            deleteOptions: { ...deleteOptions, ...(how.dryRun === "server" ? { dryRun: ["All"] } : {}) },
          },
        });
      }
      break;
    } catch (error) {
      if (isNotFound(error)) return;
      if (!(error instanceof StatusError) || error.code !== 429)
        throw new CliError(
          `error when evicting pods/${JSON.stringify(at.name)} -n ${JSON.stringify(at.namespace)}: ${(error as Error).message}`,
        );
      session.err(
        `error when evicting pods/${JSON.stringify(at.name)} -n ${JSON.stringify(at.namespace)} (will retry after 5s): ${error.message}\n`,
      );
      if (io.clock.monotonic() + retryMs > how.deadline)
        throw new CliError(
          `error when waiting for pod ${JSON.stringify(at.name)} in namespace ${JSON.stringify(at.namespace)} to terminate: global timeout reached: ${flags.text("timeout")}`,
        );
      await io.clock.sleep(retryMs, io.signal);
      if (io.signal?.aborted) throw new CliError("interrupted");
    }
  }
  if (how.dryRun === "server") return;
  await waitUntilGone(session, [{ ...at, uid: pod.metadata.uid }], Math.max(1, how.deadline - io.clock.monotonic()));
}
