/** The webhooks of all configurations in the order that they are asked in, and whether one is about a request. */
import {
  admissionEnvironment,
  type Catalog,
  compileExpression,
  type MutatingWebhook,
  type MutatingWebhookConfiguration,
  mutatingwebhookconfigurations,
  type Namespace,
  namespaces,
  type Served,
  type ValidatingWebhookConfiguration,
  validatingwebhookconfigurations,
} from "#api/mod.ts";
import { boolType } from "#codec/cel/mod.ts";
import { labelSelectorFrom, matchesLabels, type Selector } from "#codec/mod.ts";
import { matches } from "../../admission/match.ts";
import type { Condition } from "../../admission/policy/evaluate.ts";
import type { Attributes, Match, Storage } from "../../contract.ts";
import { internal, notFound } from "../../request/errors.ts";
import type { WebhookTarget } from "../webhook-client.ts";

export interface Hook {
  /** Unique among all webhooks of its kind. */
  uid: string;
  name: string;
  configuration: string;
  target: WebhookTarget;
  rules: readonly Match[];
  equivalent: boolean;
  namespaceSelector: Selector;
  objectSelector: Selector;
  conditions: readonly Condition[];
  failsOpen: boolean;
  quietOnDryRun: boolean;
  timeoutMs: number;
  versions: readonly string[];
  askedAgain: boolean;
}

export type HookKind = "mutating" | "validating";

/** A hook that is to be asked, and the resource under whose name it knows the object. */
export interface Invocation {
  hook: Hook;
  served: Served;
}

const resources = { mutating: mutatingwebhookconfigurations, validating: validatingwebhookconfigurations };

/** Current without being asked: a configuration that is written counts from the next request on. */
export class Hooks {
  readonly #storage: Storage;
  readonly #kind: HookKind;
  #all: readonly Hook[] | undefined;
  readonly stop: () => void;

  constructor(storage: Storage, kind: HookKind) {
    this.#storage = storage;
    this.#kind = kind;
    this.stop = storage.subscribe(resources[kind], () => {
      this.#all = undefined;
    });
  }

  all(): readonly Hook[] {
    this.#all ??= (this.#storage.list(resources[this.#kind]) as (MutatingWebhookConfiguration | ValidatingWebhookConfiguration)[]).flatMap(
      hooksOf,
    );
    return this.#all;
  }
}

function hooksOf({ metadata, webhooks = [] }: MutatingWebhookConfiguration | ValidatingWebhookConfiguration): Hook[] {
  const configuration = metadata.name ?? "";
  return webhooks.map((hook, index) => ({
    uid: `${configuration}/${hook.name}/${index}`,
    name: hook.name ?? "",
    configuration,
    target: hook.clientConfig as WebhookTarget,
    rules: (hook.rules ?? []) as unknown as Match[],
    equivalent: hook.matchPolicy !== "Exact",
    namespaceSelector: labelSelectorFrom(hook.namespaceSelector ?? {}),
    objectSelector: labelSelectorFrom(hook.objectSelector ?? {}),
    conditions: (hook.matchConditions ?? []).map(({ name = "", expression: source = "" }) => ({
      name,
      source,
      expression: compileExpression(source, environment(), [boolType]),
    })),
    failsOpen: hook.failurePolicy === "Ignore",
    quietOnDryRun: hook.sideEffects === "None" || hook.sideEffects === "NoneOnDryRun",
    timeoutMs: (hook.timeoutSeconds ?? 10) * 1000,
    versions: hook.admissionReviewVersions ?? [],
    askedAgain: (hook as MutatingWebhook).reinvocationPolicy === "IfNeeded",
  }));
}

/** Made when the first condition is met: most clusters have none. */
const environment = () => {
  made ??= admissionEnvironment({ hasParams: false, hasAuthorizer: true });
  return made;
};
let made: ReturnType<typeof admissionEnvironment> | undefined;

const exempt = new Set([
  "mutatingwebhookconfigurations",
  "validatingwebhookconfigurations",
  "mutatingadmissionpolicies",
  "mutatingadmissionpolicybindings",
  "validatingadmissionpolicies",
  "validatingadmissionpolicybindings",
]);

/** What decides admission is never held up by it: a webhook that is broken could not be taken away. */
export const isExempt = ({ group, resource }: Attributes) => group === "admissionregistration.k8s.io" && exempt.has(resource);

/** Undefined: it is not about this request. Throws when that cannot be told. */
export function invocationOf(hook: Hook, attributes: Attributes, storage: Storage, catalog: Catalog): Invocation | undefined {
  const byNamespace = namespaceMatches(hook.namespaceSelector, attributes, storage);
  if (byNamespace === false || !objectMatches(hook.objectSelector, attributes)) return undefined;
  const served = servedAs(hook, attributes, catalog);
  if (served && byNamespace !== true) throw byNamespace;
  return served && { hook, served };
}

/** An error: the namespace is not there. */
function namespaceMatches(selector: Selector, attributes: Attributes, storage: Storage): boolean | Error {
  const { group, resource, subresource, namespace, operation, object, name } = attributes;
  const isNamespace = group === "" && resource === "namespaces";
  if (selector.requirements.length === 0 || (namespace === "" && !isNamespace)) return true;
  if (isNamespace && subresource === "" && (operation === "CREATE" || operation === "UPDATE"))
    return matchesLabels(selector, object?.metadata.labels);
  const wanted = isNamespace ? name || namespace : namespace;
  const found = storage.get(namespaces, { name: wanted }) as Namespace | undefined;
  return found ? matchesLabels(selector, found.metadata.labels) : notFound({ group: "", resource: "namespaces" }, wanted);
}

function objectMatches(selector: Selector, { object, oldObject }: Attributes): boolean {
  if (selector.requirements.length === 0) return true;
  return [object, oldObject].some((each) => each && matchesLabels(selector, each.metadata?.labels));
}

/** As it was asked for, or as another name of the same objects, when the rules are about that one. */
function servedAs({ rules, equivalent }: Hook, attributes: Attributes, catalog: Catalog): Served | undefined {
  const asked = catalog.of(attributes.definition);
  if (rules.some((rule) => matches(rule, attributes))) return asked;
  if (!equivalent || asked.storagePrefix === "") return undefined;
  const others = catalog.all().filter((each) => each.storagePrefix === asked.storagePrefix && each !== asked);
  for (const rule of rules)
    for (const other of others) {
      const { group, version, resource } = other;
      if (!matches(rule, { ...namesOf(attributes), group, version, resource })) continue;
      if (attributes.subresource && !other.subresources.some(({ name }) => name === attributes.subresource))
        throw internal(`unable to convert to ${group}/${version}, Resource=${resource}: unknown kind`);
      return other;
    }
  return undefined;
}

const namesOf = ({ subresource, operation, namespace }: Attributes) => ({ subresource, operation, namespace });
