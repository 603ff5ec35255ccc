/** Approving and signing a certificate request needs the right to do so for its signer; nobody asks to be an administrator. */
import { semanticEqual } from "#api/mod.ts";
import { decide } from "../authz/reviews.ts";
import type { AdmissionPlugin, Attributes, Authorizer, RequestInfo } from "../contract.ts";
import { on } from "./match.ts";
import { refused } from "./refused.ts";

type Request = { spec?: { signerName?: string; request?: string }; status?: { certificate?: string; conditions?: unknown[] } };

const group = "certificates.k8s.io";
const requests = "certificatesigningrequests";
const apiServerClient = "kubernetes.io/kube-apiserver-client";

/** For the signer itself, or for all of its domain. */
async function may(authorizers: readonly Authorizer[], { user }: Attributes, verb: string, signer: string): Promise<boolean> {
  for (const name of [signer, `${signer.split("/")[0]}/*`]) {
    const info: RequestInfo = {
      path: "",
      verb,
      isResource: true,
      prefix: "apis",
      group,
      version: "*",
      namespace: "",
      resource: "signers",
      subresource: "",
      name,
    };
    if ((await decide(authorizers, user, info)).allowed) return true;
  }
  return false;
}

export const certificateApproval = (authorizers: readonly Authorizer[]): AdmissionPlugin => ({
  name: "CertificateApproval",
  matches: [on(group, `${requests}/approval`, "UPDATE")],
  async validate(attributes) {
    const signer = (attributes.oldObject as unknown as Request).spec?.signerName ?? "";
    if (!(await may(authorizers, attributes, "approve", signer)))
      throw refused(attributes, `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`);
  },
});

export const certificateSigning = (authorizers: readonly Authorizer[]): AdmissionPlugin => ({
  name: "CertificateSigning",
  matches: [on(group, `${requests}/status`, "UPDATE")],
  async validate(attributes) {
    const [request, before] = [attributes.object, attributes.oldObject] as unknown as [Request, Request];
    const { certificate, conditions } = request.status ?? {};
    if (semanticEqual(certificate, before.status?.certificate) && semanticEqual(conditions, before.status?.conditions)) return;
    const signer = before.spec?.signerName ?? "";
    if (!(await may(authorizers, attributes, "sign", signer)))
      throw refused(attributes, `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`);
  },
});

export const certificateSubjectRestriction: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",
  matches: [on(group, requests, "CREATE")],
  async validate(attributes) {
    const { spec } = attributes.object as unknown as Request;
    if (spec?.signerName !== apiServerClient) return;
    const { subjectOfRequest } = await import("./certificate-subject.ts"); // slow to load, rarely needed
    const subject = subjectOfRequest(spec.request);
    // Validation says what cannot be read.
    if (typeof subject !== "string" && subject.organizations.includes("system:masters"))
      throw refused(attributes, `use of ${apiServerClient} signer with system:masters group is not allowed`);
  },
};
