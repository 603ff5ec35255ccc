/** Declarations of CertificateSigningRequestSpec, CertificateSigningRequestCondition, CertificateSigningRequestStatus, CertificateSigningRe. */

import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { bytes, type Infer, int32, kind, list, map, ref, string, stringList, struct, time } from "../schema.ts";

/** What a certificate's key can be good for. */
export const keyUsages: string[] = [
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
];

export const CertificateSigningRequestSpec = struct(
  "io.k8s.api.certificates.v1.CertificateSigningRequestSpec",
  "What certificate is asked for.",
  {
    request: bytes(1, { always: true, required: true, doc: "The request (PKCS#10) in PEM." }),
    signerName: string(7, { always: true, required: true, doc: "Who shall sign, such as kubernetes.io/kube-apiserver-client." }),
    expirationSeconds: int32(8, { pointer: true, doc: "How long it is wanted for, at least 600." }),
    usages: list(string, 5, {
      goType: "v1.KeyUsage",
      enum: keyUsages,
      listType: "atomic",
      doc: "What the key shall be good for, such as client auth.",
    }),
    username: string(2, { doc: "Who asked; set by the API server." }),
    uid: string(3, { doc: "Its uid; set by the API server." }),
    groups: list(string, 4, { listType: "atomic", doc: "Its groups; set by the API server." }),
    extra: map(stringList, 6, { goType: "map[string]v1.ExtraValue", doc: "Further facts about it; set by the API server." }),
  },
);
export interface CertificateSigningRequestSpec extends Infer<typeof CertificateSigningRequestSpec> {}

export const CertificateSigningRequestCondition = struct(
  "io.k8s.api.certificates.v1.CertificateSigningRequestCondition",
  "A statement about the state of an object.",
  {
    type: string(1, { goType: "v1.RequestConditionType", always: true, required: true, doc: "The aspect that is judged, in CamelCase." }),
    status: string(6, { goType: "v1.ConditionStatus", always: true, required: true, doc: "True, False or Unknown." }),
    reason: string(2, { doc: "Why the condition has this status: one word in CamelCase that programs can match." }),
    message: string(3, { doc: "The same for people, in a sentence." }),
    lastUpdateTime: time(4, { doc: "When the condition was last written." }),
    lastTransitionTime: time(5, { doc: "When the status last changed." }),
  },
);
export interface CertificateSigningRequestCondition extends Infer<typeof CertificateSigningRequestCondition> {}

export const CertificateSigningRequestStatus = struct("io.k8s.api.certificates.v1.CertificateSigningRequestStatus", "What became of it.", {
  conditions: list(CertificateSigningRequestCondition, 1, { listType: "map", listMapKeys: ["type"], doc: "Approved, Denied or Failed." }),
  certificate: bytes(2, { doc: "The certificate and those between, in PEM, once it is signed." }),
});
export interface CertificateSigningRequestStatus extends Infer<typeof CertificateSigningRequestStatus> {}

export const CertificateSigningRequest = kind(
  "io.k8s.api.certificates.v1.CertificateSigningRequest",
  "Asks a signer for a certificate; somebody must approve it.",
  {
    metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
    spec: ref(CertificateSigningRequestSpec, 2, { always: true, required: true, doc: "What is wanted." }),
    status: ref(CertificateSigningRequestStatus, 3, { doc: "What was last seen; written by the system." }),
  },
);
export interface CertificateSigningRequest extends Infer<typeof CertificateSigningRequest> {}

export const CertificateSigningRequestList = kind(
  "io.k8s.api.certificates.v1.CertificateSigningRequestList",
  "A list of CertificateSigningRequest objects.",
  {
    metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
    items: list(CertificateSigningRequest, 2, { always: true, required: true, doc: "The objects." }),
  },
);
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
