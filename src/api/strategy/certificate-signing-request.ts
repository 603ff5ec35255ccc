/** CertificateSigningRequests remember who asked; approval and signing each write their own part of the status. */
import { semanticEqual } from "../semantic-equal.ts";
import { type AnyObject, restore, type Strategy, type WriteContext } from "./strategy.ts";

export const certificateSigningRequestStrategy: Strategy = {
  allowCreateOnUpdate: false,
  allowUnconditionalUpdate: true,
  prepareForCreate(request, { user }) {
    const { username: _, uid: __, groups: ___, extra: ____, ...spec } = request.spec ?? {};
    request.spec = spec;
    if (user) {
      spec.username = user.name;
      if (user.uid) spec.uid = user.uid;
      if (user.groups?.length) spec.groups = [...user.groups];
      if (user.extra && Object.keys(user.extra).length > 0) spec.extra = structuredClone(user.extra);
    }
    request.status = {};
  },
  prepareForUpdate(request, old) {
    restore(request, old, "spec");
    restore(request, old, "status");
  },
  prepareForSubresource: {
    status(request, old, context) {
      restore(request, old, "spec");
      const decided = ["Approved", "Denied"];
      const kept = (old.status?.conditions ?? []).filter((condition: AnyObject) => decided.includes(condition.type));
      const sent: AnyObject[] = request.status?.conditions ?? [];
      const has = sent.some((condition) => decided.includes(condition.type));
      if (kept.length > 0 && !has) request.status = { ...request.status, conditions: [...kept, ...sent] };
      stampConditions(request, old, context);
    },
    approval(request, old, context) {
      stampConditions(request, old, context);
      const conditions = request.status?.conditions;
      restore(request, old, "spec");
      request.status = { ...old.status, conditions };
    },
  },
  resetFields: {
    "": [["spec"], ["status"]],
    status: [["spec"], ["status", "conditions"]],
    approval: [["spec"], ["status", "certificate"]],
  },
};

function stampConditions(request: AnyObject, old: AnyObject, { now }: WriteContext): void {
  const before: AnyObject[] = old.status?.conditions ?? [];
  for (const condition of request.status?.conditions ?? []) {
    condition.lastUpdateTime ||= now;
    if (condition.lastTransitionTime) continue;
    const same = before.find((other) => other.type === condition.type && semanticEqual(other.status, condition.status));
    condition.lastTransitionTime = same?.lastTransitionTime ?? now;
  }
}
