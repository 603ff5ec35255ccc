/** Turns what the user named (files, `pods`, `po/x`, `deploy x y`, selectors) into the objects and collections meant. */
import { noResourceType, type ResourceInfo, splitApiVersion } from "../connect/discovery.ts";
import type { Session } from "../connect/session.ts";
import { CliError, throwAll } from "../failure.ts";
import type { KObject } from "../print/values.ts";
import { hasFiles, type Manifest, readManifests, wrongFiles } from "./manifest.ts";

/** One object by name, perhaps with the manifest that names it. */
export interface NamedTarget {
  resource: ResourceInfo;
  namespace: string;
  name: string;
  manifest?: KObject;
  source?: string;
}

/** All objects of a resource, narrowed by selectors. */
export interface ListTarget {
  resource: ResourceInfo;
  namespace: string;
  labelSelector?: string;
  fieldSelector?: string;
  name?: undefined;
}

export type Target = NamedTarget | ListTarget;

export interface BuildOptions {
  /** Arguments instead of the session's. */
  args?: string[];
  /** `get pods` may mean all of them; other commands must say --all or a selector. */
  allowTypeAlone?: boolean;
  /** --all was given. */
  all?: boolean;
  /** --all is but a selector for everything that a type without names gets, as of `label` and `set`. */
  allIsEmptySelector?: boolean;
  labelSelector?: string;
  fieldSelector?: string;
  allNamespaces?: boolean;
  /** Where what is wrong with single objects of -f goes, for commands that go on with the others. */
  errors?: unknown[];
  /** A type that a bare name belongs to (`kubectl logs web` means a pod). */
  defaultType?: string;
}

export async function buildTargets(session: Session, options: BuildOptions = {}): Promise<Target[]> {
  const args = severalTypes(options.args ?? session.args);
  const { labelSelector, fieldSelector } = options;
  const slashed = args.some((argument) => argument.includes("/"));
  const errors: unknown[] = wrongFiles(session);
  if (slashed) errors.push(...wrongTuples(args));
  const selecting = Boolean(labelSelector) || Boolean(fieldSelector);
  if (options.all && selecting && !options.allIsEmptySelector)
    errors.push(new CliError("setting 'all' parameter but found a non empty selector. "));
  throwAll(errors);
  if (hasFiles(session)) {
    if (args.length === 0) return manifestTargets(session, options.errors);
    throw new CliError(
      slashed
        ? "resource/name arguments cannot be provided when a path is specified"
        : "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
    );
  }
  const namespace = options.allNamespaces ? "" : await session.namespace();
  if (options.all && args.length === 0 && !options.allIsEmptySelector)
    throw new CliError("at least one resource must be specified to use a selector");
  if (args.length === 0) throw selecting ? new CliError("at least one resource must be specified to use a selector") : missingResources();
  const [types = "", ...names] = args;
  if (selecting || (options.all && !options.allIsEmptySelector)) {
    if (slashed) throw new CliError("selectors and the all flag cannot be used when passing resource/name arguments");
    if (names.length > 0) throw new CliError("name cannot be provided when a selector is specified");
  }
  if (slashed) return Promise.all(args.map((argument) => slashTarget(session, { argument, namespace, options })));
  if (options.defaultType && args.length === 1 && !selecting) {
    const resource = await session.resource(options.defaultType);
    return [{ resource, namespace: resource.namespaced ? namespace : "", name: types }];
  }
  const resources = await resolveTypes(session, types);
  if (names.length > 0) {
    if (resources.length > 1) throw new CliError("you must specify only one resource");
    return resources.flatMap((resource) => {
      if (options.allNamespaces && resource.namespaced) throw new CliError("a resource cannot be retrieved by name across all namespaces");
      return names.map((name) => ({ resource, namespace: resource.namespaced ? namespace : "", name }));
    });
  }
  if (!options.allowTypeAlone && !options.all && !selecting) {
    throw new CliError("resource(s) were provided, but no name was specified");
  }
  return resources.map((resource) => ({ resource, namespace: resource.namespaced ? namespace : "", labelSelector, fieldSelector }));
}

/** `pods,svc web` means `pods/web svc/web`. */
function severalTypes(args: string[]): string[] {
  const types = args.length > 1 ? args[0]!.split(",") : [];
  return types.length > 1 ? types.flatMap((type) => args.slice(1).map((name) => `${type}/${name}`)) : args;
}

/** What is wrong with arguments of which one at least has a slash: one complaint. */
function wrongTuples(args: string[]): CliError[] {
  if (!args.every((argument) => argument.includes("/")))
    return [
      new CliError(
        "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
      ),
    ];
  const wrong = args.map(wrongTuple).find((error) => error !== undefined);
  return wrong ? [wrong] : [];
}

/** What is wrong with `type/name`. */
function wrongTuple(argument: string): CliError | undefined {
  if (!argument.includes("/")) return undefined;
  const [type = "", name, ...more] = argument.split("/");
  if (more.length > 0) return new CliError("arguments in resource/name form may not have more than one slash");
  if (type === "" || !name || type.includes(","))
    return new CliError("arguments in resource/name form must have a single resource and name");
  return undefined;
}

/** Objects of one type by their names, which may name another type before a slash; or the objects of -f. */
export async function namedTargets(
  session: Session,
  how: { type: string; names: string[]; namespace: string; singleType?: boolean },
): Promise<NamedTarget[]> {
  const errors: unknown[] = wrongFiles(session);
  const wrong = how.names.map(wrongTuple).find((error) => error !== undefined);
  if (wrong) errors.push(wrong);
  throwAll(errors);
  if (hasFiles(session)) {
    if (how.names.length > 0) throw new CliError("resource/name arguments cannot be provided when a path is specified");
    return manifestTargets(session);
  }
  const tuples = how.names.map((word) => (word.includes("/") ? word.split("/") : [how.type, word])) as [string, string][];
  const types = new Map<string, ResourceInfo>();
  for (const [type] of tuples) if (!types.has(type)) types.set(type, await session.resource(type));
  if (how.singleType && types.size > 1) throw new CliError("you may only specify a single resource type");
  return tuples.map(([type, name]) => {
    const resource = types.get(type)!;
    if (resource.namespaced && how.namespace === "") throw new CliError("namespace may not be empty when retrieving a resource by name");
    return { resource, namespace: resource.namespaced ? how.namespace : "", name };
  });
}

export function isNamed(target: Target): target is NamedTarget {
  return target.name !== undefined;
}

async function slashTarget(session: Session, at: { argument: string; namespace: string; options: BuildOptions }): Promise<NamedTarget> {
  const { argument, namespace, options } = at;
  const [type = "", name = ""] = argument.split("/");
  const resource = await session.resource(type);
  if (options.allNamespaces && resource.namespaced) throw new CliError("a resource cannot be retrieved by name across all namespaces");
  return { resource, namespace: resource.namespaced ? namespace : "", name };
}

async function resolveTypes(session: Session, types: string): Promise<ResourceInfo[]> {
  const found: ResourceInfo[] = [];
  const mapper = await session.mapper();
  for (const type of types.split(",")) {
    if (type === "") throw new CliError(`arguments must consist of a resource and an optional name`);
    const category = mapper.find(type) ? [] : mapper.category(type);
    if (category.length > 0) found.push(...category.filter((resource) => resource.verbs.includes("list")));
    else found.push(await session.resource(type));
  }
  const seen = new Set<string>();
  return found.filter((resource) => {
    const key = `${resource.group}/${resource.version}/${resource.name}`;
    return seen.has(key) ? false : seen.add(key);
  });
}

export function missingResources(): CliError {
  return new CliError(
    "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'",
  );
}

/**
 * The objects of -f, each with its resource and the namespace that counts. What is wrong with some goes to `errors`, for commands
 * that go on with the others; without, the first is thrown.
 */
export async function manifestTargets(session: Session, errors?: unknown[]): Promise<NamedTarget[]> {
  const targets: NamedTarget[] = [];
  for (const manifest of await readManifests(session, errors)) {
    try {
      targets.push(await manifestTarget(session, manifest));
    } catch (error) {
      if (!errors || !(error instanceof CliError)) throw error;
      errors.push(error);
    }
  }
  return targets;
}

/** Those of the files' objects whose labels --selector chooses. */
export async function selected(session: Session, targets: NamedTarget[]): Promise<NamedTarget[]> {
  const selector = session.flags.text("selector");
  if (selector === "") return targets;
  const { parseLabelSelector, matchesLabels } = await import("#codec/selectors.ts");
  const wanted = parseLabelSelector(selector);
  return targets.filter(({ manifest }) => matchesLabels(wanted, manifest?.metadata.labels ?? {}));
}

/** The files' objects for --local: no server is asked, so nothing is known of their kinds, and no namespace is given to them. */
export async function localObjects(session: Session, errors?: unknown[]): Promise<(NamedTarget & { object: KObject })[]> {
  throwAll(wrongFiles(session));
  if (!hasFiles(session)) throw missingResources();
  return (await readManifests(session, errors)).map(({ object, source }) => {
    const { group, version } = splitApiVersion(object.apiVersion);
    const { kind } = object;
    const { name = "", namespace = "" } = object.metadata;
    const kinds = { shortNames: [], categories: [], subresources: [], verbs: [] };
    const resource = { group, version, kind, name: kind.toLowerCase(), singular: kind.toLowerCase(), namespaced: true, ...kinds };
    return { resource, namespace, name, manifest: object, source, object };
  });
}

/** `strict`: it must be in the session's namespace, given or not. */
export async function manifestTarget(session: Session, { object, source }: Manifest, how: { strict?: boolean } = {}): Promise<NamedTarget> {
  const { namespace, namespaceGiven } = await session.target();
  const resource = await session.resourceOfKind(object);
  const { name = "", namespace: own } = object.metadata;
  if (!resource) {
    throw new CliError(
      `resource mapping not found for name: ${JSON.stringify(name)} namespace: ${JSON.stringify(own ?? "")} from ${JSON.stringify(source)}: no matches for kind ${JSON.stringify(object.kind)} in version ${JSON.stringify(object.apiVersion)}\nensure CRDs are installed first`,
    );
  }
  if (!resource.namespaced) return { resource, namespace: "", name, manifest: object, source };
  if (own && (namespaceGiven || how.strict) && own !== namespace) {
    throw new CliError(
      `the namespace from the provided object ${JSON.stringify(own)} does not match the namespace ${JSON.stringify(namespace)}. You must pass '--namespace=${own}' to perform this operation.`,
    );
  }
  object.metadata.namespace = own || namespace;
  return { resource, namespace: object.metadata.namespace, name, manifest: object, source };
}

export { noResourceType };
