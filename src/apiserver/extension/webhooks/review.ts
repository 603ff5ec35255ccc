/** What a webhook is asked and what it answers: AdmissionReview, v1 and v1beta1. Pure. */
import type { Attributes, User } from "../../contract.ts";

export interface Asked {
  uid: string;
  version: "v1" | "v1beta1";
  kind: GroupVersionKind;
  resource: GroupVersionResource;
  requestKind: GroupVersionKind;
  object: unknown;
  oldObject: unknown;
}

export interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}

export interface GroupVersionResource {
  group: string;
  version: string;
  resource: string;
}

export interface Verdict {
  allowed: boolean;
  status: Record<string, unknown> | undefined;
  /** A JSON patch, as text. */
  patch: string;
  patchType: string;
  warnings: readonly string[];
  auditAnnotations: Readonly<Record<string, string>>;
}

const group = "admission.k8s.io";

/** The first that both sides speak; undefined: none. */
export function reviewVersion(spoken: readonly string[]): Asked["version"] | undefined {
  return spoken.find((each) => each === "v1" || each === "v1beta1") as Asked["version"] | undefined;
}

export function reviewOf(attributes: Attributes, asked: Asked): object {
  const { subresource, operation, user, dryRun, version, resource } = attributes;
  const isNamespace = attributes.group === "" && resource === "namespaces";
  const namespace = isNamespace ? attributes.namespace || attributes.name : attributes.namespace;
  return {
    kind: "AdmissionReview",
    apiVersion: `${group}/${asked.version}`,
    request: {
      uid: asked.uid,
      kind: asked.kind,
      resource: asked.resource,
      ...(subresource && { subResource: subresource }),
      requestKind: asked.requestKind,
      requestResource: { group: attributes.group, version, resource },
      ...(subresource && { requestSubResource: subresource }),
      ...(attributes.name && { name: attributes.name }),
      ...(namespace && { namespace }),
      operation,
      userInfo: userInfo(user),
      object: asked.object ?? null,
      oldObject: asked.oldObject ?? null,
      dryRun,
      options: operation === "CONNECT" ? null : optionsOf(attributes),
    },
  };
}

function userInfo({ name, uid, groups, extra }: User): object {
  return {
    username: name,
    ...(uid && { uid }),
    ...(groups.length > 0 && { groups }),
    ...(extra && Object.keys(extra).length > 0 && { extra }),
  };
}

function optionsOf({ options, dryRun, operation, info }: Attributes): object {
  const kinds = {
    CREATE: "CreateOptions",
    UPDATE: info.verb === "patch" ? "PatchOptions" : "UpdateOptions",
    DELETE: "DeleteOptions",
    CONNECT: "",
  };
  const kept = ["gracePeriodSeconds", "preconditions", "orphanDependents", "propagationPolicy", "force", "fieldManager"];
  const own = kept.filter((key) => options[key] !== undefined && options[key] !== "").map((key) => [key, options[key]]);
  return {
    kind: options.kind ?? kinds[operation],
    apiVersion: "meta.k8s.io/v1",
    ...(dryRun && { dryRun: ["All"] }),
    ...Object.fromEntries(own),
    ...(options.fieldValidation && options.fieldValidation !== "Warn" ? { fieldValidation: options.fieldValidation } : {}),
  };
}

interface Response {
  uid?: unknown;
  allowed?: unknown;
  status?: Record<string, unknown>;
  patch?: string;
  patchType?: string;
  warnings?: string[];
  auditAnnotations?: Record<string, string>;
}

/** Throws an Error that says what is wrong with the answer. */
export function verdictOf(answer: unknown, { uid, version }: Pick<Asked, "uid" | "version">, mutating: boolean): Verdict {
  const { kind, apiVersion, response } = (answer ?? {}) as { kind?: string; apiVersion?: string; response?: Response };
  if (!response) throw new Error("webhook response was absent");
  const { patch = "", patchType } = response;
  if (version === "v1") {
    if (response.uid !== uid) throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? "")}`);
    const [ofGroup = "", ofVersion = ""] = (apiVersion ?? "").split("/");
    if (apiVersion !== `${group}/v1` || kind !== "AdmissionReview")
      throw new Error(`expected webhook response of ${group}/v1, Kind=AdmissionReview, got ${ofGroup}/${ofVersion}, Kind=${kind ?? ""}`);
    checkPatch(patch, patchType, mutating);
  }
  return {
    allowed: response.allowed === true,
    status: response.status,
    patch: mutating ? Buffer.from(patch, "base64").toString() : "",
    patchType: mutating && patch !== "" ? (patchType ?? "JSONPatch") : "",
    warnings: response.warnings ?? [],
    auditAnnotations: response.auditAnnotations ?? {},
  };
}

function checkPatch(patch: string, type: string | undefined, mutating: boolean): void {
  if (!mutating) {
    if (patch !== "") throw new Error("validating webhook may not return response.patch");
    if (type !== undefined) throw new Error("validating webhook may not return response.patchType");
    return;
  }
  if (patch !== "" && type === undefined) throw new Error("webhook returned response.patch but not response.patchType");
  if (patch === "" && type !== undefined) throw new Error("webhook returned response.patchType but not response.patch");
  if (type === "") throw new Error('webhook returned invalid response.patchType of ""');
}

/** The refusal as the client sees it: the webhook's own Status, which can be no success. */
export function denial(
  hook: string,
  given: Record<string, unknown> | undefined,
): Record<string, unknown> & { code: number; message: string } {
  const status = given ?? {};
  const by = `admission webhook ${JSON.stringify(hook)} denied the request`;
  const code = typeof status.code === "number" && status.code >= 400 ? status.code : 400;
  const message = status.message ? `${by}: ${status.message}` : status.reason ? `${by}: ${status.reason}` : `${by} without explanation`;
  const failure = !status.status || status.status === "Success" ? "Failure" : status.status;
  return { kind: "Status", apiVersion: "v1", metadata: {}, ...status, status: failure, message, code };
}
