/**
 * What a ResourceClaim asks for and is given is not for everybody: devices that others use need a namespace that allows it, an
 * allocation the permission to bind, and what a driver reports the permission to speak for that driver. Upstream's validation.
 */
import { type FieldError, namespaces, type ResourceV1ResourceClaim, resourceclaims, semanticEqual } from "#api/mod.ts";
import { decide } from "../authz/reviews.ts";
import type { AdmissionPlugin, Attributes, Authorizer, RequestInfo, Storage, User } from "../contract.ts";
import { forbiddenTo } from "../request/refusal.ts";

type Status = NonNullable<ResourceV1ResourceClaim["status"]>;
type Reported = NonNullable<Status["devices"]>[number];

const label = "resource.kubernetes.io/admin-access";

export function deviceClaims(storage: Storage, authorizers: readonly Authorizer[]): AdmissionPlugin {
  const adminAccess = (namespace: string, field: string): FieldError[] => {
    if (storage.get(namespaces, { name: namespace })?.metadata.labels?.[label] === "true") return [];
    return [forbidden(field, `admin access to devices requires the \`${label}: true\` label on the containing namespace`)];
  };

  /** Why it is not allowed; undefined: it is. */
  const refusalOf = async ({ user, info }: Attributes, of: Partial<RequestInfo>): Promise<string | undefined> => {
    const asked = { ...info, ...of };
    const { allowed, reason, error } = await decide(authorizers, user, asked);
    const why = error ? `${error}${reason ? `: ${reason}` : ""}` : reason;
    return allowed ? undefined : forbiddenTo(user, asked, why).message;
  };

  const binding = async (attributes: Attributes, next: Status, old: Status): Promise<FieldError[]> => {
    if (semanticEqual(next.allocation, old.allocation) && semanticEqual(next.reservedFor, old.reservedFor)) return [];
    const { verb } = attributes.info;
    const refusal = await refusalOf(attributes, { subresource: "binding", namespace: "", name: "" });
    if (refusal === undefined) return [];
    const what = 'changing status.allocation or status.reservedFor requires resource="resourceclaims/binding"';
    return [forbidden("status.allocation", `${what}, verb="${verb}" permission: ${refusal}`)];
  };

  const reports = async (attributes: Attributes, next: Status, old: Status): Promise<FieldError[]> => {
    const problems: FieldError[] = [];
    const { verb } = attributes.info;
    const isNear = isOfNode(attributes.user, nodeOf(next));
    const verbs = [...(isNear ? [`associated-node:${verb}`] : []), `arbitrary-node:${verb}`];
    for (const driver of changedDrivers(next.devices ?? [], old.devices ?? [])) {
      const refusals: string[] = [];
      for (const verb of verbs) {
        const refusal = await refusalOf(attributes, { verb, subresource: "driver", name: driver });
        if (refusal === undefined) break;
        refusals.push(refusal);
      }
      const what = 'changing status.devices requires resource="resourceclaims/driver"';
      if (refusals.length === verbs.length)
        problems.push(forbidden("status.devices", `${what}, verb="[${verbs.join(" ")}]" permission: ${refusals[0]}`));
    }
    return problems;
  };

  return {
    name: "DeviceClaims",
    matches: [
      { apiGroups: [resourceclaims.group], resources: ["resourceclaims"], operations: ["CREATE"] },
      { apiGroups: [resourceclaims.group], resources: ["resourceclaims/status"], operations: ["UPDATE"] },
      { apiGroups: [resourceclaims.group], resources: ["resourceclaimtemplates"], operations: ["CREATE"] },
    ],
    async admit(attributes) {
      const { object, oldObject, namespace, operation, resource } = attributes;
      attributes.problems = [];
      if (operation === "CREATE") {
        const { spec } = object as { spec?: { spec?: object } };
        const asked = (resource === "resourceclaims" ? spec : spec?.spec) as ResourceV1ResourceClaim["spec"];
        const at = (asked?.devices?.requests ?? []).findIndex(({ exactly }) => exactly?.adminAccess);
        if (at >= 0) attributes.problems.push(...adminAccess(namespace, `spec.devices.requests[${at}].adminAccess`));
        return;
      }
      const [next, old] = [(object as ResourceV1ResourceClaim).status ?? {}, (oldObject as ResourceV1ResourceClaim).status ?? {}];
      const given = adminResult(next);
      if (given >= 0 && adminResult(old) < 0)
        attributes.problems.push(...adminAccess(namespace, `status.allocation.devices.results[${given}].adminAccess`));
      attributes.problems.push(...(await binding(attributes, next, old)));
      if (next.allocation) attributes.problems.push(...(await reports(attributes, next, old)));
    },
  };
}

const forbidden = (field: string, detail: string): FieldError => ({ type: "FieldValueForbidden", field, badValue: "", detail });
const adminResult = ({ allocation }: Status) => (allocation?.devices?.results ?? []).findIndex(({ adminAccess }) => adminAccess);

/** Of what was added, changed or taken away, in order. */
function changedDrivers(next: readonly Reported[], old: readonly Reported[]): string[] {
  const keyOf = ({ driver, pool, device, shareID }: Reported) => JSON.stringify([driver, pool, device, shareID ?? ""]);
  const before = new Map(old.map((one) => [keyOf(one), one]));
  const drivers = new Set<string>();
  for (const one of next) {
    const was = before.get(keyOf(one));
    before.delete(keyOf(one));
    if (!was || !semanticEqual(was, one)) drivers.add(one.driver ?? "");
  }
  for (const { driver = "" } of before.values()) drivers.add(driver);
  return [...drivers].sort();
}

/** The one node that an allocation is for. */
function nodeOf({ allocation }: Status): string | undefined {
  const [term, ...more] = allocation?.nodeSelector?.nodeSelectorTerms ?? [];
  const [field, ...others] = term?.matchFields ?? [];
  if (more.length > 0 || others.length > 0 || term?.matchExpressions?.length) return undefined;
  return field?.key === "metadata.name" && field.operator === "In" && field.values?.length === 1 ? field.values[0] : undefined;
}

function isOfNode({ name, extra }: User, node: string | undefined): boolean {
  const [own, ...more] = extra?.["authentication.kubernetes.io/node-name"] ?? [];
  return node !== undefined && name.startsWith("system:serviceaccount:") && own === node && more.length === 0;
}
