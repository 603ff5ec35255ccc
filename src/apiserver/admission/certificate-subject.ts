/** Who a certificate signing request asks to be. */
import "reflect-metadata";
import { Pkcs10CertificateRequest } from "@peculiar/x509";

/** `request`: base64 of PEM, as CertificateSigningRequests carry it. A text says why it cannot be read. */
export function subjectOfRequest(request: string | undefined): { commonName: string; organizations: string[] } | string {
  try {
    const { subjectName } = new Pkcs10CertificateRequest(Buffer.from(request ?? "", "base64").toString());
    return { commonName: subjectName.getField("CN")[0] ?? "", organizations: subjectName.getField("O") };
  } catch {
    return "PEM block type must be CERTIFICATE REQUEST";
  }
}
