/** Asks a program for credentials: a request on its standard input, an answer on its standard output. */
import { join } from "node:path";
import { type Clock, messageOf } from "#base/mod.ts";
import { tryRun } from "#linux/mod.ts";
import type { NodeMetrics } from "../../metrics/node-metrics.ts";
import type { Login } from "../keyring.ts";

/** Upstream's, for every program. */
const longestMs = 60_000;
const group = "credentialprovider.kubelet.k8s.io";

export interface Program {
  name: string;
  folder: string;
  apiVersion: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
}

export interface Question {
  image: string;
  token?: string;
  annotations?: Readonly<Record<string, string>>;
}

export interface Answer {
  cacheKeyType: string;
  /** Go's words; absent: as the configuration says. */
  cacheDuration?: string;
  auth: Record<string, Login>;
}

export interface ProgramTools {
  metrics: Pick<NodeMetrics, "credentialErrors" | "credentialDurations">;
  clock: Clock;
}

/** Rejects when there is no answer, or not one in the version in which it was asked. What it answers is never told. */
export async function askProgram(program: Program, question: Question, { metrics, clock }: ProgramTools): Promise<Answer> {
  const { name, folder, apiVersion, args, env } = program;
  const { image, token, annotations = {} } = question;
  const request = {
    kind: "CredentialProviderRequest",
    apiVersion,
    image,
    ...(token ? { serviceAccountToken: token } : {}),
    ...(Object.keys(annotations).length > 0 ? { serviceAccountAnnotations: annotations } : {}),
  };
  const labels = { plugin_name: name };
  const began = clock.monotonic();
  const failed = (why: string, said: string) => {
    metrics.credentialErrors.add(labels);
    return new Error(`error execing credential provider plugin ${name} for image ${image}: ${why}: ${said}`);
  };
  const ended = await tryRun([join(folder, name), ...args], { input: `${JSON.stringify(request)}\n`, env, timeoutMs: longestMs })
    .catch((error) => {
      throw failed(messageOf(error), "");
    })
    .finally(() => metrics.credentialDurations.add(labels, clock.monotonic() - began));
  if (ended.code === -1 && clock.monotonic() - began >= longestMs) throw failed("context deadline exceeded", ended.stderr);
  if (ended.code !== 0) throw failed(ended.code === -1 ? "signal: killed" : `exit status ${ended.code}`, ended.stderr);
  return answerOf(ended.stdout, apiVersion);
}

/** Throws when it is none. */
export function answerOf(text: string, apiVersion: string): Answer {
  const undecodable = new Error("error decoding credential provider plugin response from stdout");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("error reading GVK from response: couldn't get version/kind; json parse error");
  }
  const { apiVersion: given = "", kind, cacheKeyType, cacheDuration, auth } = (value ?? {}) as Record<string, unknown>;
  if (given !== apiVersion)
    throw new Error(
      `apiVersion from credential plugin response did not match expected apiVersion:${apiVersion}, actual apiVersion:${String(given)}`,
    );
  if (kind !== "CredentialProviderResponse" || !apiVersion.startsWith(`${group}/`)) throw undecodable;
  const logins: Record<string, Login> = {};
  for (const [place, login] of Object.entries(auth ?? {})) {
    const { username = "", password = "" } = (login ?? {}) as Record<string, unknown>;
    if (typeof username !== "string" || typeof password !== "string") throw undecodable;
    logins[place] = { username, password };
  }
  if (cacheDuration !== undefined && cacheDuration !== null && typeof cacheDuration !== "string") throw undecodable;
  return { cacheKeyType: String(cacheKeyType ?? ""), auth: logins, ...(typeof cacheDuration === "string" ? { cacheDuration } : {}) };
}
