/** Plugins that look at nothing: everything is allowed, nothing is, and every image is pulled again. */
import type { Container, Pod } from "#api/mod.ts";
import type { AdmissionPlugin, Attributes } from "../contract.ts";
import { on } from "./match.ts";
import { refused } from "./refused.ts";

const everything = { apiGroups: ["*"], resources: ["*/*"], operations: ["*"] } as const;

export const alwaysAdmit: AdmissionPlugin = { name: "AlwaysAdmit", matches: [everything] };

export const alwaysDeny: AdmissionPlugin = {
  name: "AlwaysDeny",
  matches: [everything],
  admit(attributes) {
    throw refused(attributes, "admission control is denying all modifications");
  },
  validate(attributes) {
    throw refused(attributes, "admission control is denying all modifications");
  },
};

/** Nobody runs a private image only because somebody else has pulled it to the node. */
export const alwaysPullImages: AdmissionPlugin = {
  name: "AlwaysPullImages",
  matches: [on("", "pods", "CREATE", "UPDATE")],
  admit(attributes) {
    if (!bringsImages(attributes)) return;
    const pod = attributes.object as Pod;
    for (const container of containersOf(pod)) container.imagePullPolicy = "Always";
    for (const { image } of pod.spec?.volumes ?? []) if (image) image.pullPolicy = "Always";
  },
  validate(attributes) {
    if (!bringsImages(attributes)) return;
    const { spec } = attributes.object as Pod;
    for (const list of ["initContainers", "containers", "ephemeralContainers"] as const)
      for (const [i, { imagePullPolicy }] of ((spec?.[list] ?? []) as Container[]).entries())
        check(attributes, `spec.${list}[${i}].imagePullPolicy`, imagePullPolicy);
    for (const [i, { image }] of (spec?.volumes ?? []).entries())
      if (image) check(attributes, `spec.volumes[${i}].image.pullPolicy`, image.pullPolicy);
  },
};

function check(attributes: Attributes, field: string, policy: string | undefined): void {
  if (policy !== "Always")
    throw refused(attributes, `${field}: Unsupported value: ${JSON.stringify(policy ?? "")}: supported values: "Always"`);
}

const containersOf = ({ spec }: Pod): Container[] => [
  ...(spec?.initContainers ?? []),
  ...(spec?.containers ?? []),
  ...((spec?.ephemeralContainers ?? []) as Container[]),
];

function bringsImages({ operation, object, oldObject }: Attributes): boolean {
  if (operation === "CREATE") return true;
  const known = new Set(containersOf(oldObject as Pod).map(({ image }) => image));
  return containersOf(object as Pod).some(({ image }) => !known.has(image));
}
