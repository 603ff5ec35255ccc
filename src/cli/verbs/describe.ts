/** `describe`: everything about objects, with what stands around them, for people to read. */

import type { Command } from "../command.ts";
import { pathOf } from "../connect/discovery.ts";
import type { Session } from "../connect/session.ts";
import type { Around } from "../describe/page.ts";
import { isNotFound, throwAll } from "../failure.ts";
import { buildTargets, isNamed } from "../input/builder.ts";
import { bool, int } from "../input/flags.ts";
import { filenameFlags, hasFiles } from "../input/manifest.ts";
import { selectorFlag } from "../input/write-flags.ts";
import { type At, fetchTargets, getObject, listObjects } from "../objects.ts";
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
      found.push(...(await fetchTargets(session, [target])));
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
  const { describers, generic } = await import("../describe/kinds.ts");
  const showEvents = flags.given("show-events") ? flags.bool("show-events") : found.length <= 1 && errors.length === 0;
  const pages: string[] = [];
  for (const each of found) {
    const describer = describers[`${each.resource.kind}.${each.resource.group}`] ?? generic;
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

async function surroundings(session: Session, each: At & { object: KObject }, showEvents: boolean): Promise<Around> {
  const list: Around["list"] = async (name, options = {}) => {
    const resource = await session.resource(name);
    const { namespace = each.namespace, labelSelector, fieldSelector } = options;
    return (
      await listObjects(session, {
        resource,
        namespace,
        labelSelector: labelSelector === "<none>" ? undefined : labelSelector,
        fieldSelector,
      })
    ).items;
  };
  return {
    nowMs: session.now(),
    events: showEvents ? await eventsOf(session, each) : undefined,
    list,
    async get(name, at) {
      try {
        return await getObject(session, { resource: await session.resource(name), namespace: at.namespace ?? "", name: at.name });
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
  };
}

async function eventsOf(session: Session, each: At & { object: KObject }): Promise<KObject[] | undefined> {
  const { object } = each;
  const rest = await session.rest();
  const uid = object.kind === "Node" ? object.metadata.name : object.metadata.uid;
  const selector = [
    `involvedObject.name=${object.metadata.name}`,
    `involvedObject.namespace=${object.metadata.namespace ?? ""}`,
    ...(object.kind === "Pod" ? [] : [`involvedObject.kind=${object.kind}`]),
    `involvedObject.uid=${uid}`,
  ].join(",");
  const events = await session.resource("events");
  try {
    const answer = await rest.json<{ items?: KObject[] }>({
      path: pathOf({ ...events, group: "", version: "v1" }, { namespace: object.metadata.namespace }),
      query: { fieldSelector: selector, limit: 500 },
    });
    return answer.items ?? [];
  } catch {
    return undefined;
  }
}
