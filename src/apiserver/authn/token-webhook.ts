/** Whose a token is, told by a service of the administrator's: it is sent a TokenReview. */
import type { TokenReviewStatus, UserInfo } from "#api/mod.ts";
import type { User } from "../contract.ts";
import type { ReviewClient } from "../settings/review-client.ts";
import type { TokenAuthenticator } from "./bearer.ts";

export const reviewVersions = ["v1", "v1beta1"] as const;
export type ReviewVersion = (typeof reviewVersions)[number];

/** `ownAudiences`: whom a token is for when the service does not say. */
export function tokenWebhook(client: ReviewClient, version: ReviewVersion, ownAudiences: readonly string[]): TokenAuthenticator {
  const apiVersion = `authentication.k8s.io/${version}`;
  return {
    async authenticateToken(token, audiences) {
      const review = { kind: "TokenReview", apiVersion, metadata: { creationTimestamp: null }, spec: { token, audiences } };
      const answer = (await client.post({ ...review, status: { user: {} } })) as Partial<Record<"kind" | "apiVersion" | "status", unknown>>;
      if (answer?.kind !== "TokenReview" || answer.apiVersion !== apiVersion)
        throw new Error(
          `the webhook answered with ${String(answer?.kind)} of ${String(answer?.apiVersion)}, not with a TokenReview of ${apiVersion}`,
        );
      const status = (answer.status ?? {}) as TokenReviewStatus;
      const said = status.audiences?.length ? status.audiences : ownAudiences;
      const common = audiences.filter((one) => said.includes(one));
      if (common.length === 0) return undefined;
      if (status.authenticated) return { user: userOf(status.user ?? {}), audiences: common };
      if (status.error) throw new Error(status.error);
      return undefined;
    },
  };
}

const userOf = ({ username = "", uid, groups = [], extra }: UserInfo): User => ({
  name: username,
  groups,
  ...(uid ? { uid } : {}),
  ...(extra ? { extra: extra as Record<string, string[]> } : {}),
});
