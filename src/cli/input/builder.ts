/** Turns what the user named (files, `pods`, `po/x`, `deploy x y`, selectors) into the objects and collections meant. */
import { noResourceType, type ResourceInfo } from "../connect/discovery.ts";
import type { Session } from "../connect/session.ts";
import { CliError } from "../failure.ts";
import type { KObject } from "../print/values.ts";
import { hasFiles, readManifests } from "./manifest.ts";

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
  labelSelector?: string;
  fieldSelector?: string;
  allNamespaces?: boolean;
  /** A type that a bare name belongs to (`kubectl logs web` means a pod). */
  defaultType?: string;
}

export async function buildTargets(session: Session, options: BuildOptions = {}): Promise<Target[]> {
  const args = options.args ?? session.args;
  if (hasFiles(session)) {
    if (args.length > 0)
      throw new CliError("when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well");
    return manifestTargets(session);
  }
  // Some commands read folders to their depth by default: only who says so must name one.
  if (session.flags.has("recursive") && session.flags.given("recursive") && session.flags.bool("recursive"))
    throw new CliError("the --recursive flag requires -f");
  const namespace = options.allNamespaces ? "" : await session.namespace();
  const { labelSelector, fieldSelector } = options;
  const selecting = Boolean(labelSelector) || Boolean(fieldSelector);
  if (options.all && labelSelector) throw new CliError("setting 'all' parameter but found a non empty selector. ");
  if (args.length === 0) throw missingResources();

  if (args.some((argument) => argument.includes("/"))) {
    if (selecting)
      throw new CliError(
        labelSelector
          ? "selectors and the all flag cannot be used when passing resource/name arguments"
          : "field selectors and names cannot be used together",
      );
    if (options.all) throw new CliError("selectors and the all flag cannot be used when passing resource/name arguments");
    return Promise.all(
      args.map((argument, index) => slashTarget(session, { argument, first: index === 0 ? argument : args[0], namespace, options })),
    );
  }

  const [types, ...names] = args;
  if (options.defaultType && args.length === 1 && !selecting) {
    const resource = await session.resource(options.defaultType);
    return [{ resource, namespace: resource.namespaced ? namespace : "", name: types }];
  }
  const resources = await resolveTypes(session, types);
  if (names.length > 0) {
    if (labelSelector) throw new CliError("name cannot be provided when a selector is specified");
    if (fieldSelector) throw new CliError("field selectors and names cannot be used together");
    if (options.all) throw new CliError("name cannot be provided when a selector is specified");
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

export function isNamed(target: Target): target is NamedTarget {
  return target.name !== undefined;
}

async function slashTarget(
  session: Session,
  at: { argument: string; first: string; namespace: string; options: BuildOptions },
): Promise<NamedTarget> {
  const { argument, first, namespace, options } = at;
  const parts = argument.split("/");
  if (!argument.includes("/")) {
    throw new CliError(
      `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. '${session.command} resource/<resource_name>' instead of '${session.command} resource resource/<resource_name>'`,
    );
  }
  if (first !== argument && !first.includes("/")) {
    throw new CliError(
      `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. '${session.command} resource/<resource_name>' instead of '${session.command} resource resource/<resource_name>'`,
    );
  }
  if (parts.length > 2) throw new CliError("arguments in resource/name form may not have more than one slash");
  const [type, name] = parts;
  if (type === "" || name === "" || type.includes(","))
    throw new CliError("arguments in resource/name form must have a single resource and name");
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

/** The objects of -f, each with its resource and the namespace that counts. */
export async function manifestTargets(session: Session): Promise<NamedTarget[]> {
  const manifests = await readManifests(session);
  const { namespace, namespaceGiven } = await session.target();
  const targets: NamedTarget[] = [];
  for (const { object, source } of manifests) {
    const resource = await session.resourceOfKind(object);
    if (!resource) {
      throw new CliError(
        `resource mapping not found for name: ${JSON.stringify(object.metadata.name ?? "")} namespace: ${JSON.stringify(object.metadata.namespace ?? "")} from ${JSON.stringify(source)}: no matches for kind ${JSON.stringify(object.kind)} in version ${JSON.stringify(object.apiVersion)}\nensure CRDs are installed first`,
      );
    }
    if (!resource.namespaced) {
      targets.push({ resource, namespace: "", name: object.metadata.name ?? "", manifest: object, source });
      continue;
    }
    const own = object.metadata.namespace;
    if (own && namespaceGiven && own !== namespace) {
      throw new CliError(
        `the namespace from the provided object ${JSON.stringify(own)} does not match the namespace ${JSON.stringify(namespace)}. You must pass '--namespace=${own}' to perform this operation.`,
      );
    }
    object.metadata.namespace = own || namespace;
    targets.push({ resource, namespace: object.metadata.namespace, name: object.metadata.name ?? "", manifest: object, source });
  }
  if (targets.length === 0) throw new CliError("no objects passed to apply".replace("apply", session.command.split(" ")[1] ?? "apply"));
  return targets;
}

export { noResourceType };
