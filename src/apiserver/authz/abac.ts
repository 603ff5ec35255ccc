/** ABAC: one policy a line of a file, read when the server starts; whom one of them allows something is allowed it. */
import { type ConfigKind, type Infer, type PolicyRule, readConfig, readText, schema } from "#api/mod.ts";
import { messageOf } from "#base/mod.ts";
import { parseJson } from "#codec/mod.ts";
import type { Authorizer, RequestInfo, User } from "../contract.ts";

const { bool, kind, ref, string, struct } = schema;
const at = (name: string) => `io.k8s.kubernetes.pkg.apis.abac.v1beta1.${name}`;

const PolicySpec = struct(at("PolicySpec"), "Who may do what; what is left out matches nothing.", {
  user: string(0, { doc: "A user's name; `*`: everybody." }),
  group: string(0, { doc: "One of the user's groups; `*`: everybody." }),
  readonly: bool(0, { doc: "Only get, list and watch." }),
  apiGroup: string(0, { doc: "The resource's group; `*`: every one." }),
  resource: string(0, { doc: "`*`: every one." }),
  namespace: string(0, { doc: "`*`: every one, and none." }),
  nonResourcePath: string(0, { doc: "A path; with `*` at its end all below it." }),
});

const Policy = kind(at("Policy"), "One rule.", { spec: ref(PolicySpec, 0, { doc: "Who may do what." }) });

const policyKind: ConfigKind<typeof Policy> = { kind: "Policy", versions: ["abac.authorization.kubernetes.io/v1beta1"], schema: Policy };

type Spec = Infer<typeof PolicySpec>;

const everybody = "system:authenticated";
const readOnly = ["get", "list", "watch"];

/** Throws upstream's sentence about the first line that is no policy. */
export function readPolicies(file: string): Spec[] {
  return readText(file)
    .split("\n")
    .flatMap((line, i) => {
      const text = line.trim();
      if (text === "" || text.startsWith("#")) return [];
      try {
        return [policyOf(text)];
      } catch (error) {
        throw new Error(`error reading policy file ${file}, line ${i + 1}: ${line}: ${messageOf(error)}`, { cause: error });
      }
    });
}

function policyOf(text: string): Spec {
  const value = parseJson(Buffer.from(text)) as Record<string, unknown>;
  if (value?.apiVersion || value?.kind) return readConfig(text, policyKind).spec ?? {};
  // As it was before it had versions: nothing that is said stands for everything.
  const { user = "", group = "", namespace = "", resource = "", readonly = false, ...rest } = value as Spec & Record<string, unknown>;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) throw new Error(`strict decoding error: unknown field ${JSON.stringify(unknown)}`);
  for (const [name, said] of Object.entries({ user, group, namespace, resource }))
    if (typeof said !== "string")
      throw new Error(`json: cannot unmarshal ${typeof said} into Go struct field Policy.${name} of type string`);
  if (typeof readonly !== "boolean")
    throw new Error(`json: cannot unmarshal ${typeof readonly} into Go struct field Policy.readonly of type bool`);
  const isEverybody = user === "*" || group === "*";
  return {
    user: isEverybody ? "" : user,
    group: isEverybody || (user === "" && group === "") ? everybody : group,
    readonly,
    apiGroup: "*",
    namespace: namespace || "*",
    resource: resource || "*",
    nonResourcePath: namespace === "" && resource === "" ? "*" : "",
  };
}

export class Abac implements Authorizer {
  readonly #policies: readonly Spec[];

  constructor(file: string) {
    this.#policies = readPolicies(file);
  }

  authorize(user: User, info: RequestInfo) {
    const allowed = this.#policies.some(
      (spec) => isAbout(spec, user) && (readOnly.includes(info.verb) || !spec.readonly) && allows(spec, info),
    );
    return allowed ? { allowed } : { allowed, reason: "No policy matched." };
  }

  /** What a user may do in a namespace, as a review lists it. */
  rulesFor(user: User, namespace: string): PolicyRule[] {
    return this.#policies.flatMap((spec) => {
      if (!isAbout(spec, user) || (spec.namespace !== "*" && (spec.namespace ?? "") !== namespace)) return [];
      const verbs = spec.readonly ? readOnly : ["*"];
      return [
        ...(spec.resource ? [{ verbs, apiGroups: [spec.apiGroup ?? ""], resources: [spec.resource] }] : []),
        ...(spec.nonResourcePath ? [{ verbs, nonResourceURLs: [spec.nonResourcePath] }] : []),
      ];
    });
  }
}

function isAbout({ user = "", group = "" }: Spec, { name, groups }: User): boolean {
  if (user !== "" && user !== "*" && user !== name) return false;
  if (group !== "" && group !== "*" && !groups.includes(group)) return false;
  return user !== "" || group !== "";
}

function allows({ nonResourcePath = "", namespace = "", resource = "", apiGroup = "" }: Spec, info: RequestInfo): boolean {
  if (info.isResource) {
    const fits = (wanted: string, found: string) => wanted === "*" || wanted === found;
    return fits(namespace, info.namespace) && fits(resource, info.resource) && fits(apiGroup, info.group);
  }
  if (nonResourcePath === info.path) return true;
  return nonResourcePath.endsWith("*") && info.path.startsWith(nonResourcePath.replace(/\*+$/, ""));
}
