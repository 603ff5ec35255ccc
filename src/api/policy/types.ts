/** Declarations of Eviction. */

import { ObjectMeta } from "../meta/object-meta.ts";
import { DeleteOptions } from "../meta/options.ts";
import { type Infer, kind, ref } from "../schema.ts";

export const Eviction = kind("io.k8s.api.policy.v1.Eviction", "Asks that a pod leave, if the budgets allow it: what kubectl drain posts.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  deleteOptions: ref(DeleteOptions, 2, { pointer: true, doc: "How the pod is deleted." }),
});
export interface Eviction extends Infer<typeof Eviction> {}
