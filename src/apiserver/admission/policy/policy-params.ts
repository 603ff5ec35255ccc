/**
 * An admission policy reads its parameters as the server: who writes one could learn, by what it lets through, what they may not read.
 * So they must be allowed to read the kind that a policy names, and the objects that a binding names.
 */
import {
  type Catalog,
  type MutatingAdmissionPolicy,
  mutatingadmissionpolicies,
  semanticEqual,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
  validatingadmissionpolicies,
} from "#api/mod.ts";
import { decide } from "../../authz/reviews.ts";
import type { AdmissionPlugin, Attributes, Authorizer, Storage, User } from "../../contract.ts";
import { invalid } from "../../request/errors.ts";

const group = "admissionregistration.k8s.io";
type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;
type ParamKind = NonNullable<NonNullable<Policy["spec"]>["paramKind"]>;

export function policyParams(storage: Storage, authorizers: readonly Authorizer[], catalog: Catalog): AdmissionPlugin {
  const may = async (user: User, verb: string, { group, version, resource }: Target, namespace: string, name: string) => {
    const info = { path: "", verb, isResource: true, prefix: "apis", group, version, namespace, resource, subresource: "", name };
    return (await decide(authorizers, user, info)).allowed;
  };

  async function checkPolicy(attributes: Attributes): Promise<void> {
    const { user } = attributes;
    const kind = (attributes.object as Policy).spec?.paramKind;
    if (!kind || semanticEqual(kind, (attributes.oldObject as Policy | undefined)?.spec?.paramKind)) return;
    if (await may(user, "get", targetOf(kind, catalog), "*", "*")) return;
    const about = `(kind=${kind.kind ?? ""}, apiVersion=${kind.apiVersion ?? ""})`;
    throw refused(
      attributes,
      "spec.paramKind",
      `user ${shown(user)} must have "get" permission on all objects of the referenced paramKind ${about}`,
    );
  }

  async function checkBinding(attributes: Attributes): Promise<void> {
    const { user, resource } = attributes;
    const { paramRef, policyName = "" } = (attributes.object as ValidatingAdmissionPolicyBinding).spec ?? {};
    const before = (attributes.oldObject as ValidatingAdmissionPolicyBinding | undefined)?.spec;
    if (!paramRef || (before && semanticEqual(paramRef, before.paramRef) && policyName === before.policyName)) return;
    const isMutating = resource === "mutatingadmissionpolicybindings";
    const policy = storage.get(isMutating ? mutatingadmissionpolicies : validatingadmissionpolicies, { name: policyName }) as
      | Policy
      | undefined;
    const kind = policy?.spec?.paramKind;
    const target = kind ? targetOf(kind, catalog) : everything;
    const verb = paramRef.name ? "get" : "list";
    if (await may(user, verb, target, paramRef.namespace ?? "", paramRef.name ?? "")) return;
    const lacks = `to determine minimum required permissions and user ${shown(user)} does not have ${JSON.stringify(verb)} permission for all groups, versions and resources`;
    if (!policy) throw refused(attributes, "spec.paramRef", `unable to get policy ${policyName} ${lacks}`);
    if (kind && target.resource === "*")
      throw refused(
        attributes,
        "spec.paramRef",
        `unable to resolve paramKind &ParamKind{APIVersion:${kind.apiVersion},Kind:${kind.kind},} ${lacks}`,
      );
    // Upstream says the two the other way about for the mutating kind.
    const [who, what] = isMutating ? [verb, shown(user)] : [shown(user), verb];
    throw refused(attributes, "spec.paramRef", `user ${who} does not have "${what}" permission on the object referenced by paramRef`);
  }

  return {
    name: "PolicyParams",
    matches: [
      {
        apiGroups: [group],
        resources: ["policies", "policybindings"].flatMap((end) => [`validatingadmission${end}`, `mutatingadmission${end}`]),
        operations: ["CREATE", "UPDATE"],
      },
    ],
    async validate(attributes) {
      if (attributes.user.groups.includes("system:masters")) return;
      await (attributes.resource.endsWith("bindings") ? checkBinding(attributes) : checkPolicy(attributes));
    },
  };
}

interface Target {
  group: string;
  version: string;
  resource: string;
}
const everything: Target = { group: "*", version: "*", resource: "*" };

/** A kind that nobody serves yet could be any resource of its group one day. */
function targetOf({ apiVersion = "", kind = "" }: ParamKind, catalog: Catalog): Target {
  const found = catalog.kind(apiVersion, kind);
  if (found) return found;
  const [first = "", second] = apiVersion.split("/");
  return second === undefined ? { group: "", version: first, resource: "*" } : { group: first, version: second, resource: "*" };
}

/** As Go prints it. */
function shown({ name, uid = "", groups, extra = {} }: User): string {
  const pairs = Object.entries(extra)
    .sort()
    .map(([key, values]) => `${key}:[${values.join(" ")}]`);
  return `&{${name} ${uid} [${groups.join(" ")}] map[${pairs.join(" ")}]}`;
}

function refused({ definition, object }: Attributes, field: string, why: string) {
  const body = `Forbidden: ${why}`;
  const about = { group, resource: definition.kind };
  return invalid(about, object?.metadata.name ?? "", [{ type: "FieldValueForbidden", field, message: `${field}: ${body}`, body }]);
}
