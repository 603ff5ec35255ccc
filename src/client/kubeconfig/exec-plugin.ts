/** Credentials from a program that a kubeconfig names, by the client.authentication.k8s.io protocol. */
import { spawn } from "node:child_process";
import { normalize } from "node:path";
import { type ExecPlugin, KubeconfigError, materialOf } from "./config.ts";
import { refusalOf } from "./plugin-policy.ts";
import { type Credentials, interactiveModeOf, type Target } from "./target.ts";

const group = "client.authentication.k8s.io";
const versions = ["v1", "v1beta1"].map((version) => `${group}/${version}`);
const notInstalled = `

It looks like you are trying to use a client-go credential plugin that is not installed.

To learn more about this feature, consult the documentation available at:
      https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins`;

const failed = (why: string) => new KubeconfigError(`Unable to connect to the server: getting credentials: ${why}`, { raw: true });

interface ExecCredential {
  apiVersion?: string;
  kind?: string;
  status?: { token?: string; clientCertificateData?: string; clientKeyData?: string } | null;
}

/** Runs the program once, by the client.authentication.k8s.io protocol. Its words on stderr are the user's to read. */
export async function runPlugin(exec: ExecPlugin, target: Target): Promise<Credentials> {
  const { apiVersion = "" } = exec;
  if (!versions.includes(apiVersion)) throw new KubeconfigError(`exec plugin: invalid apiVersion ${JSON.stringify(apiVersion)}`);
  const refusal = target.pluginPolicy && refusalOf(target.pluginPolicy, normalize(exec.command ?? ""));
  if (refusal) throw failed(refusal);
  const mode = interactiveModeOf(exec);
  const terminal = Boolean(process.stdin.isTTY);
  if (mode === "Always" && !terminal) throw failed("exec plugin cannot support interactive mode: standard input is not a terminal");
  const interactive = mode !== "Never" && terminal;
  const info = {
    kind: "ExecCredential",
    apiVersion,
    spec: { ...(exec.provideClusterInfo ? { cluster: clusterInfo(target) } : {}), interactive },
  };
  const answer = parseAnswer(await output(exec, { info: JSON.stringify(info), interactive }));
  if (answer.apiVersion !== apiVersion)
    throw failed(`exec plugin is configured to use API version ${apiVersion}, plugin returned version ${answer.apiVersion ?? ""}`);
  const { status } = answer;
  if (!status) throw failed("exec plugin didn't return a status field");
  const { token = "", clientCertificateData: cert = "", clientKeyData: key = "" } = status;
  if (token === "" && cert === "" && key === "") throw failed("exec plugin didn't return a token or cert/key pair");
  if ((cert === "") !== (key === "")) throw failed("exec plugin returned only certificate or key, not both");
  return { authorization: token ? `Bearer ${token}` : "", ...(cert ? { cert, key } : {}) };
}

function parseAnswer(text: string): ExecCredential {
  try {
    return JSON.parse(text) as ExecCredential;
  } catch (error) {
    throw failed(`decoding stdout: couldn't get version/kind; json parse error: ${(error as Error).message}`);
  }
}

function clusterInfo({ server, cluster }: Target): Record<string, unknown> {
  const authority = materialOf(cluster["certificate-authority-data"], cluster["certificate-authority"], "certificate-authority");
  return {
    server,
    ...(cluster["tls-server-name"] ? { "tls-server-name": cluster["tls-server-name"] } : {}),
    ...(cluster["insecure-skip-tls-verify"] ? { "insecure-skip-tls-verify": true } : {}),
    ...(authority ? { "certificate-authority-data": authority.toString("base64") } : {}),
    config: cluster.extensions?.find(({ name }) => name === `${group}/exec`)?.extension ?? null,
  };
}

function output(exec: ExecPlugin, { info, interactive }: { info: string; interactive: boolean }): Promise<string> {
  const command = normalize(exec.command ?? "");
  const env = {
    ...process.env,
    ...Object.fromEntries((exec.env ?? []).map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: info,
  };
  return new Promise((resolve, reject) => {
    const child = spawn(command, exec.args ?? [], { env, stdio: [interactive ? "inherit" : "ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.on("error", () =>
      reject(failed(`exec: executable ${command} not found${notInstalled}${exec.installHint ? `\n\n${exec.installHint}` : ""}`)),
    );
    child.on("close", (code) => {
      if (code === 0) resolve(text);
      else reject(failed(`exec: executable ${command} failed with exit code ${code ?? -1}`));
    });
  });
}
