/** What a node uses, as the metrics API tells it: made when it is asked for. */
import { ListMeta, ObjectMeta } from "../meta/object-meta.ts";
import { resource } from "../resource.ts";
import { duration, type Infer, kind, list, map, quantity, ref, time } from "../schema.ts";

export const NodeMetrics = kind("io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics", "What a node uses.", {
  metadata: ref(ObjectMeta, 1, { doc: "Name, namespace, labels and everything else that every object has." }),
  timestamp: time(2, { always: true, required: true, doc: "When the window of measurement ended." }),
  window: duration(3, { always: true, required: true, doc: "How long CPU was measured until the timestamp." }),
  usage: map(quantity, 4, { always: true, required: true, doc: "CPU in cores over the window; memory: the working set." }),
});
export interface NodeMetrics extends Infer<typeof NodeMetrics> {}

export const NodeMetricsList = kind("io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetricsList", "A list of NodeMetrics objects.", {
  metadata: ref(ListMeta, 1, { doc: "The version of the list, and where its next page begins." }),
  items: list(NodeMetrics, 2, { always: true, required: true, doc: "The objects." }),
});
export interface NodeMetricsList extends Infer<typeof NodeMetricsList> {}

export const nodesUsage = resource<NodeMetrics>(NodeMetrics, {
  group: "metrics.k8s.io",
  version: "v1beta1",
  resource: "nodes",
  singular: "",
  namespaced: false,
  verbs: ["get", "list"],
  storagePrefix: "",
  columns: [
    { name: "Name", type: "string", format: "name" },
    { name: "cpu", type: "string", format: "quantity" },
    { name: "memory", type: "string", format: "quantity" },
    { name: "Window", type: "string", format: "duration" },
  ],
});
