/** Which resources a patch or a replacement means: by regular expressions over kind and name, and by labels. */
import { RE2JS } from "re2js";
import { matchesLabels, parseLabelSelector } from "#codec/selectors.ts";
import { CliError } from "../failure.ts";
import { effectiveNamespace, type Gvk, type Id } from "./ids.ts";
import type { Resource } from "./resources.ts";

export interface Selector extends Gvk {
  name?: string;
  namespace?: string;
  annotationSelector?: string;
  labelSelector?: string;
}

type Test = (value: string) => boolean;

/** An expression that must fit as a whole; empty fits all. */
export function anchored(pattern: string | undefined): Test {
  if (!pattern) return () => true;
  const compiled = compile(`^(?:${pattern})$`);
  return (value) => compiled.matcher(value).find();
}

export function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new CliError(`error parsing regexp: ${(error as Error).message.replace(/^error parsing regexp: /, "")}`);
  }
}

export class CompiledSelector {
  readonly selector: Selector;
  readonly #tests: Record<"group" | "version" | "kind" | "name" | "namespace", Test>;

  constructor(selector: Selector) {
    this.selector = selector;
    const { group, version, kind, name, namespace } = selector;
    this.#tests = {
      group: anchored(group),
      version: anchored(version),
      kind: anchored(kind),
      name: anchored(name),
      namespace: anchored(namespace),
    };
  }

  gvk({ group = "", version = "", kind = "" }: Gvk): boolean {
    return this.#tests.group(group) && this.#tests.version(version) && this.#tests.kind(kind);
  }
  id(id: Id): boolean {
    return this.gvk(id) && this.#tests.name(id.name) && this.#tests.namespace(id.namespace);
  }
  labels({ object }: Resource): boolean {
    const { labelSelector = "", annotationSelector = "" } = this.selector;
    return matches(labelSelector, object.metadata?.labels) && matches(annotationSelector, object.metadata?.annotations);
  }
  /** As a patch's target: by what it is now or was at first. */
  resource(resource: Resource): boolean {
    const ids = [resource.originalId, resource.id];
    return (
      ids.some((id) => this.#tests.namespace(effectiveNamespace(id))) &&
      ids.some((id) => this.#tests.name(id.name)) &&
      this.gvk(resource.gvk) &&
      this.labels(resource)
    );
  }
  isEmpty(): boolean {
    const { group, version, kind, name, namespace } = this.selector;
    return !group && !version && !kind && !name && !namespace;
  }
}

function matches(selector: string, labels: Record<string, string> | undefined): boolean {
  if (selector === "") return true;
  try {
    return matchesLabels(parseLabelSelector(selector), labels);
  } catch (error) {
    throw new CliError((error as Error).message);
  }
}
