/** The page of a certificate signing request, with what the request itself asks for. */
import { CliError } from "../failure.ts";
import { humanDuration, longTime, type Outline } from "./outline.ts";
import { type Describer, page } from "./page.ts";

const certificateSigningRequest = page(async (out, { metadata, spec, status = {} }, around) => {
  const asked = await read(spec.request);
  out.line(0, `Name:\t${metadata.name}`);
  out.line(0, `Labels:\t${pairs(metadata.labels)}`);
  out.line(0, `Annotations:\t${pairs(metadata.annotations)}`);
  out.line(0, `CreationTimestamp:\t${longTime(metadata.creationTimestamp)}`);
  out.line(0, `Requesting User:\t${spec.username ?? ""}`);
  if (spec.signerName) out.line(0, `Signer:\t${spec.signerName}`);
  if (spec.expirationSeconds !== undefined) out.line(0, `Requested Duration:\t${humanDuration(spec.expirationSeconds * 1000)}`);
  out.line(0, `Status:\t${stateOf(status)}`);
  out.line(0, "Subject:");
  out.line(0, `\tCommon Name:\t${asked.subject("CN").at(-1) ?? ""}`);
  out.line(0, `\tSerial Number:\t${asked.subject("2.5.4.5").at(-1) ?? ""}`);
  for (const [title, field] of subjectFields) some(out, title, asked.subject(field));
  if (asked.names.length > 0) {
    out.line(0, "Subject Alternative Names:");
    for (const [title, type] of nameTypes)
      some(
        out,
        title,
        asked.names.filter((name) => name.type === type).map(({ value }) => value),
      );
  }
  out.events(around.events);
});

const subjectFields = [
  ["Organization", "O"],
  ["Organizational Unit", "OU"],
  ["Country", "C"],
  ["Locality", "L"],
  ["Province", "ST"],
  ["StreetAddress", "2.5.4.9"],
  ["PostalCode", "2.5.4.17"],
] as const;
const nameTypes = [
  ["DNS Names", "dns"],
  ["Email Addresses", "email"],
  ["URIs", "url"],
  ["IP Addresses", "ip"],
] as const;

const pairs = (values: Record<string, string> | undefined): string =>
  Object.entries(values ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(",") || "<none>";

function some(out: Outline, title: string, values: readonly string[]): void {
  if (values.length > 0) out.raw(`\t${title}:\t${values.join("\n\t\t")}\n`);
}

function stateOf({ conditions = [], certificate }: { conditions?: { type: string }[]; certificate?: string }): string {
  const has = (type: string) => conditions.some((condition) => condition.type === type);
  const decided = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  return `${decided}${has("Failed") ? ",Failed" : ""}${certificate ? ",Issued" : ""}`;
}

/** The library is large, and this page is rare. */
async function read(request: string) {
  await import("reflect-metadata");
  const { Pkcs10CertificateRequest, SubjectAlternativeNameExtension } = await import("@peculiar/x509");
  try {
    const asked = new Pkcs10CertificateRequest(Buffer.from(request, "base64").toString());
    const names = asked.extensions.find((extension) => extension instanceof SubjectAlternativeNameExtension);
    return { subject: (field: string) => asked.subjectName.getField(field), names: names?.names.items ?? [] };
  } catch {
    throw new CliError("Error parsing CSR: PEM block type must be CERTIFICATE REQUEST");
  }
}

export const certificateDescribers: Record<string, Describer> = {
  "CertificateSigningRequest.certificates.k8s.io": certificateSigningRequest,
};
