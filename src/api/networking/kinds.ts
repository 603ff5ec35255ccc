/** What is served of networking.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { ingresses } from "./ingress.ts";
import { ingressclasses } from "./ingress-class.ts";
import { ingressClassRules } from "./ingress-class-rules.ts";
import { ingressRules } from "./ingress-rules.ts";
import { ipaddresses } from "./ip-address.ts";
import { ipAddressRules } from "./ip-address-rules.ts";
import { networkpolicies } from "./network-policy.ts";
import { networkPolicyRules } from "./network-policy-rules.ts";
import { servicecidrs } from "./service-cidr.ts";
import { serviceCidrRules } from "./service-cidr-rules.ts";

export const networkingKinds: readonly Served[] = [
  served(ingressclasses, ingressClassRules),
  served(ingresses, ingressRules),
  served(ipaddresses, ipAddressRules),
  served(networkpolicies, networkPolicyRules),
  served(servicecidrs, serviceCidrRules),
];
