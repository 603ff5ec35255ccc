/** What is served of authentication.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { selfsubjectreviews } from "./self-subject-review.ts";
import { tokenreviews } from "./token-review.ts";

export const authenticationKinds: readonly Served[] = [served(selfsubjectreviews), served(tokenreviews)];
