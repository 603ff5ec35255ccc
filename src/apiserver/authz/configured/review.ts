/** A question to an authorizer as a SubjectAccessReview, in the form of the version that is spoken. */
import type { Requirement } from "#codec/mod.ts";
import type { RequestInfo, User } from "../../contract.ts";

interface SelectorAttributes {
  requirements: { key: string; operator: string; values?: readonly string[] }[];
}

/** With every text, also the empty ones: conditions may ask for them. */
export interface ReviewSpec {
  user: string;
  uid: string;
  groups: readonly string[];
  extra: Record<string, readonly string[]>;
  resourceAttributes?: {
    namespace: string;
    verb: string;
    group: string;
    version: string;
    resource: string;
    subresource: string;
    name: string;
    fieldSelector?: SelectorAttributes;
    labelSelector?: SelectorAttributes;
  };
  nonResourceAttributes?: { path: string; verb: string };
}

const operators: Readonly<Partial<Record<Requirement["operator"], string>>> = {
  Equals: "In",
  In: "In",
  NotEquals: "NotIn",
  NotIn: "NotIn",
  Exists: "Exists",
  DoesNotExist: "DoesNotExist",
};

export function specOf({ name: user, uid = "", groups, extra = {} }: User, info: RequestInfo): ReviewSpec {
  const who = { user, uid, groups, extra };
  const { verb, path, namespace, group, version, resource, subresource, name } = info;
  if (!info.isResource) return { ...who, nonResourceAttributes: { path, verb } };
  const fields = (info.fieldRequirements ?? []).map(({ field, equal, value }) => ({
    key: field,
    operator: equal ? "In" : "NotIn",
    values: [value],
  }));
  // Those of operators that the review does not know are left out: it then asks for more than is meant, and never for less.
  const labels = (info.labelRequirements ?? []).flatMap(({ key, operator, values }) => {
    const known = operators[operator];
    return known ? { key, operator: known, ...(values.length > 0 ? { values } : {}) } : [];
  });
  return {
    ...who,
    resourceAttributes: {
      namespace,
      verb,
      group,
      version,
      resource,
      subresource,
      name,
      ...(fields.length > 0 ? { fieldSelector: { requirements: fields } } : {}),
      ...(labels.length > 0 ? { labelSelector: { requirements: labels } } : {}),
    },
  };
}

/** As it is sent: without what is empty. */
export function reviewOf(spec: ReviewSpec, version: "v1" | "v1beta1"): object {
  const { groups, resourceAttributes, nonResourceAttributes, user, uid, extra } = spec;
  return {
    kind: "SubjectAccessReview",
    apiVersion: `authorization.k8s.io/${version}`,
    metadata: {},
    spec: {
      ...(resourceAttributes ? { resourceAttributes: filled(resourceAttributes) } : {}),
      ...(nonResourceAttributes ? { nonResourceAttributes: filled(nonResourceAttributes) } : {}),
      ...filled({ user, [version === "v1" ? "groups" : "group"]: groups, extra, uid }),
    },
    status: { allowed: false },
  };
}

function filled(object: object): object {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== "" && (typeof value !== "object" || Object.keys(value).length > 0)),
  );
}
