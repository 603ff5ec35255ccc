/** Commands of a few lines. */

import { reasonOf } from "#client/kubeconfig/config.ts";
import type { Command } from "../command.ts";
import type { Session } from "../connect/session.ts";
import { CliError, usageError } from "../failure.ts";
import { buildTargets, isNamed } from "../input/builder.ts";
import { bool, int, text } from "../input/flags.ts";
import { filenameFlags } from "../input/manifest.ts";
import { dryRunFlag, fieldManagerFlag, saveConfigFlag, withGeneratedLastApplied } from "../input/write-flags.ts";
import { createObject, fetchTargets, getObject, updateObject } from "../objects.ts";
import { outcomePrinter, printFlags } from "../print/printers.ts";
import type { KObject } from "../print/values.ts";

export const apiVersions: Command = {
  use: "api-versions",
  long: 'Print the supported API versions on the server, in the form of "group/version".',
  flags: [],
  async run(session) {
    if (session.args.length > 0) throw usageError(`unexpected arguments: [${session.args.join(" ")}]`, session.command);
    const { found } = await session.freshMapper();
    const names = found.groups.flatMap((group) => group.versions.map((version) => (group.name ? `${group.name}/${version}` : version)));
    for (const name of names.sort()) session.line(name);
  },
};

export const options: Command = {
  use: "options",
  long: "Print the list of flags inherited by all commands.",
  flags: [],
  async run(session) {
    const { flagList } = await import("../input/flag-list.ts");
    const { globalFlags } = await import("../input/global-flags.ts");
    session.out(`The following options can be passed to any command:\n\n${flagList(globalFlags.filter((flag) => flag.name !== "v"))}\n\n`);
  },
};

export const pluginList: Command = {
  use: "plugin list [flags]",
  long: "List all available plugin files on a user's PATH: executable files whose name begins with kubectl-.",
  flags: [bool("name-only", "If true, display only the binary name of each plugin, rather than its full path")],
  async run(session) {
    const { accessSync, constants, readdirSync } = await import("node:fs");
    const { join } = await import("node:path");
    const found: string[] = [];
    for (const folder of new Set((session.io.env.PATH ?? "").split(":").filter((part) => part.trim() !== ""))) {
      let names: string[] = [];
      try {
        names = readdirSync(folder);
      } catch (error) {
        session.err(`Unable to read directory ${JSON.stringify(folder)} from your PATH: open ${folder}: ${reasonOf(error)}. Skipping...\n`);
        continue;
      }
      for (const name of names.sort()) {
        if (!name.startsWith("kubectl-")) continue;
        found.push(session.flags.bool("name-only") ? name : join(folder, name));
        try {
          accessSync(join(folder, name), constants.X_OK);
        } catch {
          session.err(`warning: ${join(folder, name)} identified as a kubectl plugin, but it is not executable\n`);
        }
      }
    }
    if (found.length === 0) throw new CliError("unable to find any kubectl plugins in your PATH");
    session.line("The following compatible plugins are available:\n");
    for (const name of found) session.line(name);
  },
};

export const autoscale: Command = {
  use: "autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]",
  long: "Creates an autoscaler that automatically chooses and sets the number of pods that run.",
  required: ["max"],
  flags: [
    text("cpu", "Target CPU utilization: a percentage (80%) or an average value (500m)."),
    { ...int("cpu-percent", "The target average CPU utilization (percent of requested CPU) over all the pods.", -1), hidden: true },
    text("memory", "Target memory utilization: a percentage (60%) or an average value (200Mi)."),
    dryRunFlag,
    fieldManagerFlag("kubectl-autoscale"),
    ...filenameFlags("identifying the resource to autoscale."),
    int("max", "The upper limit for the number of pods that can be set by the autoscaler. Required.", -1),
    int("min", "The lower limit for the number of pods that can be set by the autoscaler.", -1),
    text("name", "The name for the newly created object. If not specified, the name of the input resource will be used."),
    saveConfigFlag,
    ...printFlags,
  ],
  async run(session) {
    const { flags } = session;
    const [min, max] = [flags.int("min"), flags.int("max")];
    if (max < 1) throw new CliError(`--max=MAXPODS is required and must be at least 1, max: ${max}`);
    if (max < min) throw new CliError(`--max=MAXPODS must be larger or equal to --min=MINPODS, max: ${max}, min: ${min}`);
    const dryRun = session.dryRun();
    const print = await outcomePrinter(session, { typed: true });
    await session.clientTarget();
    const all = await fetchTargets(session, await buildTargets(session));
    if (all.length === 0) throw new CliError("no objects passed to autoscale");
    const mapper = await session.mapper();
    for (const found of all) {
      const { group, version, name, kind } = found.resource;
      if (
        !mapper.found.resources.some(
          (each) =>
            each.group === group && each.version === version && each.name === name && each.subresources.some((sub) => sub.name === "scale"),
        )
      )
        throw new CliError(
          `cannot autoscale a ${kind}: could not find scale subresource for ${group}/${version}, Resource=${name} in discovery information`,
        );
      const metrics = [
        metric("cpu", flags.text("cpu") || (flags.int("cpu-percent") >= 0 ? `${flags.int("cpu-percent")}%` : "")),
        metric("memory", flags.text("memory")),
      ].filter((each) => each !== undefined);
      let object: KObject = {
        apiVersion: "autoscaling/v2",
        kind: "HorizontalPodAutoscaler",
        metadata: { name: flags.text("name") || found.name, namespace: found.namespace },
        spec: {
          scaleTargetRef: { apiVersion: found.object.apiVersion, kind: found.object.kind, name: found.name },
          ...(min > 0 ? { minReplicas: min } : {}),
          maxReplicas: max,
          ...(metrics.length > 0 ? { metrics } : {}),
        },
        status: { currentMetrics: null, desiredReplicas: 0 },
      };
      if (flags.bool("save-config") && dryRun !== "client") object = await withGeneratedLastApplied(object);
      const resource = await session.resource("horizontalpodautoscalers.v2.autoscaling");
      print(
        dryRun === "client"
          ? object
          : await createObject(session, resource, object, {
              namespace: found.namespace,
              dryRun: dryRun === "server",
              fieldManager: flags.text("field-manager"),
            }),
        dryRun === "client" ? "created" : "autoscaled",
      );
    }
  },
};

function metric(name: string, target: string): object | undefined {
  if (target === "") return undefined;
  const value = target.endsWith("%")
    ? { type: "Utilization", averageUtilization: Number(target.slice(0, -1)) }
    : { type: "AverageValue", averageValue: target };
  return { type: "Resource", resource: { name, target: value } };
}

async function decide(session: Session, type: "Approved" | "Denied"): Promise<void> {
  const print = await outcomePrinter(session, { dryRun: "none" });
  const resource = await session.resource("certificatesigningrequests");
  if (session.args.some((word) => word.includes("/") && !/^(csr|certificatesigningrequests?(\.[^/]*)?)\/./.test(word)))
    throw new CliError(
      session.args.some((word) => word.split("/").length > 2)
        ? "arguments in resource/name form may not have more than one slash"
        : "namespace may not be empty when retrieving a resource by name",
    );
  const targets =
    session.args.length > 0 && !session.args[0].includes("/")
      ? session.args.map((name) => ({ resource, namespace: "", name }))
      : (await buildTargets(session)).filter(isNamed);
  const other = type === "Approved" ? "Denied" : "Approved";
  for (const target of targets) {
    const request = await getObject(session, target);
    const conditions: { type: string }[] = request.status?.conditions ?? [];
    if (conditions.some((condition) => condition.type === other))
      throw new CliError(`certificate signing request ${JSON.stringify(target.name)} is already ${other}`);
    if (!conditions.some((condition) => condition.type === type)) {
      const { restartStamp } = await import("../stamps.ts");
      conditions.push({
        type,
        status: "True",
        reason: `Kubectl${type === "Approved" ? "Approve" : "Deny"}`,
        message: `This CSR was ${type.toLowerCase()} by kubectl certificate ${type === "Approved" ? "approve" : "deny"}.`,
        lastUpdateTime: restartStamp(session.now()),
      } as { type: string });
      await updateObject(session, target, { ...request, status: { ...request.status, conditions } }, { subresource: "approval" });
    }
    print(request, type === "Approved" ? "approved" : "denied");
  }
}

const certificateFlags = [
  ...filenameFlags("identifying the resource to update"),
  bool("force", "Update the CSR even if it is already approved."),
  ...printFlags,
];

export const certificateApprove: Command = {
  use: "certificate approve (-f FILENAME | NAME)",
  long: "Approve a certificate signing request.",
  flags: certificateFlags,
  run: (session) => decide(session, "Approved"),
};
export const certificateDeny: Command = {
  use: "certificate deny (-f FILENAME | NAME)",
  long: "Deny a certificate signing request.",
  flags: certificateFlags,
  run: (session) => decide(session, "Denied"),
};
