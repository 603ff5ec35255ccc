/** Small autoscalers, targets and metrics for tables of situations. */
import type { HorizontalPodAutoscaler, MetricSpec, Pod } from "#api/mod.ts";
import { parseLabelSelector } from "#codec/mod.ts";
import { aMeta, aPod, namespace, nowMs, secondsAgo } from "../situations.ts";
import { type Measure, type Pace, type PodMetric, type SeenAutoscaler, usualPace } from "./seen.ts";

export const cpuShare = (averageUtilization: number): MetricSpec => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization } },
});

export interface HpaOptions {
  min?: number;
  max?: number;
  metrics?: MetricSpec[];
  behavior?: NonNullable<HorizontalPodAutoscaler["spec"]>["behavior"];
  status?: HorizontalPodAutoscaler["status"];
}

export const anHpa = ({ min = 1, max = 10, metrics = [cpuShare(50)], behavior, status }: HpaOptions = {}): HorizontalPodAutoscaler => ({
  apiVersion: "autoscaling/v2",
  kind: "HorizontalPodAutoscaler",
  metadata: aMeta("hpa"),
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
    minReplicas: min,
    maxReplicas: max,
    metrics,
    ...(behavior ? { behavior } : {}),
  },
  status: status ?? { desiredReplicas: 0 },
});

export interface Load extends Partial<PodMetric> {
  /** Thousandths used; absent: no metrics. */
  milli?: number;
  request?: number;
  phase?: "Pending" | "Running" | "Failed";
  deleting?: boolean;
  /** Seconds since its start, an hour unless told. */
  startedFor?: number;
  /** Ready for so many seconds; negative: unready for so many. */
  readyFor?: number;
}

export function podOf({ request = 1000, phase, deleting, startedFor = 3600, readyFor = 3000 }: Load, i: number): Pod {
  const pod = aPod({ name: `web-${i}`, labels: { app: "web" }, ...(phase ? { phase } : {}), ...(deleting ? { deleting } : {}) });
  return {
    ...pod,
    spec: { containers: [{ name: "main", image: "x", ...(request ? { resources: { requests: { cpu: `${request}m` } } } : {}) }] },
    status: {
      ...pod.status,
      startTime: secondsAgo(startedFor),
      conditions: [{ type: "Ready", status: readyFor < 0 ? "False" : "True", lastTransitionTime: secondsAgo(Math.abs(readyFor)) }],
    },
  };
}

export function podMetrics(loads: readonly Load[]): Measure {
  const each = loads.flatMap(({ milli, atMs = nowMs, windowMs = 10_000 }, i): [string, PodMetric][] =>
    milli === undefined ? [] : [[`web-${i}`, { milli, atMs, windowMs }]],
  );
  return { of: "pods", pods: { ok: new Map(each) } };
}

export interface Situation extends HpaOptions {
  replicas: number;
  current?: number;
  loads?: readonly Load[];
  measures?: readonly Measure[];
  memory?: SeenAutoscaler["memory"];
  hpa?: HorizontalPodAutoscaler;
  pace?: Partial<Pace>;
}

export function seenOf({ replicas, current = replicas, loads = [], measures, memory, hpa, pace, ...more }: Situation): SeenAutoscaler {
  const scale = {
    apiVersion: "autoscaling/v1",
    kind: "Scale",
    metadata: { name: "web", namespace, uid: "uid-of-web" },
    spec: { replicas },
    status: { replicas: current, selector: "app=web" },
  };
  const resource = {
    group: "apps",
    version: "v1",
    apiVersion: "apps/v1",
    resource: "deployments",
    kind: "Deployment",
    namespaced: true,
    verbs: [],
  };
  const own = hpa ?? anHpa(more);
  return {
    pace: { ...usualPace, ...pace },
    hpa: own,
    target: { ok: { scale, resource } },
    selector: { ok: parseLabelSelector("app=web") },
    pods: loads.map(podOf),
    rivals: [{ name: "hpa", namespace }],
    measures: measures ?? (own.spec?.metrics ?? []).map(() => podMetrics(loads)),
    memory,
  };
}
