/** Credentials from a program named in the kubeconfig (`user.exec`), by the client.authentication.k8s.io protocol. */
import { spawnSync } from "node:child_process";
import { CliError } from "../failure.ts";
import type { User } from "./kubeconfig.ts";

/** Runs the program once; returns the authorization header's value and hands client certificates to `useCertificate`. */
export async function execCredential(
  exec: NonNullable<User["exec"]>,
  useCertificate: (secure: { cert: string; key: string }) => void,
): Promise<string> {
  const apiVersion = exec.apiVersion ?? "client.authentication.k8s.io/v1";
  const env = {
    ...process.env,
    ...Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: JSON.stringify({ kind: "ExecCredential", apiVersion, spec: { interactive: Boolean(process.stdin.isTTY) } }),
  };
  const result = spawnSync(exec.command, exec.args ?? [], { env, stdio: ["inherit", "pipe", "inherit"], encoding: "utf8" });
  if (result.error)
    throw new CliError(`Unable to connect to the server: getting credentials: exec: executable ${exec.command} not found`, { raw: true });
  if (result.status !== 0) {
    throw new CliError(
      `Unable to connect to the server: getting credentials: exec: executable ${exec.command} failed with exit code ${result.status}`,
      { raw: true },
    );
  }
  const { status } = JSON.parse(result.stdout) as { status?: { token?: string; clientCertificateData?: string; clientKeyData?: string } };
  if (status?.clientCertificateData && status.clientKeyData)
    useCertificate({ cert: status.clientCertificateData, key: status.clientKeyData });
  return status?.token ? `Bearer ${status.token}` : "";
}
