/** What is served of authorization.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { localsubjectaccessreviews } from "./local-subject-access-review.ts";
import { selfsubjectaccessreviews } from "./self-subject-access-review.ts";
import { selfsubjectrulesreviews } from "./self-subject-rules-review.ts";
import { subjectaccessreviews } from "./subject-access-review.ts";

export const authorizationKinds: readonly Served[] = [
  served(localsubjectaccessreviews),
  served(selfsubjectaccessreviews),
  served(selfsubjectrulesreviews),
  served(subjectaccessreviews),
];
