/** Namespaces that are asked for before they are there: made on the way, or refused. */
import { type KubeObject, namespaces } from "#api/mod.ts";
import type { AdmissionPlugin, Attributes, Storage } from "../contract.ts";
import { ApiError, notFound } from "../request/errors.ts";

const isNamespace = ({ kind }: Attributes) => kind.group === "" && kind.kind === "Namespace";

export function namespaceAutoProvision(storage: Storage): AdmissionPlugin {
  return {
    name: "NamespaceAutoProvision",
    matches: [{ apiGroups: ["*"], resources: ["*/*"], operations: ["CREATE"], scope: "Namespaced" }],
    async admit(attributes) {
      const { namespace: name, dryRun } = attributes;
      if (dryRun || isNamespace(attributes) || storage.get(namespaces, { name })) return;
      try {
        await storage.create(namespaces, { apiVersion: "v1", kind: "Namespace", metadata: { name } } as KubeObject);
      } catch (error) {
        if (!(error instanceof ApiError && error.code === 409)) throw error;
      }
    },
  };
}

export function namespaceExists(storage: Storage): AdmissionPlugin {
  return {
    name: "NamespaceExists",
    matches: [{ apiGroups: ["*"], resources: ["*/*"], operations: ["CREATE", "UPDATE", "DELETE"], scope: "Namespaced" }],
    validate(attributes) {
      const { namespace: name } = attributes;
      if (!isNamespace(attributes) && !storage.get(namespaces, { name })) throw notFound({ group: "", resource: "namespaces" }, name);
    },
  };
}
