/** The plugins that a cluster runs, in order, and for each write the few of them that it concerns. */
import type { AdmissionPlugin, Attributes, Operation } from "../contract.ts";
import { matches } from "./match.ts";

export interface Admission {
  /** In the order that they run in. */
  readonly names: readonly string[];
  /** Completes the object, or refuses by throwing ApiError. Undefined: nobody was waited for. */
  admit(attributes: Attributes): Promise<void> | undefined;
  /** After the kind's own validation: refuses, and changes nothing. */
  validate(attributes: Attributes): Promise<void> | undefined;
}

export const noAdmission: Admission = { names: [], admit: () => undefined, validate: () => undefined };

export function admissionChain(plugins: readonly AdmissionPlugin[]): Admission {
  const concerned = byRequest(plugins);
  return {
    names: plugins.map(({ name }) => name),
    admit: (attributes) => admit(concerned(attributes), attributes),
    validate: (attributes) => through(concerned(attributes), attributes, "validate", 0),
  };
}

function admit(plugins: readonly AdmissionPlugin[], attributes: Attributes): Promise<void> | undefined {
  const pending = through(plugins, attributes, "admit", 0);
  return pending ? pending.then(() => admitAgain(plugins, attributes)) : admitAgain(plugins, attributes);
}

function admitAgain(plugins: readonly AdmissionPlugin[], attributes: Attributes): Promise<void> | undefined {
  const { reinvocation } = attributes;
  if (!reinvocation?.wanted) return undefined;
  reinvocation.again = true;
  return through(plugins, attributes, "admit", 0);
}

function through(
  plugins: readonly AdmissionPlugin[],
  attributes: Attributes,
  step: "admit" | "validate",
  from: number,
): Promise<void> | undefined {
  for (let at = from; at < plugins.length; at++) {
    const pending = plugins[at]![step]?.(attributes);
    if (pending) return pending.then(() => through(plugins, attributes, step, at + 1));
  }
  return undefined;
}

/** Remembered by kind: a definition has a few subresources and four operations, so that little is kept, and only as long as the kind is. */
function byRequest(plugins: readonly AdmissionPlugin[]): (attributes: Attributes) => readonly AdmissionPlugin[] {
  type Known = Map<string, Map<Operation, readonly AdmissionPlugin[]>>;
  const known = { inside: new WeakMap<object, Known>(), outside: new WeakMap<object, Known>() };
  return (attributes) => {
    const { definition, subresource, operation, namespace } = attributes;
    const of = namespace === "" ? known.outside : known.inside;
    const subresources = of.get(definition) ?? (new Map() as Known);
    of.set(definition, subresources);
    const operations = subresources.get(subresource) ?? new Map<Operation, readonly AdmissionPlugin[]>();
    subresources.set(subresource, operations);
    let found = operations.get(operation);
    if (!found) {
      found = plugins.filter((plugin) => plugin.matches.some((match) => matches(match, attributes)));
      operations.set(operation, found);
    }
    return found;
  };
}
