/** What is served of admissionregistration.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { mutatingadmissionpolicies } from "./mutating-admission-policy.ts";
import { mutatingadmissionpolicybindings } from "./mutating-admission-policy-binding.ts";
import { mutatingAdmissionPolicyBindingRules } from "./mutating-admission-policy-binding-rules.ts";
import { mutatingAdmissionPolicyRules } from "./mutating-admission-policy-rules.ts";
import { mutatingwebhookconfigurations } from "./mutating-webhook-configuration.ts";
import { mutatingWebhookConfigurationRules } from "./mutating-webhook-configuration-rules.ts";
import { validatingadmissionpolicies } from "./validating-admission-policy.ts";
import { validatingadmissionpolicybindings } from "./validating-admission-policy-binding.ts";
import { validatingAdmissionPolicyBindingRules } from "./validating-admission-policy-binding-rules.ts";
import { validatingAdmissionPolicyRules } from "./validating-admission-policy-rules.ts";
import { validatingwebhookconfigurations } from "./validating-webhook-configuration.ts";
import { validatingWebhookConfigurationRules } from "./validating-webhook-configuration-rules.ts";

export const admissionregistrationKinds: readonly Served[] = [
  served(mutatingadmissionpolicies, mutatingAdmissionPolicyRules),
  served(mutatingadmissionpolicybindings, mutatingAdmissionPolicyBindingRules),
  served(mutatingwebhookconfigurations, mutatingWebhookConfigurationRules),
  served(validatingadmissionpolicies, validatingAdmissionPolicyRules),
  served(validatingadmissionpolicybindings, validatingAdmissionPolicyBindingRules),
  served(validatingwebhookconfigurations, validatingWebhookConfigurationRules),
];
