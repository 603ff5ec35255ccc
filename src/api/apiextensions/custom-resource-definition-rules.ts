/** What the server knows of CustomResourceDefinition: defaults, what a write may set, what is refused, what tables show. */
import { checkDns1035Label, checkDns1123Subdomain } from "#codec/mod.ts";
import { immutable, subdomainName } from "../checks/object-meta.ts";
import { internalOf, oneOf } from "../checks/primitives.ts";
import type { Problems } from "../checks/problems.ts";
import { type AnyObject, rules } from "../rules.ts";
import { semanticEqual } from "../semantic-equal.ts";
import type { CustomResourceDefinition } from "./custom-resource-definition.ts";

const versionFields = [
  "Name",
  "Served",
  "Storage",
  "Deprecated",
  "DeprecationWarning",
  "Schema",
  "Subresources",
  "AdditionalPrinterColumns",
  "SelectableFields",
];

export const customResourceDefinitionRules = rules<CustomResourceDefinition>({
  names: subdomainName,
  conditional: true,
  status: () => ({ conditions: null, acceptedNames: { plural: "", kind: "" }, storedVersions: null }),
  defaults: defaultCustomResourceDefinition,
  warn: ({ spec }) => (saysAnywhere(spec, "x-kubernetes-validations") ? [rulesAreNotAsked] : []),
  deletion: {
    // Every delete leaves its objects to be deleted first.
    heldBy: ({ metadata }) => metadata.deletionTimestamp === undefined,
    marks: markForCleanUp,
  },
  prepare: {
    create: recordStoredVersion,
    update: recordStoredVersion,
  },
  check: {
    create: validateDefinition,
    update(next, old, problems) {
      validateDefinition(next, problems);
      const established = old.status?.conditions?.some(({ type, status }: AnyObject) => type === "Established" && status === "True");
      if (established)
        for (const key of ["scope", "names.kind"]) {
          const read = ({ spec = {} }: AnyObject) => (key === "scope" ? spec.scope : spec.names?.kind);
          immutable(read(next), read(old), `spec.${key}`, problems, "");
        }
      immutable(next.spec?.group, old.spec?.group, "spec.group", problems, "");
      immutable(next.spec?.names?.plural, old.spec?.names?.plural, "spec.names.plural", problems, "");
    },
  },
});

const rulesAreNotAsked = "x-kubernetes-validations are stored, but the rules are not asked yet: objects that break them are accepted";

function saysAnywhere(value: unknown, key: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([name, item]) => name === key || saysAnywhere(item, key));
}

function markForCleanUp(definition: CustomResourceDefinition): void {
  const { metadata } = definition;
  const finalizer = "customresourcecleanup.apiextensions.k8s.io";
  if (!metadata.finalizers?.includes(finalizer)) metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
  const condition = {
    type: "Terminating",
    status: "True",
    lastTransitionTime: metadata.deletionTimestamp,
    reason: "InstanceDeletionPending",
    message: "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon",
  };
  const others = (definition.status?.conditions ?? []).filter(({ type }) => type !== "Terminating");
  definition.status = { ...definition.status, conditions: [...others, condition] };
}

function validateDefinition(definition: AnyObject, problems: Problems): void {
  const spec = definition.spec ?? {};
  const { group = "", names = {} } = spec;
  if (definition.metadata.name !== `${names.plural ?? ""}.${group}`)
    problems.invalid("metadata.name", definition.metadata.name, 'must be spec.names.plural+"."+spec.group');
  if (!group) problems.required("spec.group");
  else if (checkDns1123Subdomain(group).length > 0) problems.invalids("spec.group", group, checkDns1123Subdomain(group));
  else if (!group.includes(".")) problems.invalid("spec.group", group, "should be a domain with at least one dot");
  oneOf(spec.scope, ["Cluster", "Namespaced"], "spec.scope", problems);
  validateVersions(spec.versions ?? [], problems);
  if (spec.preserveUnknownFields)
    problems.invalid(
      "spec.preserveUnknownFields",
      true,
      "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
    );
  validateNames(names, problems);
  validateConversion(spec.conversion, problems);
  if (!definition.status?.storedVersions?.length)
    problems.invalid("status.storedVersions", definition.status?.storedVersions ?? null, "must have at least one stored version");
}

function validateVersions(versions: AnyObject[], problems: Problems): void {
  const shown = () =>
    versions.map((version) => internalOf({ deprecated: false, ...version, schema: null } as unknown as AnyObject, versionFields));
  // One schema for all versions is told of as `spec.validation`.
  const shared = versions.every(({ schema }) => semanticEqual(schema, versions[0]?.schema));
  for (const [i, version] of versions.entries()) {
    const at = `spec.versions[${i}]`;
    problems.invalids(`${at}.name`, version.name ?? "", checkDns1035Label(version.name ?? ""));
    const schema = version.schema?.openAPIV3Schema;
    if (!schema) problems.required(`${at}.schema.openAPIV3Schema`);
    else if (!shared) validateTypes(schema, `${at}.schema.openAPIV3Schema`, problems, true);
  }
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    problems.invalid("spec.versions", shown(), "must contain unique version names");
  if (versions.filter(({ storage }) => storage).length !== 1)
    problems.invalid("spec.versions", shown(), "must have exactly one version marked as storage version");
  if (versions[0]) problems.invalids("spec.version", versions[0].name ?? "", checkDns1035Label(versions[0].name ?? ""));
  const schema = versions[0]?.schema?.openAPIV3Schema;
  if (shared && schema) validateTypes(schema, "spec.validation.openAPIV3Schema", problems, true);
}

/** Structural schemas name a type everywhere. */
function validateTypes(schema: AnyObject, at: string, problems: Problems, isRoot: boolean, role = "object fields"): void {
  const free = schema["x-kubernetes-preserve-unknown-fields"] || schema["x-kubernetes-int-or-string"];
  if (!schema.type && (isRoot || !free))
    problems.required(`${at}.type`, isRoot ? "must not be empty at the root" : `must not be empty for specified ${role}`);
  else if (isRoot && schema.type !== "object") problems.invalid(`${at}.type`, schema.type, "must be object at the root");
  for (const [name, property] of Object.entries<AnyObject>(schema.properties ?? {}))
    validateTypes(property, `${at}.properties[${name}]`, problems, false);
  if (schema.items && typeof schema.items === "object") validateTypes(schema.items, `${at}.items`, problems, false, "array items");
  else if (schema.type === "array" && !schema.items) problems.required(`${at}.items`, "must be specified");
  const extra = schema.additionalProperties;
  if (extra && typeof extra === "object") validateTypes(extra, `${at}.additionalProperties`, problems, false);
}

function validateNames(names: AnyObject, problems: Problems): void {
  for (const key of ["plural", "singular", "kind", "listKind"]) {
    const name: string = names[key] ?? "";
    const at = `spec.names.${key}`;
    if (!name) problems.required(at);
    else if (key === "plural" || key === "singular") problems.invalids(at, name, checkDns1035Label(name));
    else {
      const texts = checkDns1035Label(name.toLowerCase());
      if (texts.length > 0) problems.invalid(at, name, `may have mixed case, but should otherwise match: ${texts.join(",")}`);
    }
  }
  for (const list of ["shortNames", "categories"])
    for (const [i, name] of (names[list] ?? []).entries()) problems.invalids(`spec.names.${list}[${i}]`, name, checkDns1035Label(name));
  if (names.kind && names.kind === names.listKind)
    problems.invalid("spec.names.listKind", names.listKind, "kind and listKind may not be the same");
}

function validateConversion(conversion: AnyObject | undefined, problems: Problems): void {
  if (!conversion) return;
  const at = "spec.conversion";
  oneOf(conversion.strategy, ["None", "Webhook"], `${at}.strategy`, problems);
  if (conversion.strategy !== "Webhook") return;
  if (!conversion.webhook?.clientConfig) problems.required(`${at}.webhookClientConfig`, "required when strategy is set to Webhook");
  if (!conversion.webhook?.conversionReviewVersions?.length) problems.required(`${at}.conversionReviewVersions`);
}

function defaultCustomResourceDefinition({ spec }: CustomResourceDefinition): void {
  if (!spec) return;
  spec.scope ||= "Namespaced";
  spec.names ??= {};
  if (spec.names.kind) {
    spec.names.singular ||= spec.names.kind.toLowerCase();
    spec.names.listKind ||= `${spec.names.kind}List`;
  }
  spec.conversion ??= { strategy: "None" };
  if (spec.conversion.webhook?.clientConfig?.service) spec.conversion.webhook.clientConfig.service.port ??= 443;
}

function recordStoredVersion(definition: AnyObject): void {
  const stored = definition.spec?.versions?.find((version: AnyObject) => version.storage)?.name;
  const status = (definition.status ??= {});
  if (stored && !status.storedVersions?.includes(stored))
    definition.status = { ...status, storedVersions: [...(status.storedVersions ?? []), stored] };
}
