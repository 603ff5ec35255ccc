/**
 * Several API servers seen as one: groups that APIServices lead to Services are answered there, in the name of the user who asks,
 * and stand beside this server's own groups in discovery and OpenAPI.
 */
import type { Registry } from "../../registry.ts";
import type { Aggregation } from "../../server.ts";
import { watchAvailability } from "./availability.ts";
import { keepLocalServices } from "./local-services.ts";
import { mergedV2 } from "./openapi-merge.ts";
import { type FrontProxyIdentity, pathOf } from "./remote-group.ts";
import { Remotes } from "./remotes.ts";

type Json = Record<string, unknown>;

export interface RunningAggregation extends Aggregation {
  /** When the APIServices of this server's own groups are written. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

export function aggregate(registry: Registry, identity: FrontProxyIdentity | undefined): RunningAggregation {
  const { storage, catalog, clock, random, log } = registry;
  const remotes = new Remotes({ storage, clock, random, identity });
  const availability = watchAvailability({ storage, clock, random, log, remotes, identity });
  const local = keepLocalServices(storage, catalog, log);
  const revision = () => `${remotes.revision} ${availability.revision}`;
  const nameOf = (remote: { group: string; version: string }) => pathOf(remote).slice(1);
  let merged: { own: Json; revision: string; document: Json } | undefined;
  return {
    answer: (call) => remotes.answer(call),
    versions: {
      revision,
      all: () =>
        remotes
          .all()
          .map((remote) => ({ ...remote, resources: availability.said(remote.name)?.resources ?? [], current: remote.available })),
    },
    documents: {
      v3: () =>
        Object.fromEntries(
          remotes.all().flatMap((remote) => {
            const link = availability.said(remote.name)?.openapi[nameOf(remote)];
            return link ? [[nameOf(remote), link] as const] : [];
          }),
        ),
      relay(name, call) {
        const remote = remotes.all().find((each) => nameOf(each) === name);
        return remote && remotes.relay(remote, call);
      },
      v2(own) {
        if (merged?.own === own && merged.revision === revision()) return merged.document;
        const others = remotes.all().flatMap((remote) => {
          const document = availability.said(remote.name)?.openapiV2;
          return document ? [{ prefix: pathOf(remote), document }] : [];
        });
        merged = { own, revision: revision(), document: others.length > 0 ? mergedV2(own, others) : own };
        return merged.document;
      },
    },
    settled: () => local.settled(),
    async stop() {
      local.stop();
      remotes.stop();
      await availability.stop();
    },
  };
}
