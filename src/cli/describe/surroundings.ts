/** What else the server knows about an object: what describers and `why` ask for. */
import { pathOf } from "../connect/discovery.ts";
import type { Session } from "../connect/session.ts";
import { isNotFound } from "../failure.ts";
import { type At, getObject, listObjects } from "../objects.ts";
import type { KObject } from "../print/values.ts";
import type { Around } from "./page.ts";

export async function surroundings(session: Session, each: At & { object: KObject }, showEvents: boolean): Promise<Around> {
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
    events: showEvents ? await eventsOf(session, each.object) : undefined,
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

export async function eventsOf(session: Session, object: KObject): Promise<KObject[] | undefined> {
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
