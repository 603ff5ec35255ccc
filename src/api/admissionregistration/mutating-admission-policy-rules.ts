/** What the server knows of MutatingAdmissionPolicy: defaults, what a write may set, what is refused, what tables show. */
import { defaultAdmissionPolicy } from "../checks/admission-policies.ts";
import { rules } from "../rules.ts";
import type { MutatingAdmissionPolicy } from "./mutating-admission-policy.ts";

export const mutatingAdmissionPolicyRules = rules<MutatingAdmissionPolicy>({
  conditional: true,
  defaults: defaultAdmissionPolicy,
});
