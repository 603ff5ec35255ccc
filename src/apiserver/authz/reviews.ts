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
import { badRequest } from "../request/errors.ts";
import { readSelectors, refuseInvalid, reviewProblems } from "./review-spec.ts";

type Spec = NonNullable<SubjectAccessReview["spec"]>;

export async function decide(authorizers: readonly Authorizer[], user: User, info: RequestInfo): Promise<Decision> {
  const reasons: string[] = [];
  let errors: string[] | undefined;
  for (const authorizer of authorizers) {
    const decision = await authorizer.authorize(user, info);
    if (decision.allowed || decision.denied) return decision;
    if (decision.reason) reasons.push(decision.reason);
    if (decision.error) (errors ??= []).push(decision.error);
  }
  const error = errors && { error: errors.length === 1 ? errors[0]! : `[${errors.join(", ")}]` };
  return { allowed: false, reason: reasons.join("\n"), ...error };
}

interface Asked {
  info: RequestInfo;
  /** What of the selectors could not be read, and is not counted on. */
  ignored: string[];
}

function askedOf({
  resourceAttributes: resource,
  nonResourceAttributes: url,
}: Pick<Spec, "resourceAttributes" | "nonResourceAttributes">): Asked {
  const none = { prefix: "", group: "", version: "", namespace: "", resource: "", subresource: "", name: "" };
  if (!resource) return { info: { ...none, path: url?.path ?? "", verb: url?.verb ?? "", isResource: false }, ignored: [] };
  const { group = "", version, namespace = "", resource: plural = "", subresource = "", name = "", verb = "" } = resource;
  const selectors = readSelectors(resource);
  return {
    info: {
      ...none,
      path: "",
      prefix: group ? "apis" : "api",
      verb,
      isResource: true,
      group,
      version: version || "*",
      namespace,
      resource: plural,
      subresource,
      name,
      ...selectors.read,
    },
    ignored: selectors.ignored,
  };
}

function statusOf({ allowed, denied, reason, error }: Decision, ignored: readonly string[]) {
  const problems = error ? [error, ...ignored] : ignored;
  return {
    allowed,
    ...(denied ? { denied } : {}),
    ...(reason ? { reason } : {}),
    ...(problems.length > 0 ? { evaluationError: problems.join("; ") } : {}),
  };
}

export function subjectAccessReview(authorizers: readonly Authorizer[]): CreateHandler {
  return async (attributes): Promise<KubeObject> => {
    const review = structuredClone(attributes.object) as SubjectAccessReview | LocalSubjectAccessReview;
    const spec = review.spec ?? {};
    refuseInvalid(reviewProblems(review, attributes.namespace === "" ? "subject" : "local"));
    const user: User = {
      name: spec.user ?? "",
      groups: spec.groups ?? [],
      ...(spec.uid ? { uid: spec.uid } : {}),
      ...(spec.extra ? { extra: spec.extra } : {}),
    };
    const { info, ignored } = askedOf(spec);
    review.status = statusOf(await decide(authorizers, user, info), ignored);
    return review as KubeObject;
  };
}

export function selfSubjectAccessReview(authorizers: readonly Authorizer[]): CreateHandler {
  return async (attributes): Promise<KubeObject> => {
    const review = structuredClone(attributes.object) as SelfSubjectAccessReview;
    refuseInvalid(reviewProblems(review, "self"));
    const { info, ignored } = askedOf(review.spec ?? {});
    review.status = statusOf(await decide(authorizers, attributes.user, info), ignored);
    return review as KubeObject;
  };
}

/** `unlisted`: why the list may not be whole; undefined: it is. */
/** Where rules come from, and why they are not all. */
interface KnownRules {
  rulesFor(user: User, namespace: string): PolicyRule[];
  readonly unlisted: string | undefined;
}

export function selfSubjectRulesReview(known: KnownRules): CreateHandler {
  return (attributes): KubeObject => {
    const review = structuredClone(attributes.object) as SelfSubjectRulesReview;
    const namespace = review.spec?.namespace;
    if (!namespace) throw badRequest("no namespace on request");
    const rules = known.rulesFor(attributes.user, namespace);
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
    review.metadata = {};
    const why = known.unlisted;
    review.status = { resourceRules, nonResourceRules, incomplete: why !== undefined, ...(why ? { evaluationError: why } : {}) };
    return review as unknown as KubeObject;
  };
}
