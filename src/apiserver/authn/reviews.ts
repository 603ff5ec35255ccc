/** Answers who a token belongs to, and who the asker is. */
import type { KubeObject, SelfSubjectReview, TokenReview } from "#api/mod.ts";
import type { Clock } from "#base/mod.ts";
import type { Attributes, CreateHandler, User } from "../contract.ts";
import type { ServiceAccountTokens } from "./service-account-tokens.ts";

const userInfo = ({ name, uid, groups, extra }: User) => ({
  username: name,
  ...(uid ? { uid } : {}),
  groups,
  ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
});

export function tokenReview(tokens: ServiceAccountTokens, apiAudiences: string[]): CreateHandler {
  return async (attributes): Promise<KubeObject> => {
    const review = structuredClone(attributes.object) as TokenReview;
    const wanted = review.spec?.audiences?.length ? review.spec.audiences : apiAudiences;
    try {
      const { user, audiences } = await tokens.verify(review.spec?.token ?? "", wanted);
      review.status = { authenticated: true, user: userInfo(user), audiences };
    } catch {
      review.status = { user: {}, error: "invalid bearer token" };
    }
    return review as KubeObject;
  };
}

export function selfSubjectReview(clock: Clock): CreateHandler {
  return (attributes: Attributes): KubeObject => {
    const review = structuredClone(attributes.object) as SelfSubjectReview;
    review.metadata = { ...review.metadata, creationTimestamp: `${new Date(clock.now()).toISOString().slice(0, 19)}Z` };
    review.status = { userInfo: userInfo(attributes.user) };
    return review as KubeObject;
  };
}
