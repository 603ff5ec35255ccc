/** What upstream fills in for a pod, wherever one is written. */
import type { Container, EphemeralContainer, PodSpec, Probe, Volume } from "../declarations.ts";

type AnyContainer = Container | EphemeralContainer;

/** Of a pod or of a template. */
export function defaultPodSpec(spec: PodSpec): void {
  // One under two names: upstream writes both.
  const account = spec.serviceAccountName || spec.serviceAccount;
  if (account) spec.serviceAccountName = spec.serviceAccount = account;
  spec.restartPolicy ??= "Always";
  spec.terminationGracePeriodSeconds ??= 30;
  spec.dnsPolicy ??= "ClusterFirst";
  spec.securityContext ??= {};
  spec.schedulerName ??= "default-scheduler";
  for (const container of spec.initContainers ?? []) defaultContainer(container);
  for (const container of spec.containers ?? []) defaultContainer(container);
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container);
  for (const volume of spec.volumes ?? []) defaultVolume(volume);
}

/** Of a Pod itself, not of a template. */
export function defaultPod(spec: PodSpec): void {
  if (spec.hostNetwork) {
    for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])])
      for (const port of container.ports ?? []) if (!port.hostPort && port.containerPort) port.hostPort = port.containerPort;
  }
  defaultPodSpec(spec);
  // Templates keep what they say; a pod with it gets the least.
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) spec.terminationGracePeriodSeconds = 1;
  for (const container of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) requestLimits(container.resources);
  if (spec.enableServiceLinks === undefined) spec.enableServiceLinks = true;
  requestLimits(spec.resources);
}

/** What is limited and not requested is requested as far as it is limited. */
function requestLimits(resources: Container["resources"]): void {
  const { limits, requests } = resources ?? {};
  if (!limits || Object.keys(limits).every((name) => requests?.[name] !== undefined)) return;
  resources!.requests = sorted({ ...limits, ...requests });
}

function sorted(map: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function defaultContainer(container: AnyContainer): void {
  if (!container.imagePullPolicy) container.imagePullPolicy = isLatest(container.image ?? "") ? "Always" : "IfNotPresent";
  container.terminationMessagePath ||= "/dev/termination-log";
  container.terminationMessagePolicy ||= "File";
  for (const variable of container.env ?? []) {
    if (variable.valueFrom?.fieldRef) variable.valueFrom.fieldRef.apiVersion ||= "v1";
    if (variable.valueFrom?.fileKeyRef && variable.valueFrom.fileKeyRef.optional === undefined)
      variable.valueFrom.fileKeyRef.optional = false;
  }
  for (const probe of [container.livenessProbe, container.readinessProbe, container.startupProbe]) if (probe) defaultProbe(probe);
  for (const handler of [container.lifecycle?.postStart, container.lifecycle?.preStop]) if (handler?.httpGet) defaultHttp(handler.httpGet);
}

function defaultProbe(probe: Probe): void {
  probe.timeoutSeconds ||= 1;
  probe.periodSeconds ||= 10;
  probe.successThreshold ||= 1;
  probe.failureThreshold ||= 3;
  if (probe.httpGet) defaultHttp(probe.httpGet);
  if (probe.grpc) probe.grpc.service ??= "";
}

function defaultHttp(action: { path?: string; scheme?: string }): void {
  action.path ||= "/";
  action.scheme ||= "HTTP";
}

const mode = 0o644;

function defaultVolume(volume: Volume): void {
  if (Object.keys(volume).every((key) => key === "name")) volume.emptyDir = {};
  if (volume.secret) volume.secret.defaultMode ??= mode;
  if (volume.configMap) volume.configMap.defaultMode ??= mode;
  if (volume.downwardAPI) {
    volume.downwardAPI.defaultMode ??= mode;
    for (const item of volume.downwardAPI.items ?? []) if (item.fieldRef) item.fieldRef.apiVersion ||= "v1";
  }
  if (volume.projected) {
    volume.projected.defaultMode ??= mode;
    for (const source of volume.projected.sources ?? []) {
      for (const item of source.downwardAPI?.items ?? []) if (item.fieldRef) item.fieldRef.apiVersion ||= "v1";
      if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= 3600;
    }
  }
  if (volume.hostPath) volume.hostPath.type ??= "";
  if (volume.image) volume.image.pullPolicy ||= isLatest(volume.image.reference ?? "") ? "Always" : "IfNotPresent";
  const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
  if (claim) claim.volumeMode ??= "Filesystem";
}

/** No tag, or `latest`, and no digest. */
const part = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const host = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const imageName = new RegExp(`^(?:${host}(?:\\.${host})*(?::\\d+)?/)?${part}(?:/${part})*$`);
const longestName = 255;

function isLatest(image: string): boolean {
  // What is no reference has no tag; a digest alone has none either, and beside a tag it does not count.
  const [, name = "", tag, digest] = /^([^@]*?)(?::([^:/@]+))?(@.+)?$/.exec(image) ?? [];
  if (name.length > longestName || !imageName.test(name)) return false;
  return tag === undefined ? digest === undefined : tag === "latest";
}
