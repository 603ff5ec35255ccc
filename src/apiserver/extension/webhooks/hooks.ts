/** The webhooks of all configurations in the order that they are asked in, and whether one is about a request. */
import {
  admissionEnvironment,
  type Catalog,
  compileExpression,
  type MutatingWebhook,
  type MutatingWebhookConfiguration,
  mutatingwebhookconfigurations,
  type Served,
  type ValidatingWebhookConfiguration,
  validatingwebhookconfigurations,
} from "#api/mod.ts";
import { boolType } from "#codec/cel/mod.ts";
import { labelSelectorFrom, type Selector } from "#codec/mod.ts";
import { namespaceMatches, objectMatches, servedAs } from "../../admission/concern.ts";
import type { Condition } from "../../admission/policy/evaluate.ts";
import type { Attributes, Match, Storage } from "../../contract.ts";
import type { WebhookTarget } from "../webhook-client.ts";

export interface Hook {
  /** Unique among all webhooks of its kind. */
  uid: string;
  name: string;
  configuration: string;
  target: WebhookTarget;
  rules: readonly Match[];
  isEquivalent: boolean;
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
    isEquivalent: hook.matchPolicy !== "Exact",
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
