/** Answers who a token belongs to, and who the asker is. */
import type { KubeObject, SelfSubjectReview, TokenReview } from "#api/mod.ts";
import { type Clock, messageOf } from "#base/mod.ts";
import type { Attributes, CreateHandler, User } from "../contract.ts";
import { badRequest } from "../request/errors.ts";
import { ownerOf, type TokenAuthenticator } from "./bearer.ts";

const userInfo = ({ name, uid, groups, extra }: User) => ({
  username: name,
  ...(uid ? { uid } : {}),
  groups,
  ...(extra && Object.keys(extra).length > 0 ? { extra } : {}),
});

export function tokenReview(kinds: readonly TokenAuthenticator[], apiAudiences: readonly string[]): CreateHandler {
  return async (attributes): Promise<KubeObject> => {
    const review = structuredClone(attributes.object) as TokenReview;
    const { token, audiences: asked } = review.spec ?? {};
    if (!token) throw badRequest("token is required for TokenReview in authentication");
    try {
      const { user, audiences } = await ownerOf(kinds, token, asked?.length ? asked : apiAudiences);
      review.status = { authenticated: true, user: userInfo(user), audiences: [...audiences] };
    } catch (error) {
      review.status = { user: {}, error: messageOf(error) };
    }
    return review as KubeObject;
  };
}

export function selfSubjectReview(clock: Clock): CreateHandler {
  return (attributes: Attributes): KubeObject => {
    // Upstream makes the answer anew.
    const { apiVersion, kind } = attributes.object!;
    const review = { apiVersion, kind } as SelfSubjectReview;
    review.metadata = { creationTimestamp: `${new Date(clock.now()).toISOString().slice(0, 19)}Z` };
    review.status = { userInfo: userInfo(attributes.user) };
    return review as KubeObject;
  };
}
