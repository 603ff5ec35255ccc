/** `describe`: everything about objects, with what stands around them, for people to read. */

import type { Command } from "../command.ts";
import type { ResourceInfo } from "../connect/discovery.ts";
import type { Session } from "../connect/session.ts";
import type { Describer } from "../describe/page.ts";
import { surroundings } from "../describe/surroundings.ts";
import { isNotFound, throwAll } from "../failure.ts";
import { buildTargets, isNamed } from "../input/builder.ts";
import { bool, int } from "../input/flags.ts";
import { filenameFlags, hasFiles } from "../input/manifest.ts";
import { selectorFlag } from "../input/write-flags.ts";
import { type At, fetchTargets, listObjects } from "../objects.ts";
import type { KObject } from "../print/values.ts";

export const command: Command = {
  use: "describe (-f FILENAME | TYPE [NAME_PREFIX | -l label] | TYPE/NAME)",
  long: 'Show details of one or many objects.\n\n What belongs to an object, such as events or controllers, is shown with it. A name that does not exist is taken as a prefix of names.\n\nUse "kubectl api-resources" for a complete list of supported resources.',
  examples: "# A node\nkubectl describe nodes kubernetes-node-emt8\n\n# Pods by label\nkubectl describe pods -l name=myLabel",
  flags: [
    bool("all-namespaces|A", "If present, describe the objects of all namespaces."),
    int("chunk-size", "Fetch long lists in chunks of this size.", 500),
    ...filenameFlags("containing the resource to describe"),
    selectorFlag,
    bool("show-events", "If true, display events related to the described object.", true),
  ],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags } = session;
  if (session.args.length === 0 && !hasFiles(session)) {
    const { CliError } = await import("../failure.ts");
    throw new CliError(
      `You must specify the type of resource to describe. Use "kubectl api-resources" for a complete list of supported resources.\n`,
    );
  }
  const targets = await buildTargets(session, {
    allowTypeAlone: true,
    allNamespaces: flags.bool("all-namespaces"),
    labelSelector: flags.text("selector"),
  });
  const errors: unknown[] = [];
  const found: (At & { object: KObject })[] = [];
  for (const target of targets) {
    try {
      found.push(...(await fetchTargets(session, [target], { chunk: flags.int("chunk-size") })));
    } catch (error) {
      const alone = isNamed(target) && isNotFound(error) && session.args.length === 2 && targets.length === 1;
      const near = alone
        ? (await listObjects(session, { ...target, name: undefined } as never)).items.filter((item) =>
            item.metadata.name.startsWith(target.name),
          )
        : [];
      if (near.length === 0) errors.push(error);
      for (const object of near)
        found.push({ resource: target.resource, namespace: object.metadata.namespace ?? "", name: object.metadata.name, object });
    }
  }
  const showEvents = flags.given("show-events") ? flags.bool("show-events") : found.length <= 1 && errors.length === 0;
  const pages: string[] = [];
  for (const each of found) {
    const describer = await describerOf(each.resource);
    try {
      pages.push(await describer(each.object, await surroundings(session, each, showEvents)));
    } catch (error) {
      errors.push(error);
    }
  }
  session.out(pages.join("\n\n"));
  if (found.length === 0 && errors.length === 0)
    session.err(flags.bool("all-namespaces") ? "No resources found\n" : `No resources found in ${await session.namespace()} namespace.\n`);
  throwAll(errors);
}

const policy = async () => (await import("../describe/policy.ts")).policyDescribers;
const storage = async () => (await import("../describe/storage.ts")).storageDescribers;

/** By group, or by `Kind.group`: the pages that lie apart, each file loaded only when an object asks for it. */
const apart: Record<string, () => Promise<Record<string, Describer>>> = {
  autoscaling: async () => (await import("../describe/autoscaling.ts")).autoscalingDescribers,
  batch: async () => (await import("../describe/jobs.ts")).jobDescribers,
  "certificates.k8s.io": async () => (await import("../describe/certificates.ts")).certificateDescribers,
  "networking.k8s.io": async () => (await import("../describe/networking.ts")).networkingDescribers,
  policy,
  "ResourceQuota.": policy,
  "LimitRange.": policy,
  "storage.k8s.io": storage,
  "PersistentVolume.": storage,
  "PersistentVolumeClaim.": storage,
};

async function describerOf({ kind, group }: ResourceInfo): Promise<Describer> {
  const key = `${kind}.${group}`;
  const { describers, generic } = await import("../describe/kinds.ts");
  const others = await (apart[key] ?? apart[group])?.();
  return others?.[key] ?? describers[key] ?? generic;
}
