/** Who a target's user is to the server: certificate and authorization header, from the file or from a program that it names. */
import { KubeconfigError, materialOf } from "./config.ts";
import type { Credentials, Target } from "./target.ts";

export async function credentialsOf(target: Target): Promise<Credentials> {
  const { user } = target;
  const cert = materialOf(user["client-certificate-data"], user["client-certificate"], "client-cert");
  const key = materialOf(user["client-key-data"], user["client-key"], "client-key");
  const own = { ...(cert && { cert }), ...(key && { key }) };
  // The file wins over the token: it is what is renewed.
  const token = user.tokenFile ? materialOf(undefined, user.tokenFile, "tokenFile")!.toString().trim() : user.token;
  if (token) return { authorization: `Bearer ${token}`, ...own };
  if (user.username || user.password)
    return { authorization: `Basic ${Buffer.from(`${user.username ?? ""}:${user.password ?? ""}`).toString("base64")}`, ...own };
  if (user["auth-provider"]) return { authorization: providerToken(user["auth-provider"]), ...own };
  if (user.exec && !cert) return (await import("./exec-plugin.ts")).runPlugin(user.exec, target);
  return { authorization: "", ...own };
}

const removed: Readonly<Record<string, string>> = {
  gcp: `The gcp auth plugin has been removed.
Please use the "gke-gcloud-auth-plugin" kubectl/client-go credential plugin instead.
See https://cloud.google.com/blog/products/containers-kubernetes/kubectl-auth-changes-in-gke for further details`,
  azure: `The azure auth plugin has been removed.
Please use the https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead.
See https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins for further details`,
};

function providerToken({ name = "", config = {} }: { name?: string; config?: Record<string, string> }): string {
  if (removed[name]) throw new KubeconfigError(removed[name]);
  if (name !== "oidc") throw new KubeconfigError(`no Auth Provider found for name ${JSON.stringify(name)}`);
  if (!config["id-token"]) throw new KubeconfigError("No valid id-token, and cannot refresh without refresh-token");
  return `Bearer ${config["id-token"]}`;
}
