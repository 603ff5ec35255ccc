/** Commands of a few lines. */

import type { Command } from "../command.ts";
import type { Session } from "../connect/session.ts";
import { CliError, isConflict, throwAll, usageError } from "../failure.ts";
import { buildTargets, namedTargets } from "../input/builder.ts";
import { bool, int, text } from "../input/flags.ts";
import { filenameFlags, hasFiles } from "../input/manifest.ts";
import { recorded, recordFlag } from "../input/record.ts";
import { dryRunFlag, fieldManagerFlag, saveConfigFlag, withGeneratedLastApplied } from "../input/write-flags.ts";
import { type At, createObject, fetchTargets, getObject, updateObject } from "../objects.ts";
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

export const autoscale: Command = {
  use: "autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [--cpu=CPU] [--memory=MEMORY]",
  long: "Creates an autoscaler that automatically chooses and sets the number of pods that run.",
  required: ["max"],
  flags: [
    text("cpu", "Target CPU utilization: a percentage (80%) or an average value (500m)."),
    {
      ...int("cpu-percent", "The target average CPU utilization (percent of requested CPU) over all the pods.", -1),
      hidden: true,
      deprecated: "Use --cpu with percentage or resource quantity format (e.g., '70%' for utilization or '500m' for milliCPU).",
    },
    text("memory", "Target memory utilization: a percentage (60%) or an average value (200Mi)."),
    dryRunFlag,
    fieldManagerFlag("kubectl-autoscale"),
    ...filenameFlags("identifying the resource to autoscale."),
    int("max", "The upper limit for the number of pods that can be set by the autoscaler. Required.", -1),
    int("min", "The lower limit for the number of pods that can be set by the autoscaler.", -1),
    text("name", "The name for the newly created object. If not specified, the name of the input resource will be used."),
    recordFlag,
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
    const all = await fetchTargets(session, await buildTargets(session), { files: true });
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
      object = recorded(session, object);
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

interface Decision {
  type: "Approved" | "Denied";
  not: "Approved" | "Denied";
  verb: "approve" | "deny";
}
const approval: Decision = { type: "Approved", not: "Denied", verb: "approve" };
const denial: Decision = { type: "Denied", not: "Approved", verb: "deny" };
const maxConflicts = 10;

async function decide(session: Session, decision: Decision): Promise<void> {
  const print = await outcomePrinter(session, { dryRun: "none" });
  await session.clientTarget();
  if (session.args.length === 0 && !hasFiles(session)) throw new CliError("one or more CSRs must be specified as <name> or -f <filename>");
  const errors: unknown[] = [];
  const targets = await namedTargets(session, { type: "certificatesigningrequests", names: session.args, namespace: "" });
  for (const each of await fetchTargets(session, targets, { errors })) {
    try {
      print(await decideOne(session, each, decision), decision.type.toLowerCase());
    } catch (error) {
      errors.push(error);
    }
  }
  throwAll(errors);
}

async function decideOne(session: Session, each: At & { object: KObject }, decision: Decision): Promise<KObject> {
  const { group, kind, version } = each.resource;
  const wanted = "CertificateSigningRequest.certificates.k8s.io";
  const got = group === "" ? kind : `${kind}.${group}`;
  if (got !== wanted) throw new CliError(`can only handle ${wanted} objects, got ${got}`);
  for (let attempt = 0; ; attempt++) {
    const request = attempt === 0 && version === "v1" ? each.object : await getObject(session, each);
    const conditions: { type: string }[] = request.status?.conditions ?? [];
    if (conditions.some(({ type }) => type === decision.not))
      throw new CliError(`certificate signing request ${JSON.stringify(each.name)} is already ${decision.not}`);
    const decided = conditions.some(({ type }) => type === decision.type);
    if (decided && !session.flags.bool("force")) return request;
    const { restartStamp } = await import("../stamps.ts");
    const made = {
      type: decision.type,
      status: "True",
      reason: `Kubectl${decision.type === "Approved" ? "Approve" : "Deny"}`,
      message: `This CSR was ${decision.type.toLowerCase()} by kubectl certificate ${decision.verb}.`,
      lastUpdateTime: restartStamp(session.now()),
    };
    const status = { ...request.status, conditions: decided ? conditions : [...conditions, made] };
    try {
      return await updateObject(session, each, { ...request, status }, { subresource: "approval" });
    } catch (error) {
      if (!isConflict(error) || attempt >= maxConflicts) throw error;
    }
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
  run: (session) => decide(session, approval),
};
export const certificateDeny: Command = {
  use: "certificate deny (-f FILENAME | NAME)",
  long: "Deny a certificate signing request.",
  flags: certificateFlags,
  run: (session) => decide(session, denial),
};
