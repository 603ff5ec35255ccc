/** `why`: what keeps objects from being as they were asked to be, and what to do. Not among upstream's commands. */
import type { Event, KubeObject } from "#api/mod.ts";
import { explain, type Facts, type Finding, textOf, type Unseen } from "#insight/mod.ts";
import type { Command } from "../command.ts";
import type { Session } from "../connect/session.ts";
import { eventsOf, surroundings } from "../describe/surroundings.ts";
import { isForbidden, throwAll } from "../failure.ts";
import { buildTargets } from "../input/builder.ts";
import { bool } from "../input/flags.ts";
import { filenameFlags } from "../input/manifest.ts";
import { selectorFlag } from "../input/write-flags.ts";
import { type At, fetchTargets } from "../objects.ts";
import type { KObject } from "../print/values.ts";

export const command: Command = {
  use: "why (-f FILENAME | TYPE [NAME | -l label] | TYPE/NAME)",
  long: "Tell why objects are not as they were asked to be.\n\n Looks at each object, its conditions and events and at what it stands on (pods of a workload or Service, the node of a pod, what a pod's spec names), and says what is the matter, what it comes from and what to do.",
  examples:
    "# A pod that does not start\nkubectl why pod/web-1\n\n# A deployment with its pods\nkubectl why deployment web\n\n# Everything in the namespace that is not well\nkubectl why all --problems",
  flags: [
    bool("all-namespaces|A", "If present, look at the objects of all namespaces."),
    ...filenameFlags("containing the resource to explain"),
    bool("problems", "If true, leave out what is well."),
    selectorFlag,
  ],
  run,
};

async function run(session: Session): Promise<void> {
  const { flags } = session;
  const targets = await buildTargets(session, {
    allowTypeAlone: true,
    allNamespaces: flags.bool("all-namespaces"),
    labelSelector: flags.text("selector"),
  });
  const findings: Finding[] = [];
  const errors: unknown[] = [];
  for (const found of await fetchTargets(session, targets)) {
    try {
      findings.push(...(await explain(found.object as KObject & KubeObject, await factsFor(session, found))));
    } catch (error) {
      errors.push(error);
    }
  }
  const shown = once(flags.bool("problems") ? findings.filter(({ fine }) => !fine) : findings);
  if (shown.length > 0) session.line(textOf(shown));
  else if (errors.length === 0) session.err(findings.length > 0 ? "Nothing is known to be wrong.\n" : "No resources found\n");
  throwAll(errors);
}

/** A pod is told of by its Deployment, its ReplicaSet and itself. */
function once(findings: Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

async function factsFor(session: Session, at: At & { object: KObject }): Promise<Facts> {
  const { nowMs, list, get } = await surroundings(session, at, false);
  const visible = <T, Else>(asked: Promise<T>, otherwise: Else): Promise<T | Else> =>
    asked.catch((error: unknown) => (isForbidden(error) ? otherwise : Promise.reject(error)));
  return {
    nowMs,
    list: <T extends KubeObject>(resource: string, where: Parameters<Facts["list"]>[1]) =>
      visible(list(resource, { namespace: "", ...where }) as Promise<unknown> as Promise<T[]>, "hidden" as const),
    get: <T extends KubeObject>(resource: string, where: Parameters<Facts["get"]>[1]) =>
      visible(
        get(resource, where).then((found) => (found ? (found as unknown as T) : ("gone" as const))),
        "hidden" as const,
      ) as Promise<T | Unseen>,
    events: async (object) => ((await eventsOf(session, object as unknown as KObject)) ?? []) as unknown as Event[],
  };
}
