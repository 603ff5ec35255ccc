/** What the server knows of ValidatingAdmissionPolicy: defaults, what a write may set, what is refused, what tables show. */
import { defaultAdmissionPolicy } from "../checks/admission-policies.ts";
import { rules } from "../rules.ts";
import type { ValidatingAdmissionPolicy } from "./validating-admission-policy.ts";

export const validatingAdmissionPolicyRules = rules<ValidatingAdmissionPolicy>({
  conditional: true,
  status: () => ({}),
  statusKeeps: "all",
  defaults: defaultAdmissionPolicy,
});
