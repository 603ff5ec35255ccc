/** What a certificate signing request asks for, and whom its signer serves: in upstream's order and words. */
import "reflect-metadata";
import { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } from "@peculiar/x509";

export interface Asked {
  request: Pkcs10CertificateRequest;
  commonName: string;
  organizations: readonly string[];
  names: readonly { type: string; value: string }[];
}

export const signers = {
  client: "kubernetes.io/kube-apiserver-client",
  kubeletClient: "kubernetes.io/kube-apiserver-client-kubelet",
  kubeletServing: "kubernetes.io/kubelet-serving",
  legacy: "kubernetes.io/legacy-unknown",
} as const;

/** `text`: base64 of PEM, as the object holds it. Throws with upstream's words. */
export function readRequest(text: string | undefined): Asked {
  let request: Pkcs10CertificateRequest;
  try {
    request = new Pkcs10CertificateRequest(Buffer.from(text ?? "", "base64").toString());
  } catch (cause) {
    throw new Error("PEM block type must be CERTIFICATE REQUEST", { cause });
  }
  const alternative = request.extensions.find((each) => each instanceof SubjectAlternativeNameExtension);
  const { subjectName } = request;
  return {
    request,
    commonName: subjectName.getField("CN").at(-1) ?? "",
    organizations: subjectName.getField("O"),
    names: alternative?.names.items.map(({ type, value }) => ({ type, value })) ?? [],
  };
}

type Usages = readonly string[];

/** Why the signer does not serve the request; undefined: it does. Of the legacy signer everything is taken. */
export function problemOf(signer: string, asked: Asked, usages: Usages): string | undefined {
  switch (signer) {
    case signers.client:
      return clientProblem(usages);
    case signers.kubeletClient:
      return kubeletClientProblem(asked, usages);
    case signers.kubeletServing:
      return kubeletServingProblem(asked, usages);
    default:
      return undefined;
  }
}

export const isServed = (signer: string | undefined): boolean => (Object.values(signers) as (string | undefined)[]).includes(signer);

function clientProblem(usages: Usages): string | undefined {
  const other = usages.find((usage) => !["digital signature", "key encipherment", "client auth"].includes(usage));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes("client auth") ? undefined : "missing required usage for client certificate: client auth";
}

const notNodes = "subject organization is not system:nodes";
const notNode = "subject common name does not begin with system:node:";
const isOfNodes = ({ organizations }: Asked) => organizations.length === 1 && organizations[0] === "system:nodes";
const isNode = ({ commonName }: Asked) => commonName.startsWith("system:node:");
const notAllowed: Readonly<Record<string, string>> = { dns: "DNS", email: "Email", ip: "IP", url: "URI" };

function kubeletClientProblem(asked: Asked, usages: Usages): string | undefined {
  if (!isOfNodes(asked)) return notNodes;
  const name = namesProblem(asked, ["dns", "email", "ip", "url"]);
  if (name) return name;
  return isNode(asked) ? usagesProblem(usages, "client auth") : notNode;
}

function kubeletServingProblem(asked: Asked, usages: Usages): string | undefined {
  if (!isOfNodes(asked)) return notNodes;
  if (!asked.names.some(({ type }) => type === "dns" || type === "ip")) return "DNS or IP subjectAltName is required";
  const problem = namesProblem(asked, ["email", "url"]) ?? usagesProblem(usages, "server auth");
  return problem ?? (isNode(asked) ? undefined : notNode);
}

function namesProblem({ names }: Asked, types: readonly string[]): string | undefined {
  const type = types.find((each) => names.some((name) => name.type === each));
  return type && `${notAllowed[type]} subjectAltNames are not allowed`;
}

/** Keys that are not RSA encipher nothing. */
function usagesProblem(usages: Usages, use: string): string | undefined {
  const all = ["digital signature", "key encipherment", use];
  const given = new Set(usages);
  const rest = all.filter((usage) => usage !== "key encipherment");
  const fits = [all, rest].some((wanted) => given.size === wanted.length && wanted.every((usage) => given.has(usage)));
  return fits ? undefined : `usages did not match [${[...all].sort().join(" ")}]`;
}
