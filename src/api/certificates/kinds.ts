/** What is served of certificates.k8s.io: one line a kind, in the order of discovery. */
import { type Served, served } from "../catalog.ts";
import { certificatesigningrequests } from "./certificate-signing-request.ts";
import { certificateSigningRequestRules } from "./certificate-signing-request-rules.ts";

export const certificatesKinds: readonly Served[] = [served(certificatesigningrequests, certificateSigningRequestRules)];
