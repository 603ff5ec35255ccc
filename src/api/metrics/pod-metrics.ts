/** What a pod uses, as the metrics API tells it: made when it is asked for. */
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { duration, type Infer, kind, list, ref, time } from "../schema.ts";
import { ContainerMetrics } from "./types.ts";

export const PodMetrics = kind("io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics", "What a pod uses.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  timestamp: time(2, { always: true, required: true, doc: "When the window of measurement ended." }),
  window: duration(3, { always: true, required: true, doc: "How long CPU was measured until the timestamp." }),
  containers: list(ContainerMetrics, 4, {
    always: true,
    required: true,
    listType: "atomic",
    doc: "What each container uses, all of them over the same window.",
  }),
});
export interface PodMetrics extends Infer<typeof PodMetrics> {}

export const PodMetricsList = kind("io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetricsList", "A list of PodMetrics objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(PodMetrics, 2, { always: true, required: true, doc: "The objects." }),
});
export interface PodMetricsList extends Infer<typeof PodMetricsList> {}

export const podsUsage = resource<PodMetrics>(PodMetrics, {
  group: "metrics.k8s.io",
  version: "v1beta1",
  resource: "pods",
  singular: "",
  namespaced: true,
  verbs: ["get", "list"],
  storagePrefix: "",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "cpu", type: "string", format: "quantity" },
    { name: "memory", type: "string", format: "quantity" },
    { name: "Window", type: "string", format: "duration" },
  ],
});
