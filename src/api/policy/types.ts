/** Declarations of Eviction. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { DeleteOptions } from "../meta/options.ts";
import { type Infer, kind, ref } from "../schema.ts";

export const Eviction = kind("io.k8s.api.policy.v1.Eviction", {
  metadata: ref(ObjectMeta, 1),
  deleteOptions: ref(DeleteOptions, 2, { pointer: true }),
});
export interface Eviction extends Infer<typeof Eviction> {}
