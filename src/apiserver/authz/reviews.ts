/** Answers whether somebody may do something, without doing it. */
import type {
  KubeObject,
  LocalSubjectAccessReview,
  PolicyRule,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from "#api/mod.ts";
import type { Authorizer, CreateHandler, Decision, RequestInfo, User } from "../contract.ts";
import { badRequest, type FieldProblem, invalid } from "../request/errors.ts";
import type { Rbac } from "./rbac.ts";

type Spec = NonNullable<SubjectAccessReview["spec"]>;

export async function decide(authorizers: readonly Authorizer[], user: User, info: RequestInfo): Promise<Decision> {
  const reasons: string[] = [];
  for (const authorizer of authorizers) {
    const decision = await authorizer.authorize(user, info);
    if (decision.allowed || decision.denied) return decision;
    if (decision.reason) reasons.push(decision.reason);
  }
  return { allowed: false, reason: reasons.join("\n") };
}

function infoOf(spec: Pick<Spec, "resourceAttributes" | "nonResourceAttributes">): RequestInfo {
  const { resourceAttributes: resource, nonResourceAttributes: url } = spec;
  if (Boolean(resource) === Boolean(url)) {
    const problems = resource
      ? [problem("spec.nonResourceAttributes", "cannot be specified in combination with resourceAttributes")]
      : [
          problem(
            "spec.resourceAttributes",
            "Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified",
          ),
        ];
    // Upstream names no kind here.
    throw invalid({ group: "authorization.k8s.io", resource: "" }, "", problems);
  }
  const none = { prefix: "", group: "", version: "", namespace: "", resource: "", subresource: "", name: "" };
  if (url) return { ...none, path: url.path ?? "", verb: url.verb ?? "", isResource: false };
  const { group = "", version = "*", namespace = "", resource: plural = "", subresource = "", name = "", verb = "" } = resource!;
  return {
    ...none,
    path: "",
    prefix: group ? "apis" : "api",
    verb,
    isResource: true,
    group,
    version,
    namespace,
    resource: plural,
    subresource,
    name,
  };
}

const problem = (field: string, body: string): FieldProblem => ({ type: "FieldValueInvalid", field, message: `${field}: ${body}`, body });

const statusOf = ({ allowed, denied, reason }: Decision) => ({ allowed, ...(denied ? { denied } : {}), ...(reason ? { reason } : {}) });

export function subjectAccessReview(authorizers: readonly Authorizer[]): CreateHandler {
  return async (attributes): Promise<KubeObject> => {
    const review = structuredClone(attributes.object) as SubjectAccessReview | LocalSubjectAccessReview;
    const spec = review.spec ?? {};
    if (attributes.namespace && spec.resourceAttributes?.namespace !== attributes.namespace)
      throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${attributes.namespace}`);
    const user: User = {
      name: spec.user ?? "",
      groups: spec.groups ?? [],
      ...(spec.uid ? { uid: spec.uid } : {}),
      ...(spec.extra ? { extra: spec.extra } : {}),
    };
    review.status = statusOf(await decide(authorizers, user, infoOf(spec)));
    return review as KubeObject;
  };
}

export function selfSubjectAccessReview(authorizers: readonly Authorizer[]): CreateHandler {
  return async (attributes): Promise<KubeObject> => {
    const review = structuredClone(attributes.object) as SelfSubjectAccessReview;
    review.status = statusOf(await decide(authorizers, attributes.user, infoOf(review.spec ?? {})));
    return review as KubeObject;
  };
}

export function selfSubjectRulesReview(rbac: Rbac): CreateHandler {
  return (attributes): KubeObject => {
    const review = structuredClone(attributes.object) as SelfSubjectRulesReview;
    const namespace = review.spec?.namespace;
    if (!namespace) throw badRequest("no namespace on request");
    const rules = rbac.rulesFor(attributes.user, namespace);
    const resourceRules = rules
      .filter((rule) => rule.resources?.length)
      .map(({ verbs = [], apiGroups, resources, resourceNames }: PolicyRule) => ({
        verbs,
        apiGroups,
        resources,
        ...(resourceNames?.length ? { resourceNames } : {}),
      }));
    const nonResourceRules = rules
      .filter((rule) => rule.nonResourceURLs?.length)
      .map(({ verbs = [], nonResourceURLs }) => ({ verbs, nonResourceURLs }));
    // Upstream does not repeat the question.
    review.spec = {};
    review.status = { resourceRules, nonResourceRules, incomplete: false };
    return review as unknown as KubeObject;
  };
}
