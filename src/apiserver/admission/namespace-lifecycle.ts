/** Nothing new in a namespace that is missing or on its way out; the first namespaces stay. */
import { namespaces } from "#api/mod.ts";
import type { AdmissionPlugin, Storage } from "../contract.ts";
import { failure, forbidden, notFound } from "../request/errors.ts";
import { on } from "./match.ts";

const immortal = new Set(["default", "kube-system", "kube-public"]);

export function namespaceLifecycle(storage: Storage): AdmissionPlugin {
  return {
    name: "NamespaceLifecycle",
    matches: [{ apiGroups: ["*"], resources: ["*/*"], operations: ["CREATE"], scope: "Namespaced" }, on("", "namespaces", "DELETE")],
    admit({ operation, namespace, name, resource, group, subresource, object }) {
      if (operation === "DELETE") {
        if (!subresource && immortal.has(name))
          throw forbidden({ group: "", resource: "namespaces" }, name, "this namespace may not be deleted");
        return;
      }
      if (
        resource === "namespaces" ||
        subresource === "eviction" ||
        (group === "authorization.k8s.io" && resource === "localsubjectaccessreviews")
      )
        return;
      const found = storage.get(namespaces, { name: namespace });
      if (!found) throw notFound({ group: "", resource: "namespaces" }, namespace);
      if (found.metadata.deletionTimestamp === undefined) return;
      const about = group ? `${resource}.${group}` : resource;
      const named = object?.metadata.name ? ` "${object.metadata.name}"` : "";
      const cause = { reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated`, field: "metadata.namespace" };
      throw failure(
        403,
        "Forbidden",
        `${about}${named} is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
        {
          ...(object?.metadata.name ? { name: object.metadata.name } : {}),
          ...(group ? { group } : {}),
          kind: resource,
          causes: [cause],
        },
      );
    },
  };
}
