/** Prefers nodes that hold the pod's images already, the more so the larger and the more widely spread they are. */
import { maxScore, type Plugin } from "../plugin.ts";

const mebibyte = 1024 * 1024;
const leastBytes = 23 * mebibyte;
const mostBytesPerContainer = 1000 * mebibyte;

export const imageLocality: Plugin = {
  name: "ImageLocality",
  weight: 1,
  changes: [],
  prepare(pod, cluster) {
    if (pod.images.length === 0) return undefined;
    const holders = new Map(pod.images.map((image) => [image, 0]));
    for (const row of cluster.rows)
      for (const image of holders.keys()) if (row?.images.has(image)) holders.set(image, holders.get(image)! + 1);
    if ([...holders.values()].every((count) => count === 0)) return undefined;
    const most = mostBytesPerContainer * pod.images.length;
    return {
      score(row) {
        let sum = 0;
        for (const image of pod.images) sum += Math.trunc(((row.images.get(image) ?? 0) * holders.get(image)!) / cluster.nodeCount);
        const bounded = Math.min(most, Math.max(leastBytes, sum));
        return Math.trunc((maxScore * (bounded - leastBytes)) / (most - leastBytes));
      },
    };
  },
};
