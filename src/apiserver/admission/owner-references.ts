/** Owner references let the garbage collector delete one object with another, or wait for it: that takes the rights to both. */
import { type Catalog, semanticEqual } from "#api/mod.ts";
import { decide } from "../authz/reviews.ts";
import type { AdmissionPlugin, Attributes, Authorizer, Decision, RequestInfo } from "../contract.ts";
import { refused } from "./refused.ts";

type Reference = NonNullable<NonNullable<Attributes["object"]>["metadata"]["ownerReferences"]>[number];

export function ownerReferencesPermissionEnforcement(authorizers: readonly Authorizer[], catalog: Catalog): AdmissionPlugin {
  const may = ({ user }: Attributes, about: Partial<RequestInfo>): Promise<Decision> =>
    decide(authorizers, user, {
      path: "",
      verb: "",
      isResource: true,
      prefix: about.group ? "apis" : "api",
      group: "",
      version: "*",
      namespace: "",
      resource: "",
      subresource: "",
      name: "",
      ...about,
    });

  async function mayBlock(attributes: Attributes, reference: Reference): Promise<void> {
    const owner = catalog.kind(reference.apiVersion ?? "", reference.kind ?? "");
    if (!owner)
      throw refused(
        attributes,
        `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${reference.apiVersion} Kind ${reference.kind}: no matches for kind ${JSON.stringify(reference.kind)} in version ${JSON.stringify(reference.apiVersion)}`,
      );
    const { group, version, resource, namespaced } = owner;
    const namespace = namespaced ? attributes.namespace : "";
    const asked = { verb: "update", group, version, namespace, resource, subresource: "finalizers", name: reference.name ?? "" };
    const { allowed, reason = "" } = await may(attributes, asked);
    if (!allowed)
      throw refused(
        attributes,
        `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${reason}, <nil>`,
      );
  }

  return {
    name: "OwnerReferencesPermissionEnforcement",
    matches: [{ apiGroups: ["*"], resources: ["*/*"], operations: ["CREATE", "UPDATE"] }],
    async validate(attributes) {
      const { group, version, resource, subresource, namespace, name, operation } = attributes;
      if (group === "" && resource === "pods" && subresource === "status") return; // a kubelet's status is no change of owners
      const references: Reference[] = attributes.object?.metadata?.ownerReferences ?? [];
      const before: Reference[] = attributes.oldObject?.metadata.ownerReferences ?? [];
      if (semanticEqual(references, before)) return;
      if (operation === "UPDATE") {
        const { allowed, reason = "" } = await may(attributes, { verb: "delete", group, version, namespace, resource, subresource, name });
        if (!allowed) throw refused(attributes, `cannot set an ownerRef on a resource you can't delete: ${reason}, <nil>`);
      }
      const blockedBefore = new Set(before.filter((each) => each.blockOwnerDeletion).map(({ uid }) => uid));
      const blocking = references.filter((each) => each.blockOwnerDeletion && !blockedBefore.has(each.uid));
      if (blocking.length === 0) return;
      const anything = { verb: "update", group: "*", resource: "*", subresource: "finalizers", name: "*" };
      if ((await may(attributes, anything)).allowed) return;
      for (const reference of blocking) await mayBlock(attributes, reference);
    },
  };
}
