/** ValidatingAdmissionWebhook: all webhooks that a request concerns are asked at once, and each may refuse it. */
import type { Catalog } from "#api/mod.ts";
import type { AdmissionPlugin, Attributes, Authorizer, Storage } from "../../contract.ts";
import { type Asker, ask } from "./ask.ts";
import { isAsked } from "./conditions.ts";
import { type Hook, Hooks, type Invocation, invocationOf, isExempt } from "./hooks.ts";
import { type Shown, shownTo } from "./shown.ts";

interface Parts extends Asker {
  storage: Storage;
  catalog: Catalog;
  authorizers: readonly Authorizer[];
}

export function validatingWebhooks(parts: Parts): AdmissionPlugin & { stop(): void } {
  const hooks = new Hooks(parts.storage, "validating");
  return {
    name: "ValidatingAdmissionWebhook",
    matches: [{ apiGroups: ["*"], resources: ["*/*"], operations: ["*"] }],
    stop: hooks.stop,
    validate(attributes) {
      const all = hooks.all();
      return all.length === 0 || isExempt(attributes) ? undefined : dispatch(parts, all, attributes);
    },
  };
}

async function dispatch(parts: Parts, all: readonly Hook[], attributes: Attributes): Promise<void> {
  const concerned: { invocation: Invocation; shown: Shown }[] = [];
  for (const hook of all) {
    const invocation = invocationOf(hook, attributes, parts.storage, parts.catalog);
    if (!invocation) continue;
    const shown = shownTo(invocation.served, attributes);
    if (await isAsked(invocation, attributes, shown, parts.authorizers)) concerned.push({ invocation, shown });
  }
  const results = await Promise.allSettled(
    concerned.map(({ invocation, shown }, index) => {
      const opened = () =>
        attributes.annotate(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, invocation.hook.name);
      return ask(parts, { invocation, attributes, shown, type: "validating", opened }, () => {});
    }),
  );
  const refused = results.find(({ status }) => status === "rejected") as PromiseRejectedResult | undefined;
  if (refused) throw refused.reason;
}
