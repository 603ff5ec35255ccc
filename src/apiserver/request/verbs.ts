/** Leads a resource request to its verb, or to the hook, connecter or subresource that answers it. */
import { type Catalog, managerName, type Resource } from "#api/mod.ts";
import { applyJsonPatch, applyMergePatch, parseExact } from "#codec/mod.ts";
import { shown } from "../catalog/conversions.ts";
import type { ComputedKind, Connecter, CreateHandler, RequestInfo } from "../contract.ts";
import { bodyMedia, negotiate, patchType } from "../http/negotiate.ts";
import { pageNotFound } from "../http/paths.ts";
import { offerFor } from "../http/views.ts";
import { getComputed, listComputed } from "../read/computed.ts";
import { get, list, type ReadContext, watch } from "../read/read.ts";
import type { Stored } from "../read/record.ts";
import { scaleOf, writeScale } from "../subresources/scale.ts";
import { bind, evict, objectBody } from "../subresources/subresources.ts";
import { checkName, checkNamespace } from "../write/addressed.ts";
import { deleteCollection, deleteOne } from "../write/delete.ts";
import { tracked } from "../write/managed-fields.ts";
import { patch } from "../write/patch.ts";
import { admit, attributesOf, type Change, create, stamp, update, validateAdmission, type WriteContext } from "../write/write.ts";
import { decodeAs, readBody, readObjectBody, setDefaults } from "./body.ts";
import type { Answer, ResourceCall } from "./call.ts";
import { badRequest, internal, invalid, methodNotAllowed, methodNotSupported, noSuchPath, notFound } from "./errors.ts";
import { writeOptions } from "./options.ts";

export interface VerbContext extends ReadContext, WriteContext {
  createHandlers: ReadonlyMap<string, CreateHandler>;
  connecters: ReadonlyMap<string, Connecter>;
  computed: ReadonlyMap<string, ComputedKind>;
  /** Resources (`cronjobs.batch`) whose controller does not run here. */
  withoutController: ReadonlySet<string>;
  catalog: Catalog;
}

export async function runVerb(context: VerbContext, call: ResourceCall): Promise<Answer> {
  const { definition, info } = call;
  if (definition.schema.structural && isElsewhere(definition, info)) return pageNotFound();
  if (!methods.has(call.method) && info.subresource !== "proxy") throw methodNotAllowed();
  // Before anything is done: a write whose answer nobody can read is not made.
  if (info.verb !== "watch" && !streamed.has(info.subresource))
    negotiate(call.request.headers.accept as string | undefined, offerFor(call));
  if (info.subresource) return runSubresource(context, call);
  if (hostile(info.name) || hostile(info.namespace)) throw noSuchPath();
  if (definition.namespaced && !info.namespace && info.name && !info.fieldRequirements) throw noSuchPath();
  if (!definition.namespaced && info.namespace && !(definition.resource === "namespaces" && definition.group === "")) throw noSuchPath();
  if (info.name ? info.verb === "create" : info.verb === "update" || info.verb === "patch") throw methodNotAllowed();
  if (
    definition.namespaced &&
    !info.namespace &&
    (info.verb === "create" || info.verb === "deletecollection") &&
    definition.storagePrefix !== ""
  )
    throw methodNotAllowed();
  if (!definition.verbs.includes(info.verb)) throw refused(definition, info.verb, info.name);
  const computed = context.computed.get(definition.id);
  if (computed) return info.verb === "get" ? getComputed(computed, call) : listComputed(computed, call);
  switch (info.verb) {
    case "get":
      return get(context, call);
    case "list":
      return list(context, call);
    case "watch":
      return watch(context, call);
    case "create":
      return createVerb(context, call);
    case "update":
      return updateVerb(context, call, "");
    case "patch":
      return patch(context, call);
    case "delete":
      return deleteOne(context, call, await deleteBody(call));
    case "deletecollection":
      return deleteCollection(context, call, await deleteBody(call));
    default:
      throw methodNotAllowed();
  }
}

/** What others answer, in forms of their own. */
const streamed = new Set(["proxy", "log", "exec", "attach", "portforward"]);

/** No resource is asked by another; what is passed on to others takes what they take. */
const methods = new Set(["GET", "POST", "PUT", "PATCH", "DELETE"]);

/** Custom kinds answer in their own scope only; upstream's mux knows no other path of theirs. */
function isElsewhere({ namespaced }: Resource, { namespace, verb }: RequestInfo): boolean {
  return namespaced ? !namespace && verb !== "list" && verb !== "watch" : namespace !== "";
}

/** A slash or a climb in a name would reach another key. */
const hostile = (name: string) => name.includes("/") || name === "." || name === "..";

function refused(definition: Resource, verb: string, name: string): Error {
  if (verb === "create" && name) return methodNotAllowed();
  return verb === "list" ||
    verb === "get" ||
    verb === "create" ||
    verb === "update" ||
    verb === "patch" ||
    verb === "delete" ||
    verb === "deletecollection"
    ? methodNotAllowed()
    : methodNotSupported(definition, verb);
}

async function deleteBody({ request, audit }: ResourceCall): Promise<unknown> {
  const bytes = request.object ? undefined : await request.body();
  const body =
    request.object ?? (bytes?.length ? await readBody(bytes, bodyMedia(request.headers["content-type"] as string | undefined)) : undefined);
  // As upstream records it, in a version that is its own.
  if (typeof body === "object" && body !== null) audit?.sent({ ...body, kind: "DeleteOptions", apiVersion: "meta.k8s.io/__internal" });
  return body;
}

/** The body as an object of the resource's kind, checked against the URL, with defaults. */
async function readObject({ catalog }: VerbContext, call: ResourceCall, validation: "Strict" | "Warn" | "Ignore"): Promise<Stored> {
  const { definition, request } = call;
  const media = bodyMedia(request.headers["content-type"] as string | undefined);
  const duplicates: string[] = [];
  const duplicate = (text: string) => void duplicates.push(text);
  const value =
    request.object ?? (await readObjectBody(definition.kind, await request.body(), media, validation === "Ignore" ? undefined : duplicate));
  checkKind(catalog, definition, value);
  const { object, warnings } = decodeAs(definition, value, validation, duplicates);
  call.warnings.push(...warnings);
  setDefaults(definition, object);
  object.kind = definition.kind;
  object.apiVersion = definition.apiVersion;
  call.audit?.sent(object);
  return object;
}

function checkKind(catalog: Catalog, definition: Resource, value: unknown): void {
  const { kind: expected, apiVersion: own, group, version } = definition;
  const { apiVersion = "", kind = "" } = value as { apiVersion?: unknown; kind?: unknown };
  const givenVersion = apiVersion === "" ? own : String(apiVersion);
  const givenKind = kind === "" ? expected : String(kind);
  if (givenVersion === own && givenKind === expected) return;
  if (definition.schema.structural) {
    if (givenVersion === own) throw wrongCustomKind(definition, givenKind, value);
    throw badRequest(`the API version in the data (${givenVersion}) does not match the expected API version (${own})`);
  }
  const shortVersion = givenVersion.slice(givenVersion.indexOf("/") + 1);
  const as = `${givenKind} in version ${JSON.stringify(catalog.kind(givenVersion, givenKind) ? shortVersion : givenVersion)} cannot be handled as a ${expected}`;
  if (!catalog.kind(givenVersion, givenKind))
    throw badRequest(
      `${as}: no kind ${JSON.stringify(givenKind)} is registered for version ${JSON.stringify(givenVersion)} in scheme "pkg/runtime/scheme.go:110"`,
    );
  if (givenKind === expected)
    throw badRequest(`the API version in the data (${givenVersion}) does not match the expected API version (${group ? own : version})`);
  throw badRequest(
    `${as}: converting (${shortVersion}.${givenKind}) to (${group === "" ? "core" : group.split(".")[0]}.${expected}): unknown conversion`,
  );
}

/** Upstream reads any object, and finds out when it is checked. */
function wrongCustomKind({ group, kind: expected }: Resource, kind: string, value: unknown): Error {
  const { name = "" } = (value as { metadata?: { name?: string } }).metadata ?? {};
  const message = `kind: Invalid value: ${JSON.stringify(kind)}: must be ${expected}`;
  return invalid({ group, resource: kind }, name, [{ type: "FieldValueInvalid", field: "kind", message }]);
}

async function createVerb(context: VerbContext, call: ResourceCall): Promise<Answer> {
  const { definition, info, request } = call;
  if (info.name) throw methodNotAllowed();
  const handler = context.createHandlers.get(definition.id);
  const options = writeOptions(call.query, "CreateOptions");
  const object = await readObject(context, call, options.fieldValidation);
  checkNamespace(definition, object, info.namespace);
  // What is in no namespace loses one that is said anyhow.
  if (!definition.namespaced) delete object.metadata.namespace;
  const change: Change = {
    call,
    definition,
    subresource: "",
    namespace: info.namespace,
    name: object.metadata.name ?? "",
    dryRun: options.dryRun,
    options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1", ...options },
  };
  if (definition.resource === "bindings" && definition.group === "") {
    // The name is the object's here, and not the path's.
    if (!object.metadata.name) throw badRequest("Name parameter required.");
    return bind(context, call, context.catalog.find("", "v1", "pods")!, object.metadata.name, object);
  }
  const manager = managerName(options.fieldManager, (request.headers["user-agent"] as string | undefined) ?? "");
  const managed = tracked(definition, object, undefined, { manager, subresource: "", time: stamp(context.clock) });
  if (handler) {
    const attributes = attributesOf(change, "CREATE", managed);
    await admit(context, attributes);
    await validateAdmission(context, attributes);
    // Without its definition: an answer that is never stored has no table and no metadata to view.
    return { kind: "object", status: 201, object: await handler(attributes, context.storage) };
  }
  if (context.withoutController.has(definition.id))
    call.warnings.push(`${definition.id} are stored, but the controller that acts on them does not run in this cluster yet`);
  return create(context, change, managed);
}

async function updateVerb(context: VerbContext, call: ResourceCall, subresource: string): Promise<Answer> {
  const { definition, info, request } = call;
  const options = writeOptions(call.query, "UpdateOptions");
  const sent = await readObject(context, call, options.fieldValidation);
  checkName(sent, info.name);
  if (info.namespace) checkNamespace(definition, sent, info.namespace);
  const manager = managerName(options.fieldManager, (request.headers["user-agent"] as string | undefined) ?? "");
  let first: Stored | undefined = sent;
  const fresh = () => {
    // A second round starts from what was sent, not from what admission and resets made of it.
    const object = first ?? decodeAs(definition, parseExact(text!), "Ignore").object;
    first = undefined;
    return object;
  };
  const text = sent.metadata.resourceVersion ? undefined : JSON.stringify(sent);
  return update(context, {
    call,
    definition,
    subresource,
    namespace: info.namespace,
    name: info.name,
    dryRun: options.dryRun,
    options: { kind: "UpdateOptions", apiVersion: "meta.k8s.io/v1", ...options },
    retries: false,
    make: (old) => tracked(definition, fresh(), old.object, { manager, subresource, time: stamp(context.clock) }),
    makeNew: subresource
      ? undefined
      : async () => {
          await context.mayAlso(call, "create");
          return tracked(definition, fresh(), undefined, { manager, subresource, time: stamp(context.clock) });
        },
  });
}

/** Pod subresources that change one part of the spec; what else the body changes is dropped. */
const podParts: Record<string, string> = { ephemeralcontainers: "ephemeralContainers", resize: "containers" };

async function runSubresource(context: VerbContext, call: ResourceCall): Promise<Answer> {
  const { definition, info, request } = call;
  const declared = definition.subresources.find(({ name }) => name === info.subresource);
  if (!declared) throw definition.schema.structural ? notFound(definition, info.name) : noSuchPath();
  if (definition.namespaced && !info.namespace) throw noSuchPath();
  const id = `${definition.id}/${info.subresource}`;
  const connecter = context.connecters.get(id);
  if (connecter || isStreaming(info.subresource)) {
    if (takesInput.has(id)) await context.mayAlso(call, "create");
    if (!connecter || !request.exchange)
      throw badRequest(`${id} is not available on this server: nothing is set up to reach the node of ${JSON.stringify(info.name)}`);
    return connectVerb(context, call, connecter);
  }
  if (!declared.verbs.includes(info.verb)) throw methodNotAllowed();
  const create_ = context.createHandlers.get(id);
  if (create_) return createSub(context, call, create_);
  switch (info.subresource) {
    case "scale":
      return scale(context, call);
    case "binding":
      return bind(context, call, definition, info.name, await objectBody(call));
    case "eviction":
      return evict(context, call, context.catalog.find("policy", "v1", "poddisruptionbudgets")!, await objectBody(call));
    default:
      if (info.verb === "get") return get(context, call);
      return info.verb === "patch" ? patch(context, call, info.subresource) : updateVerb(context, call, info.subresource);
  }
}

/** A WebSocket opens these by GET: reading them is not the right to run something. */
const takesInput = new Set(["pods/exec", "pods/attach", "pods/portforward"]);
const isStreaming = (name: string) => ["proxy", "exec", "attach", "portforward", "log"].includes(name);

async function createSub(context: VerbContext, call: ResourceCall, handler: CreateHandler): Promise<Answer> {
  const { definition, info } = call;
  const options = writeOptions(call.query, "CreateOptions");
  const record = context.cacheOf(definition).get(info.namespace, info.name);
  if (!record) throw notFound(definition, info.name);
  const change: Change = {
    call,
    definition,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    dryRun: options.dryRun,
    options: { ...options },
  };
  const attributes = attributesOf(change, "CREATE", await objectBody(call), record);
  const declared = definition.subresources.find(({ name }) => name === info.subresource)!;
  attributes.kind = { group: declared.group ?? definition.group, version: declared.version ?? definition.version, kind: declared.kind };
  await admit(context, attributes);
  await validateAdmission(context, attributes);
  return { kind: "object", status: 201, object: await handler(attributes, context.storage) };
}

async function connectVerb(context: VerbContext, call: ResourceCall, connecter: Connecter): Promise<Answer> {
  const { definition, info } = call;
  const change: Change = {
    call,
    definition,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    dryRun: false,
    options: Object.fromEntries(call.query),
  };
  const attributes = attributesOf(change, "CONNECT", undefined, context.cacheOf(definition).get(info.namespace, info.name));
  if (info.subresource !== "log") {
    await admit(context, attributes);
    await validateAdmission(context, attributes);
  }
  await connecter.connect(attributes, call.request.exchange!(call.query));
  return { kind: "taken", status: 200 };
}

async function scale(context: VerbContext, call: ResourceCall): Promise<Answer> {
  const { definition, info, request } = call;
  if (info.verb === "get") {
    const record = context.cacheOf(definition).get(info.namespace, info.name);
    if (!record) throw notFound(definition, info.name);
    const view = await shown(definition, record);
    const missing = definition.rules.scale?.read(view.object).missing;
    if (missing) throw internal(missing);
    return { kind: "object", status: 200, object: scaleOf(definition, view) };
  }
  const patching = info.verb === "patch";
  const kind = patching ? patchType(request.headers["content-type"] as string | undefined, definition.patches) : undefined;
  const options = writeOptions(call.query, patching ? "PatchOptions" : "UpdateOptions", kind === "apply");
  const change: Change = {
    call,
    definition,
    subresource: "scale",
    namespace: info.namespace,
    name: info.name,
    dryRun: options.dryRun,
    options: { ...options },
  };
  if (info.verb === "update") {
    const body = await objectBody(call);
    return writeScale(context, call, change, () => body);
  }
  const body = request.object ?? (await readBody(await request.body(), kind === "apply" ? "yaml" : "json"));
  call.audit?.sentPatch(JSON.stringify(body));
  if (kind === "apply")
    return writeScale(context, call, change, () => body, { manager: options.fieldManager, force: options.force === true });
  return writeScale(context, call, change, (now) => (kind === "json" ? applyJsonPatch(now, body) : applyMergePatch(now, body)));
}

export { podParts };
