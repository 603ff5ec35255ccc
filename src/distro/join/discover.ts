/**
 * First contact with a cluster: who answers is believed only when what it says is signed by the token's secret, and its authority
 * is the one whose hash came with the token. Upstream's order: read without trust, judge, read again with trust, compare.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { request } from "node:https";
import { readKubeconfigText } from "./read-info.ts";
import { caHashOf, type JoinToken } from "./token.ts";
import { infoRef } from "./welcome.ts";

const answerMs = 10_000;
const mostBytes = 1024 * 1024;
const path = `/api/v1/namespaces/${infoRef.namespace}/configmaps/${infoRef.name}`;

export interface Discovered {
  /** PEM. */
  ca: string;
  /** As the cluster names itself; may be another address than the one that was asked. */
  server: string;
}

export async function discover(server: string, token: JoinToken): Promise<Discovered> {
  const found = judge(await fetchInfo(server), token);
  // Now with trust: whoever stood between would need the authority's key.
  const again = judge(await fetchInfo(server, found.ca), token);
  if (again.ca !== found.ca) throw new Error(`${server} names two different authorities within a moment: try again`);
  return found;
}

type InfoData = Record<string, string>;

/** Throws when what the server told about itself is not the cluster's own word. */
export function judge(data: InfoData, token: JoinToken): Discovered {
  const content = data.kubeconfig;
  if (content === undefined) throw new Error("the cluster tells nothing of itself in kube-public/cluster-info");
  const signature = data[`jws-kubeconfig-${token.id}`];
  if (signature === undefined)
    throw new Error(`the cluster knows no token ${token.id}, or it has run out: make one with spoke token create on the server`);
  if (!isSigned(content, signature, token)) throw new Error("what the server tells of itself was not signed with this token's secret");
  const { server, ca } = readKubeconfigText(content);
  const hash = caHashOf(ca);
  if (token.caHash !== undefined && hash !== token.caHash)
    throw new Error(`the server's authority is not the one that the token names: it is ${hash}, not ${token.caHash}; do not go on`);
  return { server, ca };
}

/** A JWS whose payload is the content beside it. */
function isSigned(content: string, signature: string, { id, secret }: JoinToken): boolean {
  const [header = "", payload, mac = ""] = signature.split(".");
  if (payload !== "") return false;
  const parsed = jsonOf(Buffer.from(header, "base64url").toString());
  if (parsed?.alg !== "HS256" || parsed.kid !== id) return false;
  const wanted = createHmac("sha256", secret)
    .update(`${header}.${Buffer.from(content).toString("base64url")}`)
    .digest();
  const given = Buffer.from(mac, "base64url");
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}

function jsonOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined; // not signed by anybody who knows how
  }
}

/** Without an authority nobody's certificate is judged, and nothing is told to the other side. */
function fetchInfo(server: string, ca?: string): Promise<InfoData> {
  return new Promise((resolve, reject) => {
    const failed = (why: string, cause?: Error) => reject(new Error(`${server}${path}: ${why}`, { cause }));
    const options = {
      agent: false,
      timeout: answerMs,
      headers: { accept: "application/json" },
      ...(ca ? { ca } : { rejectUnauthorized: false }),
    };
    const call = request(`${server}${path}`, options, (response) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      response.on("data", (part: Buffer) => {
        parts.push(part);
        bytes += part.length;
        if (bytes > mostBytes) call.destroy(new Error("the answer is too long"));
      });
      response.on("end", () => {
        if (response.statusCode === 404 || response.statusCode === 403)
          return failed(`HTTP ${response.statusCode}: this cluster does not invite machines; start it with spoke server`);
        if (response.statusCode !== 200) return failed(`HTTP ${response.statusCode}`);
        const data = jsonOf(Buffer.concat(parts).toString())?.data;
        if (typeof data !== "object" || data === null) return failed("not a ConfigMap");
        resolve(data as InfoData);
      });
      response.on("error", (error) => failed("the answer broke off", error));
    });
    call.on("timeout", () => call.destroy(new Error(`no answer within ${answerMs / 1000} s`)));
    call.on("error", (error) => failed("cannot be reached", error));
    call.end();
  });
}
