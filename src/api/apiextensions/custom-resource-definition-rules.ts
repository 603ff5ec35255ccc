/** What the server knows of CustomResourceDefinition: defaults, what a write may set, what is refused and warned of. */
import { subdomainName } from "../checks/object-meta.ts";
import { type AnyObject, rules } from "../rules.ts";
import { anySchema } from "../structural/schema-checks.ts";
import { type SchemaJson, supportedFormat } from "../structural/structural.ts";
import type { CustomResourceDefinition } from "./custom-resource-definition.ts";
import { checkChangedDefinition, checkDefinitionStatus, checkNewDefinition } from "./definition-checks.ts";
import { fromOlderDefinition } from "./older-definition.ts";

export const customResourceDefinitionRules = rules<CustomResourceDefinition>({
  names: subdomainName,
  commonMeta: true,
  conditional: true,
  status: () => ({ conditions: null, acceptedNames: { plural: "", kind: "" }, storedVersions: null }),
  defaults: defaultCustomResourceDefinition,
  warn: formatWarnings,
  fromOlder: fromOlderDefinition,
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
    create: checkNewDefinition,
    update: checkChangedDefinition,
    sub: { status: (next, _old, problems) => checkDefinitionStatus(next, problems) },
  },
});

const schemasOf = (definition: AnyObject | undefined): SchemaJson[] =>
  (definition?.spec?.versions ?? []).flatMap(({ schema }: AnyObject) => schema?.openAPIV3Schema ?? []);

/** Formats that no text is held to; of an update those that are new. */
function formatWarnings(next: AnyObject, old: AnyObject | undefined): string[] {
  const known = new Set(unknownFormats(old));
  return unknownFormats(next)
    .filter((format) => !known.has(format))
    .map((format) => `unrecognized format ${JSON.stringify(format)}`);
}

function unknownFormats(definition: AnyObject | undefined): string[] {
  const found: string[] = [];
  for (const schema of schemasOf(definition))
    anySchema(schema, (own) => {
      if (own.format && supportedFormat(own) === "") found.push(own.format);
      return false;
    });
  return found;
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

function defaultCustomResourceDefinition({ spec }: CustomResourceDefinition): void {
  if (!spec) return;
  spec.names ??= {};
  if (spec.names.kind) {
    spec.names.singular ||= spec.names.kind.toLowerCase();
    spec.names.listKind ||= `${spec.names.kind}List`;
  }
  spec.conversion ??= { strategy: "None" };
  if (spec.conversion.webhook && isBare(spec.conversion.webhook)) delete spec.conversion.webhook;
  if (spec.conversion.webhook?.clientConfig?.service) spec.conversion.webhook.clientConfig.service.port ??= 443;
}

/** Upstream keeps its parts apart inside, where one without any is none. */
const isBare = (webhook: object): boolean => Object.values(webhook).every((part) => part === undefined || part === null);

function recordStoredVersion(definition: AnyObject): void {
  const stored = definition.spec?.versions?.find((version: AnyObject) => version.storage)?.name;
  const status = (definition.status ??= {});
  if (stored !== undefined && !status.storedVersions?.includes(stored))
    definition.status = { ...status, storedVersions: [...(status.storedVersions ?? []), stored] };
}
