/** Every pod runs as a service account; its token, the CA and the namespace come into each container as files. */

import { type Container, type Pod, type ServiceAccount, serviceaccounts, type Volume } from "#api/mod.ts";
import { type Clock, nameSuffix, type Random } from "#base/mod.ts";
import { podSecrets } from "../authz/pod-references.ts";
import type { AdmissionPlugin, Attributes, Storage } from "../contract.ts";
import { on } from "./match.ts";
import { refused } from "./refused.ts";

const mountPath = "/var/run/secrets/kubernetes.io/serviceaccount";
const volumePrefix = "kube-api-access-";
const defaultTurns = 10;
const turnMs = 150;
const mirror = "kubernetes.io/config.mirror";
const enforce = "kubernetes.io/enforce-mountable-secrets";

export function serviceAccountAdmission(storage: Storage, random: Random, clock: Clock): AdmissionPlugin {
  async function accountOf(attributes: Attributes): Promise<ServiceAccount> {
    const { namespace } = attributes;
    const name = (attributes.object as Pod).spec?.serviceAccountName ?? "";
    if (!name) throw refused(attributes, `no service account specified for pod ${namespace}/${attributes.object?.metadata.name ?? ""}`);
    const find = () => storage.get(serviceaccounts, { namespace, name }) as ServiceAccount | undefined;
    let account = find();
    // A new namespace gets its default account from a controller, a moment later.
    for (let turn = 1; !account && name === "default" && turn < defaultTurns; turn++) {
      await new Promise<void>((resolve) => void clock.after(turnMs, resolve));
      account = find();
    }
    if (!account)
      throw refused(attributes, `error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`);
    return account;
  }

  return {
    name: "ServiceAccount",
    matches: [on("", "pods", "CREATE"), on("", "pods/ephemeralcontainers", "UPDATE")],
    async admit(attributes) {
      if (attributes.operation !== "CREATE") return;
      const pod = attributes.object as Pod;
      const spec = (pod.spec ??= {});
      // A mirror pod shows what runs: changed, it would no longer match.
      if (pod.metadata.annotations?.[mirror] !== undefined) return checkMirror(attributes);
      spec.serviceAccountName ||= spec.serviceAccount || "default";
      spec.serviceAccount = spec.serviceAccountName;
      const account = await accountOf(attributes);
      if (spec.automountServiceAccountToken ?? account.automountServiceAccountToken ?? true) mountToken(spec, random);
      if (!spec.imagePullSecrets?.length && account.imagePullSecrets?.length)
        spec.imagePullSecrets = account.imagePullSecrets.map(({ name }) => ({ name }));
    },
    async validate(attributes) {
      const pod = attributes.object as Pod;
      const later = attributes.operation === "UPDATE";
      if (!later && pod.metadata.annotations?.[mirror] !== undefined) return checkMirror(attributes);
      const account = await accountOf(attributes);
      if (!isTrue(account.metadata.annotations?.[enforce])) return;
      const why = later ? ephemeralSecretNotAllowed(account, pod) : secretNotAllowed(account, pod);
      if (why) throw refused(attributes, why);
    },
  };
}

/** As Go reads booleans. */
const isTrue = (text: string | undefined) => text !== undefined && /^(1|t|T|true|TRUE|True)$/.test(text);

/** A node writes its mirror pods: what they refer to would be open to it. */
function checkMirror(attributes: Attributes): void {
  const pod = attributes.object as Pod;
  if (pod.spec?.serviceAccountName) throw refused(attributes, "a mirror pod may not reference service accounts");
  if (podSecrets(pod).length > 0) throw refused(attributes, "a mirror pod may not reference secrets");
  if (pod.spec?.volumes?.some(({ projected }) => projected?.sources?.some((source) => source.serviceAccountToken)))
    throw refused(attributes, "a mirror pod may not use ServiceAccountToken volume projections");
}

function secretNotAllowed(account: ServiceAccount, pod: Pod): string | undefined {
  const mountable = new Set((account.secrets ?? []).map(({ name }) => name));
  const because = `is not allowed because service account ${account.metadata.name} does not reference that`;
  for (const { secret } of pod.spec?.volumes ?? [])
    if (secret && !mountable.has(secret.secretName)) return `volume with secret.secretName="${secret.secretName ?? ""}" ${because} secret`;
  for (const [kind, containers] of [
    ["init container", pod.spec?.initContainers],
    ["container", pod.spec?.containers],
  ] as const) {
    const why = containerSecret(kind, containers ?? [], mountable, `${because} secret`);
    if (why) return why;
  }
  const pull = new Set((account.imagePullSecrets ?? []).map(({ name }) => name));
  for (const [at, { name }] of (pod.spec?.imagePullSecrets ?? []).entries())
    if (!pull.has(name)) return `imagePullSecrets[${at}].name="${name ?? ""}" ${because} imagePullSecret`;
  return undefined;
}

function ephemeralSecretNotAllowed(account: ServiceAccount, pod: Pod): string | undefined {
  const mountable = new Set((account.secrets ?? []).map(({ name }) => name));
  const because = `is not allowed because service account ${account.metadata.name} does not reference that secret`;
  return containerSecret("ephemeral container", (pod.spec?.ephemeralContainers ?? []) as Container[], mountable, because);
}

function containerSecret(
  kind: string,
  containers: readonly Container[],
  mountable: ReadonlySet<string | undefined>,
  because: string,
): string | undefined {
  for (const { name, env, envFrom } of containers) {
    for (const variable of env ?? []) {
      const ref = variable.valueFrom?.secretKeyRef;
      if (ref && !mountable.has(ref.name))
        return `${kind} ${name} with envVar ${variable.name} referencing secret.secretName="${ref.name ?? ""}" ${because}`;
    }
    for (const { secretRef } of envFrom ?? [])
      if (secretRef && !mountable.has(secretRef.name))
        return `${kind} ${name} with envFrom referencing secret.secretName="${secretRef.name ?? ""}" ${because}`;
  }
  return undefined;
}

function mountToken(spec: NonNullable<Pod["spec"]>, random: Random): void {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  const there = (spec.volumes ?? []).find((volume) => volume.name?.startsWith(volumePrefix));
  const name = there?.name ?? `${volumePrefix}${nameSuffix(random)}`;
  let needed = false;
  for (const container of containers) {
    if (container.volumeMounts?.some((mount) => mount.mountPath === mountPath)) continue;
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath }];
    needed = true;
  }
  if (needed && !there) spec.volumes = [...(spec.volumes ?? []), tokenVolume(name)];
}

function tokenVolume(name: string): Volume {
  return {
    name,
    projected: {
      sources: [
        { serviceAccountToken: { expirationSeconds: 3607, path: "token" } },
        { configMap: { name: "kube-root-ca.crt", items: [{ key: "ca.crt", path: "ca.crt" }] } },
        { downwardAPI: { items: [{ path: "namespace", fieldRef: { apiVersion: "v1", fieldPath: "metadata.namespace" } }] } },
      ],
      defaultMode: 420,
    },
  };
}
