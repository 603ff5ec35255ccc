/** Objects of a custom kind in another version, as the definition's webhook makes them. Errors are in upstream's words. */
import {
  bodyOf,
  type CustomResourceDefinition,
  type KubeObject,
  Problems,
  type StoredAs,
  validateAnnotations,
  validateLabels,
} from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { failure } from "../request/errors.ts";

export type Convert = NonNullable<StoredAs["convert"]>;
type Loose = KubeObject & Record<string, unknown>;

export interface ConversionTarget {
  url?: string;
  caBundle?: string;
  service?: { namespace?: string; name?: string; path?: string; port?: number };
}

/** How a webhook is asked: what it answers is read as JSON; throws an Error that says why there is no answer. */
export interface Asking {
  post(target: ConversionTarget, body: object, options: { timeoutMs: number }): Promise<unknown>;
  uid(): string;
}

const timeoutMs = 30_000;
const group = "apiextensions.k8s.io";

/** Undefined: versions of the kind differ in nothing but their names. */
export function conversionOf({ spec }: CustomResourceDefinition, { post, uid }: Asking): Convert | undefined {
  const { strategy, webhook } = spec?.conversion ?? {};
  if (strategy !== "Webhook") return undefined;
  const version = webhook?.conversionReviewVersions?.find((each) => each === "v1" || each === "v1beta1");
  const kind = spec?.names?.kind ?? "";
  return async (objects, apiVersion) => {
    const whom = `conversion webhook for ${objects[0]?.apiVersion}, Kind=${kind}`;
    const refuse = (why: string) => failure(500, "", `${whom} ${why}`);
    if (!version) throw failure(500, "", "no supported conversion review versions");
    const request = { uid: uid(), desiredAPIVersion: apiVersion, objects };
    const review = { kind: "ConversionReview", apiVersion: `${group}/${version}`, request };
    let answers: Loose[];
    try {
      answers = answersOf(await post(webhook?.clientConfig ?? {}, review, { timeoutMs }), version, request.uid);
    } catch (error) {
      throw refuse(`failed: ${messageOf(error)}`);
    }
    if (answers.length !== objects.length) throw refuse(`returned ${answers.length} objects, expected ${objects.length}`);
    return answers.map((answer, index) => {
      const wrong = wrongWith(objects[index] as Loose, answer, apiVersion);
      if (wrong) throw refuse(`returned invalid ${wrong.of}${wrong.isVersion ? ` at index ${index}` : ""}: ${wrong.why}`);
      return { ...answer, metadata: restored(objects[index] as Loose, answer) };
    });
  };
}

interface Review {
  apiVersion?: string;
  kind?: string;
  response?: { uid?: string; result?: { status?: string; message?: string }; convertedObjects?: Loose[] } | null;
}

function answersOf(answer: unknown, version: string, uid: string): Loose[] {
  const { apiVersion = "", kind = "", response } = (answer ?? {}) as Review;
  // Reviews of v1beta1 were never held to these.
  const isStrict = version === "v1";
  if (isStrict && (apiVersion !== `${group}/${version}` || kind !== "ConversionReview"))
    throw new Error(`expected webhook response of ${group}/${version}, Kind=ConversionReview, got ${apiVersion}, Kind=${kind}`);
  if (!response) throw new Error("no response provided");
  if (isStrict && response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")}`);
  const { status = "", message } = response.result ?? {};
  if (status !== "Success") throw new Error(message || `response.result.status was '${status}', not 'Success'`);
  return response.convertedObjects ?? [];
}

interface Wrong {
  of: "object" | "metadata";
  isVersion?: boolean;
  why: string;
}

function wrongWith(original: Loose, answer: Loose, apiVersion: string): Wrong | undefined {
  if (answer.apiVersion !== apiVersion) {
    const why = `invalid groupVersion (expected ${apiVersion}, received ${answer.apiVersion ?? ""})`;
    return { of: "object", isVersion: true, why };
  }
  if (answer.kind !== original.kind)
    return { of: "object", isVersion: true, why: `invalid kind (expected ${original.kind}, received ${answer.kind ?? ""})` };
  const meta: unknown = answer.metadata;
  for (const [key, told] of [
    ["name", "name"],
    ["namespace", "namespace"],
    ["uid", "UID"],
  ] as const) {
    const is = original.metadata[key] ?? "";
    const got = (meta as Loose["metadata"] | undefined)?.[key] ?? "";
    if (is !== got) return { of: "object", why: `must have the same ${told}: ${is} != ${got}` };
  }
  if (meta === undefined || meta === null) return { of: "metadata", why: "missing metadata in converted object" };
  const problems = new Problems();
  for (const field of ["labels", "annotations"] as const) {
    const given: unknown = answer.metadata[field];
    if (given === undefined || given === null) continue;
    if (typeof given !== "object" || Array.isArray(given))
      return { of: "metadata", why: `invalid metadata.${field} of type ${goType(given)} in converted object` };
    for (const [key, value] of Object.entries(given))
      if (typeof value !== "string")
        return { of: "metadata", why: `metadata.${field}[${key}] must be a string, but is ${goType(value)} in converted object` };
  }
  validateLabels(answer.metadata.labels, "metadata.labels", problems);
  validateAnnotations(answer.metadata.annotations, "metadata.annotation", problems);
  const texts = problems.list.map((problem) => `${problem.field}: ${bodyOf(problem)}`);
  if (texts.length > 0) return { of: "metadata", why: texts.length === 1 ? texts[0]! : `[${texts.join(", ")}]` };
  return undefined;
}

function goType(value: unknown): string {
  if (value === null) return "<nil>";
  if (Array.isArray(value)) return "[]interface {}";
  if (typeof value === "object") return "map[string]interface {}";
  if (typeof value === "number") return Number.isInteger(value) ? "int64" : "float64";
  return typeof value === "boolean" ? "bool" : "string";
}

/** A conversion may change labels and annotations, nothing else of metadata. */
function restored({ metadata: original }: Loose, { metadata }: Loose): Loose["metadata"] {
  const { labels: _, annotations: __, ...kept } = original;
  const { labels, annotations } = metadata;
  return { ...kept, ...(labels ? { labels } : {}), ...(annotations ? { annotations } : {}) };
}
