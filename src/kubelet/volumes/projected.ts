/** Several sources in one folder, in memory: ConfigMaps, Secrets, fields of the pod, tokens of its service account. */
import type { Pod, Volume } from "#api/mod.ts";
import { downwardFiles } from "./downward-api.ts";
import { keysToFiles } from "./keys-to-files.ts";
import type { FileToWrite, VolumePlugin, Wanted } from "./plugin.ts";
import { configMapData, type Sources, secretData } from "./sources.ts";

type Projection = NonNullable<NonNullable<Volume["projected"]>["sources"]>[number];

export const projectedVolume: VolumePlugin = {
  name: "projected",
  relabel: "always",
  can: (source) => "projected" in source && source.projected !== undefined,
  async plan(wanted, sources) {
    const { pod, source, inMemory } = wanted;
    const { sources: projections = [], defaultMode = 0o644 } = "projected" in source ? source.projected! : {};
    const parts = await Promise.all(projections.map((projection) => filesOf(projection, wanted, defaultMode, sources)));
    const files = new Map(parts.flat());
    return { steps: [{ do: "files", path: inMemory, files, gid: pod.spec?.securityContext?.fsGroup }], path: inMemory, readOnly: true };
  },
};

async function filesOf(projection: Projection, { pod, podIps }: Wanted, mode: number, sources: Sources): Promise<[string, FileToWrite][]> {
  const namespace = pod.metadata.namespace!;
  if (projection.configMap) {
    const { name = "", items, optional } = projection.configMap;
    return keysToFiles({ kind: "configmap", name, data: configMapData(sources.configMap(namespace, name)), items, mode, optional });
  }
  if (projection.secret) {
    const { name = "", items, optional } = projection.secret;
    return keysToFiles({ kind: "secret", name, data: secretData(sources.secret(namespace, name)), items, mode, optional });
  }
  if (projection.downwardAPI) return downwardFiles(pod, projection.downwardAPI.items, mode, podIps, sources);
  if (projection.serviceAccountToken) {
    const { path = "token", audience, expirationSeconds = 3600 } = projection.serviceAccountToken;
    const content = Buffer.from(await sources.token(pod, audience, expirationSeconds));
    // For one user, or one group, alone where the pod names one.
    const uid = onlyUser(pod);
    const narrow = uid !== undefined || pod.spec?.securityContext?.fsGroup !== undefined;
    return [[path, { content, mode: narrow ? 0o600 : mode, ...(uid === undefined ? {} : { uid }) }]];
  }
  const kind = Object.keys(projection)[0] ?? "nothing";
  throw new Error(`projected volumes from ${kind} are not supported on this node`);
}

/** The user that all containers run as, if the pod says so for each. */
export function onlyUser(pod: Pod): number | undefined {
  const { containers = [], initContainers = [], ephemeralContainers = [], securityContext } = pod.spec ?? {};
  const users = new Set(
    [...containers, ...initContainers, ...ephemeralContainers].map((each) => each.securityContext?.runAsUser ?? securityContext?.runAsUser),
  );
  return users.size === 1 ? [...users][0] : undefined;
}
