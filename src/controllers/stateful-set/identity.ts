/** What makes a pod of a StatefulSet this pod: its number, its name, its revision and its claims. */
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, StatefulSet, Volume } from "#api/mod.ts";
import { podFromTemplate } from "../pods.ts";
import { revisionLabel } from "../revisions.ts";

export const nameLabel = "statefulset.kubernetes.io/pod-name";
export const indexLabel = "apps.kubernetes.io/pod-index";

export const firstOrdinal = (set: StatefulSet): number => set.spec?.ordinals?.start ?? 0;
export const wantedOf = (set: StatefulSet): number => set.spec?.replicas ?? 1;
export const revisionOf = (pod: Pod): string => pod.metadata.labels?.[revisionLabel] ?? "";

/** `web-3` is number 3 of web; undefined for names that are nobody's. */
export function ordinalOf(set: StatefulSet, { metadata: { name = "" } }: Pod): number | undefined {
  const prefix = `${set.metadata.name}-`;
  const digits = name.slice(prefix.length);
  if (!name.startsWith(prefix) || !/^\d{1,10}$/.test(digits)) return undefined;
  const ordinal = Number(digits);
  return ordinal < 2 ** 31 && String(ordinal) === digits ? ordinal : undefined;
}

export function podOf(set: StatefulSet, template: PodTemplateSpec | undefined, ordinal: number, revision: string): Pod {
  const name = `${set.metadata.name}-${ordinal}`;
  const pod = podFromTemplate(template, set);
  const { generateName: _, ...metadata } = pod.metadata;
  return {
    ...pod,
    metadata: { ...metadata, name, labels: { ...metadata.labels, ...identityLabels(name, ordinal), [revisionLabel]: revision } },
    spec: {
      ...pod.spec,
      hostname: name,
      ...(set.spec?.serviceName ? { subdomain: set.spec.serviceName } : {}),
      volumes: withClaims(set, ordinal, pod.spec?.volumes),
    },
  };
}

export const identityLabels = (name: string, ordinal: number) => ({ [nameLabel]: name, [indexLabel]: String(ordinal) });

/** A volume of a claim's name is the claim, whatever the template says of it. */
function withClaims(set: StatefulSet, ordinal: number, volumes: readonly Volume[] = []): Volume[] {
  const claims = claimsOf(set, ordinal);
  const own = claims.map(({ volume, claim }): Volume => ({ name: volume, persistentVolumeClaim: { claimName: claim.metadata.name! } }));
  return [...own, ...volumes.filter(({ name }) => !claims.some(({ volume }) => volume === name))];
}

export interface OwnClaim {
  /** The template's name, which is the volume's. */
  volume: string;
  claim: PersistentVolumeClaim;
}

/** The claims of one pod. They carry the set's labels, and outlive the pod. */
export function claimsOf(set: StatefulSet, ordinal: number): OwnClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => {
    const { name = "", labels, annotations, finalizers } = template.metadata ?? {};
    return {
      volume: name,
      claim: {
        apiVersion: "v1",
        kind: "PersistentVolumeClaim",
        metadata: {
          name: `${name}-${set.metadata.name}-${ordinal}`,
          namespace: set.metadata.namespace,
          labels: { ...labels, ...set.spec?.selector?.matchLabels },
          ...(annotations ? { annotations } : {}),
          ...(finalizers ? { finalizers } : {}),
        },
        spec: template.spec ?? {},
      },
    };
  });
}
