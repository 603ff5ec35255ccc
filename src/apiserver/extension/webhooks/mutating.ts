/**
 * MutatingAdmissionWebhook: one webhook after the other sees, and may change, what those before it made. When one has changed
 * something, all mutating plugins run once more, and of the webhooks those that ask for it and saw less than the last word.
 */
import type { Catalog } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { applyJsonPatch, parseJson, sameJson } from "#codec/mod.ts";
import type { AdmissionPlugin, Attributes, Authorizer, Storage } from "../../contract.ts";
import { internal } from "../../request/errors.ts";
import { type Asker, ask, unanswered } from "./ask.ts";
import { isAsked } from "./conditions.ts";
import { type Hook, Hooks, type Invocation, invocationOf, isExempt } from "./hooks.ts";
import type { Verdict } from "./review.ts";
import { type Shown, shownTo } from "./shown.ts";

interface Parts extends Asker {
  storage: Storage;
  catalog: Catalog;
  authorizers: readonly Authorizer[];
}

/** What is remembered from the first run of the chain to the second. */
interface Memory {
  /** Asked already, and willing to be asked again. */
  asked: Set<string>;
  /** Saw less than the last word. */
  behind: Set<string>;
  /** The object after the last webhook of the first run. */
  last?: unknown;
}

const key = "MutatingAdmissionWebhook";

export function mutatingWebhooks(parts: Parts): AdmissionPlugin & { stop(): void } {
  const hooks = new Hooks(parts.storage, "mutating");
  return {
    name: key,
    matches: [{ apiGroups: ["*"], resources: ["*/*"], operations: ["*"] }],
    stop: hooks.stop,
    admit(attributes) {
      const all = hooks.all();
      return all.length === 0 || isExempt(attributes) ? undefined : dispatch(parts, all, attributes);
    },
  };
}

async function dispatch(parts: Parts, all: readonly Hook[], attributes: Attributes): Promise<void> {
  const reinvocation = (attributes.reinvocation ??= { again: false, wanted: false, memory: new Map() });
  const memory = (reinvocation.memory.get(key) as Memory | undefined) ?? { asked: new Set(), behind: new Set() };
  reinvocation.memory.set(key, memory);
  // The plugins of the server have changed what the webhooks left.
  if (reinvocation.again && !sameJson(memory.last, attributes.object)) fallBehind(memory);
  for (const [index, hook] of all.entries()) {
    const invocation = invocationOf(hook, attributes, parts.storage, parts.catalog);
    if (!invocation) continue;
    const shown = shownTo(invocation.served, attributes);
    if (!(await isAsked(invocation, attributes, shown, parts.authorizers))) continue;
    if (reinvocation.again && !memory.behind.has(hook.uid)) continue;
    const changed = await changedBy(parts, { invocation, attributes, shown, index, round: reinvocation.again ? 1 : 0 });
    if (changed) {
      fallBehind(memory);
      reinvocation.wanted = true;
    }
    if (hook.askedAgain) memory.asked.add(hook.uid);
  }
  memory.last = structuredClone(attributes.object);
}

function fallBehind({ asked, behind }: Memory): void {
  for (const uid of asked) behind.add(uid);
  asked.clear();
}

interface Turn {
  invocation: Invocation;
  attributes: Attributes;
  shown: Shown;
  index: number;
  round: number;
}

async function changedBy(parts: Parts, { invocation, attributes, shown, index, round }: Turn): Promise<boolean> {
  const { name, configuration } = invocation.hook;
  const at = `round_${round}_index_${index}`;
  let mutated = false;
  const opened = () => attributes.annotate(`failed-open.mutation.webhook.admission.k8s.io/${at}`, name);
  try {
    await ask(parts, { invocation, attributes, shown, type: "admit", opened }, (verdict) => {
      const patch = patchOf(verdict);
      if (patch.length === 0) return;
      if (!shown.object || attributes.operation === "DELETE")
        throw internal(
          `admission webhook ${JSON.stringify(name)} attempted to modify the object, which is not supported for this operation`,
        );
      const changed = patched(shown.object, patch);
      mutated = !sameJson(shown.object, changed);
      const said = { configuration, webhook: name, patch, patchType: "JSONPatch" };
      attributes.annotate(`patch.webhook.admission.k8s.io/${at}`, JSON.stringify(said));
      if (mutated) shown.take(changed);
    });
    return mutated;
  } finally {
    attributes.annotate(`mutation.webhook.admission.k8s.io/${at}`, JSON.stringify({ configuration, webhook: name, mutated }));
  }
}

function patchOf({ patch, patchType }: Verdict): unknown[] {
  if (patch === "") return [];
  if (patchType !== "JSONPatch") throw unanswered(`unsupported patch type ${JSON.stringify(patchType)}`);
  let read: unknown;
  try {
    read = parseJson(Buffer.from(patch));
  } catch (error) {
    throw unanswered(`received undecodable patch in webhook response: ${messageOf(error)}`);
  }
  if (Array.isArray(read)) return read;
  throw unanswered("received undecodable patch in webhook response: json: cannot unmarshal object into Go value of type jsonpatch.Patch");
}

function patched(object: object, patch: unknown[]): object {
  try {
    return applyJsonPatch(object, patch) as object;
  } catch (error) {
    throw internal(messageOf(error));
  }
}
