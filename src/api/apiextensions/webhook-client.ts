/** Where a webhook is reached, and by whom its certificate is signed. */
import { X509Certificate } from "node:crypto";
import { checkDns1123Subdomain, checkPortNumber } from "#codec/mod.ts";
import type { Problems } from "../checks/problems.ts";
import type { AnyObject } from "../rules.ts";

export function checkWebhookClient({ url, service }: AnyObject, path: string, problems: Problems): void {
  if ((url === undefined) === (service === undefined)) problems.required(path, "exactly one of url or service is required");
  else if (url !== undefined) checkUrl(url, `${path}.url`, problems);
  else checkService(service, `${path}.service`, problems);
}

const form = "; desired format: https://host[/path]";

function checkUrl(text: string, at: string, problems: Problems): void {
  const parts = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?[^?#]*(\?[^#]*)?(#.*)?$/.exec(text);
  const [, scheme = "", authority = "", query = "", fragment = ""] = parts ?? [];
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  if (scheme !== "https") problems.invalid(at, scheme, `'https' is the only allowed URL scheme${form}`);
  if (host === "") problems.invalid(at, host, `host must be specified${form}`);
  if (authority.includes("@"))
    problems.invalid(at, authority.slice(0, authority.lastIndexOf("@")), "user information is not permitted in the URL");
  if (fragment.length > 1) problems.invalid(at, fragment.slice(1), "fragments are not permitted in the URL");
  if (query.length > 1) problems.invalid(at, query.slice(1), "query parameters are not permitted in the URL");
}

/** Upstream confuses name and namespace when it says which one is missing. */
function checkService({ name, namespace, path, port = 443 }: AnyObject, at: string, problems: Problems): void {
  if (!namespace) problems.required(`${at}.name`);
  if (!name) problems.required(`${at}.namespace`);
  const texts = checkPortNumber(port);
  if (texts.length > 0) problems.invalid(`${at}.port`, port, `port is not valid: ${texts.join(", ")}`);
  if (path === undefined || path === "" || path === "/") return;
  if (path === "//") return problems.invalid(`${at}.path`, path, "segment[0] may not be empty");
  if (!path.startsWith("/")) problems.invalid(`${at}.path`, path, "must start with a '/'");
  const steps = path.slice(1).replace(/\/$/, "").split("/");
  for (const [i, step] of steps.entries()) {
    if (step === "") problems.invalid(`${at}.path`, path, `segment[${i}] may not be empty`);
    else for (const text of checkDns1123Subdomain(step)) problems.invalid(`${at}.path`, path, `segment[${i}]: ${text}`);
  }
}

export function checkCaBundle(bundle: string, at: string, problems: Problems): void {
  if (!isCaBundle(bundle))
    problems.invalid(at, bundle, "unable to load root certificates: data does not contain any valid RSA or ECDSA certificates");
}

/** Base64 of PEM with at least one certificate, and none that cannot be read. */
export function isCaBundle(bundle: string): boolean {
  const blocks = Buffer.from(bundle, "base64")
    .toString()
    .match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g);
  return blocks?.every(isCertificate) ?? false;
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}
