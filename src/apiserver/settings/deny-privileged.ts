/** Of a server without `--allow-privileged`: no container may have all of a node's rights, whatever makes its pod. */
import type { Container, PodSpec } from "#api/mod.ts";
import type { AdmissionPlugin, Match } from "../contract.ts";
import { invalid } from "../request/errors.ts";

/** Where the pod's spec is, by `resource.group`. */
const places: Readonly<Record<string, string>> = {
  "pods.": "spec",
  "podtemplates.": "template.spec",
  "replicationcontrollers.": "spec.template.spec",
  "deployments.apps": "spec.template.spec",
  "replicasets.apps": "spec.template.spec",
  "statefulsets.apps": "spec.template.spec",
  "daemonsets.apps": "spec.template.spec",
  "jobs.batch": "spec.template.spec",
  "cronjobs.batch": "spec.jobTemplate.spec.template.spec",
};

const matches: Match[] = Object.keys(places).map((id) => {
  const [resource = "", group = ""] = id.split(".");
  const names = resource === "pods" ? [resource, "pods/ephemeralcontainers"] : [resource];
  return { apiGroups: [group], resources: names, operations: ["CREATE", "UPDATE"] };
});

export const denyPrivileged: AdmissionPlugin = {
  name: "DenyPrivileged",
  matches,
  validate({ group, resource, name, object, oldObject, definition }) {
    // What was there before the server was started so may still be changed and deleted.
    const at = places[`${resource}.${group}`] ?? "spec";
    const fields = privilegedOf(specAt(object, at), at);
    const before = oldObject ? privilegedOf(specAt(oldObject, at), at) : [];
    const problems = fields
      .filter((field) => !before.includes(field))
      .map((field) => {
        const body = "Forbidden: disallowed by cluster policy";
        return { type: "FieldValueForbidden", field, message: `${field}: ${body}`, body };
      });
    if (problems.length > 0) throw invalid({ group, resource: definition.kind }, name || (object?.metadata.name ?? ""), problems);
  },
};

function specAt(object: unknown, path: string): PodSpec | undefined {
  let at = object;
  for (const name of path.split(".")) at = (at as Record<string, unknown> | undefined)?.[name];
  return at as PodSpec | undefined;
}

function privilegedOf(spec: PodSpec | undefined, at: string): string[] {
  return (["initContainers", "containers", "ephemeralContainers"] as const).flatMap((list) =>
    ((spec?.[list] ?? []) as Container[]).flatMap(({ securityContext }, i) =>
      securityContext?.privileged ? [`${at}.${list}[${i}].securityContext.privileged`] : [],
    ),
  );
}
