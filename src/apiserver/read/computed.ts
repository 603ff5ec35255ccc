/** get and list of kinds that are made when they are asked for: nothing of them is stored, and no version belongs to them. */
import type { ComputedKind } from "../contract.ts";
import type { ObjectAnswer, ResourceCall } from "../request/call.ts";
import { notFound } from "../request/errors.ts";
import { selectionOf } from "./read.ts";
import { ObjectRecord, type Stored } from "./record.ts";
import { passes } from "./watch.ts";

const nothing = Buffer.alloc(0);

export async function getComputed(kind: ComputedKind, { definition, info }: ResourceCall): Promise<ObjectAnswer> {
  const ref = info.namespace ? { namespace: info.namespace, name: info.name } : { name: info.name };
  const object = await kind.get(ref);
  if (!object) throw notFound(kind.about, kind.named?.(ref) ?? info.name);
  return { kind: "object", status: 200, object, definition };
}

export async function listComputed(kind: ComputedKind, call: ResourceCall): Promise<ObjectAnswer> {
  const { definition, info } = call;
  const { labels, fields } = selectionOf(call);
  const items = (await kind.list(info.namespace))
    .filter((object) => passes(new ObjectRecord("", nothing, 0, nothing, object as Stored), labels, fields))
    .map(({ kind: _k, apiVersion: _a, ...rest }) => rest);
  const object = { kind: definition.listKind, apiVersion: definition.apiVersion, metadata: {}, items };
  return { kind: "object", status: 200, object, definition };
}
