/** `rollout history|undo|restart|pause|resume`: the revisions of workloads and moves between them. */

import { isDeepStrictEqual } from "node:util";
import type { Command } from "../../command.ts";
import type { Session } from "../../connect/session.ts";
import { CliError, throwAll } from "../../failure.ts";
import { buildTargets } from "../../input/builder.ts";
import { type Flag, int } from "../../input/flags.ts";
import { filenameFlags, hasFiles } from "../../input/manifest.ts";
import { dryRunFlag, fieldManagerFlag, selectorFlag } from "../../input/write-flags.ts";
import { type At, fetchTargets, listObjects, patchObject } from "../../objects.ts";
import { objectPrinter, outcomePrinter, printFlags } from "../../print/printers.ts";
import { alignRows } from "../../print/tab-writer.ts";
import { type KObject, selectorText } from "../../print/values.ts";
import { ownReplicaSets, revisionOf, withoutHash } from "../../replica-sets.ts";

type Found = At & { object: KObject };

async function workloads(session: Session, errors: unknown[]): Promise<Found[]> {
  const targets = await buildTargets(session, { allowTypeAlone: true, labelSelector: session.flags.text("selector") });
  return fetchTargets(session, targets, { errors });
}

/** Each object is printed as if it were the first, and what is wrong with the form is told when there is one to print. */
async function printOne(session: Session, object: KObject, operation: string): Promise<void> {
  (await outcomePrinter(session, { dryRun: session.dryRun() }))(object, operation);
}

function command(name: string, spec: { long: string; flags?: Flag[]; manager?: string; run(session: Session): Promise<void> }): Command {
  return {
    use: `rollout ${name} ${["pause", "resume", "restart"].includes(name) ? "RESOURCE" : "(TYPE NAME | TYPE/NAME) [flags]"}`,
    long: spec.long,
    flags: [
      ...filenameFlags("identifying the resource to get from a server."),
      ...printFlags,
      selectorFlag,
      ...(spec.manager ? [fieldManagerFlag(spec.manager)] : []),
      ...(spec.flags ?? []),
    ],
    async run(session) {
      if (session.flags.has("dry-run")) session.dryRun();
      await session.target();
      if (session.args.length === 0 && !hasFiles(session)) throw new CliError("required resource not specified");
      await spec.run(session);
    },
  };
}

/** `quiet`: nothing is said of nothing, as upstream does of histories. */
async function each(session: Session, change: (found: Found) => Promise<void>, { quiet = false } = {}): Promise<void> {
  const errors: unknown[] = [];
  const found = await workloads(session, errors);
  if (found.length === 0 && errors.length === 0 && !quiet) session.err(`No resources found in ${await session.namespace()} namespace.\n`);
  for (const item of found) {
    try {
      await change(item);
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll(errors);
}

function shownName(found: Found): string {
  return `${found.resource.name}${found.resource.group ? `.${found.resource.group}` : ""} ${JSON.stringify(found.name)}`;
}

export const pause = command("pause", {
  long: "Mark the provided resource as paused.\n\n Paused resources will not be reconciled by a controller. Only deployments can be paused now.",
  manager: "kubectl-rollout",
  async run(session) {
    await each(session, async (found) => {
      if (found.object.kind !== "Deployment") throw new CliError(`error: ${shownName(found)} pausing is not supported`);
      if (found.object.spec.paused) throw new CliError(`error: ${shownName(found)} is already paused`);
      const write = { fieldManager: session.flags.text("field-manager") };
      await printOne(session, await patchObject(session, found, "strategic", { spec: { paused: true } }, write), "paused");
    });
  },
});

export const resume = command("resume", {
  long: "Resume a paused resource.",
  manager: "kubectl-rollout",
  async run(session) {
    await each(session, async (found) => {
      if (found.object.kind !== "Deployment") throw new CliError(`error: ${shownName(found)} resuming is not supported`);
      if (!found.object.spec.paused) throw new CliError(`error: ${shownName(found)} is not paused`);
      const write = { fieldManager: session.flags.text("field-manager") };
      await printOne(session, await patchObject(session, found, "strategic", { spec: { paused: null } }, write), "resumed");
    });
  },
});

const restarted = "kubectl.kubernetes.io/restartedAt";

export const restart = command("restart", {
  long: "Restart a resource: its pods are replaced as in a rollout.",
  manager: "kubectl-rollout",
  async run(session) {
    await each(session, async (found) => {
      if (!["Deployment", "DaemonSet", "StatefulSet"].includes(found.object.kind))
        throw new CliError(`error: ${shownName(found)} restarting is not supported`);
      if (found.object.spec.paused)
        throw new CliError(`error: ${shownName(found)} can't restart paused deployment (run rollout resume first)`);
      const { restartStamp } = await import("../../stamps.ts");
      const patch = { spec: { template: { metadata: { annotations: { [restarted]: restartStamp(session.now()) } } } } };
      const write = { fieldManager: session.flags.text("field-manager") };
      await printOne(session, await patchObject(session, found, "strategic", patch, write), "restarted");
    });
  },
});

interface Revision {
  number: number;
  name: string;
  cause: string;
  template: KObject["spec"];
  object: KObject;
}

/** Workloads of which no revisions are kept. */
const withoutRevisions = ["CronJob", "Job", "Pod", "ReplicaSet", "ReplicationController"];

async function revisions(session: Session, found: Found, what: "history" | "rollbacker" = "history"): Promise<Revision[]> {
  const { object } = found;
  if (!["Deployment", "DaemonSet", "StatefulSet"].includes(object.kind)) {
    const { group } = found.resource;
    const kind = JSON.stringify(group ? `${object.kind}.${group}` : object.kind);
    throw new CliError(
      withoutRevisions.includes(object.kind)
        ? `no ${what === "history" ? "history viewer" : what} has been implemented for ${kind}`
        : `error retrieving ${what} for ${kind}, no visitor method exists for {${group} ${object.kind}}`,
    );
  }
  const labelSelector = selectorText(object.spec.selector);
  const cause = (annotated: KObject) => annotated.metadata.annotations?.["kubernetes.io/change-cause"] ?? "";
  if (object.kind === "Deployment") {
    const { items } = await listObjects(session, {
      resource: await session.resource("replicasets.apps"),
      namespace: found.namespace,
      labelSelector,
    });
    return ownReplicaSets(object, items)
      .filter((set) => revisionOf(set) > 0)
      .map((set) => ({ number: revisionOf(set), name: set.metadata.name, cause: cause(set), template: set.spec.template, object: set }))
      .sort((a, b) => a.number - b.number);
  }
  const { items } = await listObjects(session, {
    resource: await session.resource("controllerrevisions.apps"),
    namespace: found.namespace,
    labelSelector,
  });
  return items
    .filter((item) => item.metadata.ownerReferences?.some((owner) => owner.uid === object.metadata.uid))
    .map((item) => ({
      number: Number(item.revision),
      name: item.metadata.name,
      cause: cause(item),
      template: item.data?.spec?.template,
      object: item,
    }))
    .sort((a, b) => a.number - b.number);
}

export const history = command("history", {
  long: "View previous rollout revisions and configurations.",
  flags: [int("revision", "See the details, including podTemplate of the revision specified")],
  async run(session) {
    const { flags } = session;
    const wanted = flags.int("revision");
    if (wanted < 0) throw new CliError(`revision must be a positive integer: ${wanted}`);
    let printer: Awaited<ReturnType<typeof objectPrinter>>;
    await each(
      session,
      async (found) => {
        printer ??= await objectPrinter(session);
        const all = await revisions(session, found);
        const head = `${found.resource.kind.toLowerCase()}.${found.resource.group}/${found.name}`;
        // A template without a format prints the workload: to upstream it is a way to say what was found.
        const whole = printer && flags.text("output") === "" ? printer : undefined;
        if (printer && !whole) {
          const shown = all.filter((revision) => wanted === 0 || revision.number === wanted);
          if (shown.length === 0) throw new CliError(`unable to find the specified revision`);
          for (const revision of shown) session.out(printer(revision.object));
          return;
        }
        if (wanted > 0) {
          const revision = all.find((item) => item.number === wanted);
          if (!revision) throw new CliError("unable to find the specified revision");
          if (whole) return session.out(whole(found.object));
          const { Outline } = await import("../../describe/outline.ts");
          const { podTemplate } = await import("../../describe/pod-parts.ts");
          const out = new Outline(session.now(), { aligned: false });
          const annotations = {
            ...revision.template.metadata?.annotations,
            ...(revision.cause ? { "kubernetes.io/change-cause": revision.cause } : {}),
          };
          podTemplate(out, { ...revision.template, metadata: { ...revision.template.metadata, annotations } });
          session.out(`${head} with revision #${wanted}\n${out.end()}\n`);
          return;
        }
        if (whole) return session.out(whole(found.object));
        const rows = all.map((revision) => [String(revision.number), revision.cause || "<none>"]);
        session.out(
          `${head} \n${all.length === 0 ? "No rollout history found.\n" : alignRows([["REVISION", "CHANGE-CAUSE"], ...rows], { minWidth: 0, padding: 2 })}\n`,
        );
      },
      { quiet: true },
    );
  },
});

export const undo = command("undo", {
  long: "Roll back to a previous rollout.",
  flags: [dryRunFlag, int("to-revision", "The revision to rollback to. Default to 0 (last revision).")],
  async run(session) {
    const { flags } = session;
    const to = flags.int("to-revision");
    const dryRun = session.dryRun();
    const print = (object: KObject, operation: string) => printOne(session, object, operation);
    await each(
      session,
      async (found) => {
        if (found.object.metadata.annotations?.["kubectl.kubernetes.io/last-applied-configuration"] !== undefined) {
          session.warn(
            `resource ${found.resource.name}/${found.name} was previously managed with 'kubectl apply'. Rolling back will not update the kubectl.kubernetes.io/last-applied-configuration annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.`,
          );
        }
        const all = await revisions(session, found, "rollbacker");
        if (to < 0) throw new CliError(`revision must be a positive integer: ${to}`);
        const target = to > 0 ? all.find((revision) => revision.number === to) : all.at(-2);
        if (!target)
          throw new CliError(
            to > 0
              ? `unable to find specified revision ${to} in history`
              : found.object.kind === "Deployment"
                ? `no rollout history found for deployment ${JSON.stringify(found.name)}`
                : "no last revision to roll back to",
          );
        const { object } = found;
        if (object.kind === "Deployment" && object.spec.paused)
          throw new CliError(`you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again`);
        if (dryRun === "client") {
          const { Outline } = await import("../../describe/outline.ts");
          const { podTemplate } = await import("../../describe/pod-parts.ts");
          const out = new Outline(session.now(), { aligned: false });
          podTemplate(out, target.template);
          await print(object, out.end());
          return;
        }
        if (isDeepStrictEqual(withoutHash(target.template), withoutHash(object.spec.template))) {
          await print(object, `skipped rollback (current template already matches revision ${target.number})`);
          return;
        }
        if (object.kind === "Deployment") {
          const patch = [
            { op: "replace", path: "/spec/template", value: withoutHash(target.template) },
            { op: "replace", path: "/metadata/annotations", value: rollbackAnnotations(object, target.object) },
          ];
          await patchObject(session, found, "json", patch, { dryRun: dryRun === "server" });
        } else await patchObject(session, found, "strategic", target.object.data, { dryRun: dryRun === "server" });
        await print(object, "rolled back");
      },
      { quiet: true },
    );
  },
});

/** The old revision's annotations, but those that describe the deployment itself stay its own. */
function rollbackAnnotations(deployment: KObject, set: KObject): Record<string, string> {
  const own = new Set([
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
  ]);
  const pick = (from: Record<string, string> | undefined, keep: boolean) =>
    Object.fromEntries(Object.entries(from ?? {}).filter(([key]) => own.has(key) === keep));
  return { ...pick(deployment.metadata.annotations, true), ...pick(set.metadata.annotations, false) };
}
