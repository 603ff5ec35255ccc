/** The kinds that a CustomResourceDefinition stands for: one for each version that is served, made while the server runs. */
import { checkLabelKey } from "#codec/mod.ts";
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresourceScale,
} from "../apiextensions/custom-resource-definition.ts";
import { type Served, served } from "../catalog.ts";
import { subdomainName, validateObjectMeta, validateObjectMetaUpdate } from "../checks/object-meta.ts";
import { type FieldError, Problems } from "../checks/problems.ts";
import { decode } from "../decode.ts";
import type { KubeObject, Resource, Subresource } from "../resource.ts";
import type { AnyObject, Check, Rules, StoredAs } from "../rules.ts";
import { type Field, type Struct, scalars, typeDocs } from "../schema.ts";
import { newestFirst } from "../versions.ts";
import { askRules, ruleTree } from "./cel-rules.ts";
import { customColumns, selectablePath } from "./columns.ts";
import { fillDefaults, isAsServed } from "./defaulting.ts";
import { checkEmbedded, embeds } from "./embedded.ts";
import { checkScaleSpec, checkScaleStatus, scaleRules } from "./scale.ts";
import { type Structural, structuralOf } from "./structural.ts";
import { checkUnique } from "./unique.ts";
import { judge } from "./validation.ts";

/** In upstream's order, which discovery shows. */
const verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];
const verbsOfLeaving = ["delete", "deletecollection", "get", "list", "watch"];
const patches = ["json", "merge", "apply"] as const;

interface Version {
  resource: Resource;
  schema: Struct;
  declared: CustomResourceDefinitionVersion;
}

export interface CustomKindOptions {
  /** Throws while the definition is being deleted. */
  refuseCreate?: (object: KubeObject) => void;
  /** Asks the definition's webhook; absent: versions differ in nothing but their names. */
  convert?: StoredAs["convert"];
}

export function customKinds(definition: CustomResourceDefinition, { refuseCreate, convert }: CustomKindOptions = {}): Served[] {
  const versions = (definition.spec?.versions ?? []).map((declared) => versionOf(definition, declared));
  const stored = versions.find(({ declared }) => declared.storage) ?? versions[0];
  if (!stored) return [];
  const byName = new Map(versions.map((one) => [one.resource.apiVersion, one]));
  return versions
    .filter(({ declared }) => declared.served)
    .map((version) => {
      const storedAs = storageOf(version, stored.resource, byName);
      if (convert) storedAs.convert = convert;
      const rules = rulesOf(definition, version, storedAs);
      if (refuseCreate) rules.prepare = { create: (object) => refuseCreate(object) };
      return served(version.resource, rules, { storage: "here", patches });
    });
}

/** The same kind while its definition is being deleted. */
export function leaving(kind: Served): Served {
  return { ...kind, discovered: verbsOfLeaving };
}

function versionOf({ spec, status }: CustomResourceDefinition, declared: CustomResourceDefinitionVersion): Version {
  const { group = "" } = spec ?? {};
  const names = { ...spec?.names, ...status?.acceptedNames };
  const { kind = "", listKind = "", plural = "", singular = "" } = names;
  const { name: version = "" } = declared;
  const structural = structuralOf(declared.schema?.openAPIV3Schema ?? {});
  const schema: Struct = {
    type: "struct",
    name: `${group.split(".").reverse().join(".")}.${version}.${kind}`,
    fields: new Map(Object.entries(typeDocs).map(([name, doc]): [string, Field] => [name, { name, tag: 0, schema: scalars.string, doc }])),
    members: [],
    isKind: true,
    doc: structural.source.description ?? "",
    structural,
  };
  const resource: Resource = {
    group,
    version,
    apiVersion: `${group}/${version}`,
    resource: plural,
    kind,
    listKind,
    singular,
    namespaced: spec?.scope === "Namespaced",
    verbs,
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    subresources: subresourcesOf(declared, kind),
    schema,
    storagePrefix: `/registry/${group}/${plural}/`,
    columns: customColumns(declared.additionalPrinterColumns).columns,
  };
  return { resource, schema, declared };
}

function subresourcesOf({ subresources }: CustomResourceDefinitionVersion, kind: string): Subresource[] {
  const verbs = ["get", "patch", "update"];
  return [
    ...(subresources?.status ? [{ name: "status", kind, verbs }] : []),
    ...(subresources?.scale ? [{ name: "scale", group: "autoscaling", version: "v1", kind: "Scale", verbs }] : []),
  ];
}

/** Objects are stored in one version, whichever they are written in, and read by the schema of now, whenever they were written. */
function storageOf({ resource, schema }: Version, stored: Resource, versions: ReadonlyMap<string, Version>): StoredAs {
  const { apiVersion } = resource;
  const root: Structural = { ...schema.structural!, embedded: true };
  return {
    resource: stored,
    toStored: (object) => (object.apiVersion === stored.apiVersion ? object : { ...object, apiVersion: stored.apiVersion }),
    isServed: (object) => object.apiVersion === apiVersion && isAsServed(object, root),
    toServed(object) {
      const from = object.apiVersion === apiVersion ? undefined : versions.get(object.apiVersion);
      const pruned = from ? decode(from.schema, object, { lenient: true }).value : object;
      const read = decode(schema, { ...pruned, apiVersion }, { lenient: true }).value;
      fillDefaults(read, schema.structural);
      return read;
    },
  };
}

function rulesOf(definition: CustomResourceDefinition, { resource, schema, declared }: Version, storedAs: StoredAs): Rules {
  const structural = schema.structural!;
  const { scale } = declared.subresources ?? {};
  const rules: Rules = {
    commonMeta: true,
    conditional: true,
    counts: "all",
    statusKeeps: "all",
    selectable: selectableOf(declared),
    defaults: (object) => fillDefaults(object, structural),
    check: checksOf(resource, structural, scale),
    warn: finalizerWarnings,
    cells: customColumns(declared.additionalPrinterColumns).cells,
    storedAs,
    ...(scale ? { scale: scaleRules(scale) } : {}),
  };
  if (declared.deprecated) rules.notice = declared.deprecationWarning ?? deprecation(definition, declared);
  return rules;
}

function selectableOf({ selectableFields = [] }: CustomResourceDefinitionVersion): NonNullable<Rules["selectable"]> {
  return Object.fromEntries(selectableFields.map(({ jsonPath = "" }) => [jsonPath.replace(/^\./, ""), selectablePath(jsonPath)]));
}

function checksOf({ namespaced }: Resource, schema: Structural, scale: CustomResourceSubresourceScale | undefined): Check<KubeObject> {
  const status = schema.properties?.get("status");
  const hasEmbedded = embeds(schema);
  const tree = ruleTree(schema, true);
  const ask = (next: AnyObject, old: AnyObject | undefined, problems: Problems) => {
    if (tree) problems.list.push(...(problems.list.some(blocks) ? [notAsked] : askRules(tree, next, old)));
  };
  const isUnique = (object: AnyObject) => {
    const problems = new Problems();
    checkUnique(schema, object, problems);
    return problems.none;
  };
  return {
    create(next, problems) {
      validateObjectMeta(next.metadata, { namespaced, name: subdomainName }, problems);
      problems.list.push(...judge(schema, next));
      if (scale) checkScale(scale, next, problems);
      if (hasEmbedded) checkEmbedded(schema, next, problems);
      checkUnique(schema, next as AnyObject, problems);
      ask(next, undefined, problems);
    },
    update(next, old, problems) {
      validateObjectMetaUpdate(next.metadata, old.metadata, problems);
      problems.list.push(...judge(schema, next, { old }));
      if (scale) checkScale(scale, next, problems);
      if (hasEmbedded) checkEmbedded(schema, next, problems);
      if (!isUnique(next) && isUnique(old)) checkUnique(schema, next as AnyObject, problems);
      ask(next, old, problems);
    },
    sub: {
      status(next: AnyObject, old: AnyObject, problems) {
        validateObjectMetaUpdate(next.metadata, old.metadata, problems);
        if (status && next.status !== undefined) problems.list.push(...judge(status, next.status, { at: "status", old: old.status }));
        if (scale) checkScaleStatus(scale, next, problems);
        if (!isUnique(next) && isUnique(old)) checkUnique(schema, next, problems);
        ask(next, old, problems);
      },
    },
  };
}

const blocking = new Set([
  "FieldValueNotSupported",
  "FieldValueRequired",
  "FieldValueTooLong",
  "FieldValueTooMany",
  "FieldValueTypeInvalid",
]);
const blocks = ({ type }: FieldError): boolean => blocking.has(type);
const notAsked: FieldError = {
  type: "FieldValueInvalid",
  field: "<nil>",
  badValue: null,
  detail: "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
};

function checkScale(scale: CustomResourceSubresourceScale, object: AnyObject, problems: Problems): void {
  checkScaleSpec(scale, object, problems);
  checkScaleStatus(scale, object, problems);
}

const standardFinalizers = new Set(["orphan", "foregroundDeletion", "kubernetes"]);

function finalizerWarnings(next: AnyObject, old: AnyObject | undefined): string[] {
  const before = new Set<string>(old?.metadata.finalizers ?? []);
  const added = new Set<string>((next.metadata.finalizers ?? []).filter((name: string) => !before.has(name)));
  return [...added].sort().flatMap((name) => {
    const tell = (text: string) => `metadata.finalizers: ${JSON.stringify(name)}: ${text}`;
    const texts = checkLabelKey(name).map(tell);
    if (name.includes("/") || standardFinalizers.has(name)) return texts;
    const path = name.includes(".") ? " including a path (/)" : "";
    return [...texts, tell(`prefer a domain-qualified finalizer name${path} to avoid accidental conflicts with other finalizer writers`)];
  });
}

/** What takes the place of a version that is on its way out: the newest that stays. */
function deprecation({ spec }: CustomResourceDefinition, { name = "" }: CustomResourceDefinitionVersion): string {
  const { group = "", names, versions = [] } = spec ?? {};
  const better = versions
    .filter((one) => one.served && !one.deprecated)
    .map((one) => one.name ?? "")
    .filter((other) => newestFirst(other, name) < 0)
    .sort(newestFirst)[0];
  const told = `${group}/${name} ${names?.kind ?? ""} is deprecated`;
  return better ? `${told}; use ${group}/${better} ${names?.kind ?? ""}` : told;
}
