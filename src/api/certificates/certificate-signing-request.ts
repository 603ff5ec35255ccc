/** Declarations of CertificateSigningRequestSpec, CertificateSigningRequestCondition, CertificateSigningRequestStatus, CertificateSigningRe. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bytes, type Infer, int32, kind, list, map, ref, string, stringList, struct, time } from "../schema.ts";

export const CertificateSigningRequestSpec = struct("io.k8s.api.certificates.v1.CertificateSigningRequestSpec", {
  request: bytes(1, { always: true, required: true }),
  signerName: string(7, { always: true, required: true }),
  expirationSeconds: int32(8, { pointer: true }),
  usages: list(string, 5, {
    enum: [
      "any",
      "cert sign",
      "client auth",
      "code signing",
      "content commitment",
      "crl sign",
      "data encipherment",
      "decipher only",
      "digital signature",
      "email protection",
      "encipher only",
      "ipsec end system",
      "ipsec tunnel",
      "ipsec user",
      "key agreement",
      "key encipherment",
      "microsoft sgc",
      "netscape sgc",
      "ocsp signing",
      "s/mime",
      "server auth",
      "signing",
      "timestamping",
    ],
    listType: "atomic",
  }),
  username: string(2),
  uid: string(3),
  groups: list(string, 4, { listType: "atomic" }),
  extra: map(stringList, 6),
});
export interface CertificateSigningRequestSpec extends Infer<typeof CertificateSigningRequestSpec> {}

export const CertificateSigningRequestCondition = struct("io.k8s.api.certificates.v1.CertificateSigningRequestCondition", {
  type: string(1, { always: true, required: true }),
  status: string(6, { always: true, required: true }),
  reason: string(2),
  message: string(3),
  lastUpdateTime: time(4),
  lastTransitionTime: time(5),
});
export interface CertificateSigningRequestCondition extends Infer<typeof CertificateSigningRequestCondition> {}

export const CertificateSigningRequestStatus = struct("io.k8s.api.certificates.v1.CertificateSigningRequestStatus", {
  conditions: list(CertificateSigningRequestCondition, 1, { listType: "map", listMapKeys: ["type"] }),
  certificate: bytes(2),
});
export interface CertificateSigningRequestStatus extends Infer<typeof CertificateSigningRequestStatus> {}

export const CertificateSigningRequest = kind("io.k8s.api.certificates.v1.CertificateSigningRequest", {
  metadata: ref(ObjectMeta, 1),
  spec: ref(CertificateSigningRequestSpec, 2, { always: true, required: true }),
  status: ref(CertificateSigningRequestStatus, 3),
});
export interface CertificateSigningRequest extends Infer<typeof CertificateSigningRequest> {}

export const CertificateSigningRequestList = kind("io.k8s.api.certificates.v1.CertificateSigningRequestList", {
  metadata: ref(ListMeta, 1),
  items: list(CertificateSigningRequest, 2, { always: true, required: true }),
});
export interface CertificateSigningRequestList extends Infer<typeof CertificateSigningRequestList> {}

export const certificatesigningrequests = resource<CertificateSigningRequest>(CertificateSigningRequest, {
  group: "certificates.k8s.io",
  version: "v1",
  resource: "certificatesigningrequests",
  singular: "certificatesigningrequest",
  namespaced: false,
  verbs: ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
  shortNames: ["csr"],
  subresources: [
    { name: "approval", kind: "CertificateSigningRequest", verbs: ["get", "patch", "update"] },
    { name: "status", kind: "CertificateSigningRequest", verbs: ["get", "patch", "update"] },
  ],
  storagePrefix: "/registry/certificatesigningrequests/",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "Age", type: "string" },
    { name: "SignerName", type: "string" },
    { name: "Requestor", type: "string" },
    { name: "RequestedDuration", type: "string" },
    { name: "Condition", type: "string" },
  ],
});
