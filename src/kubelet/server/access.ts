/** What a request to the kubelet's port needs to be allowed: subresources of its own node, any of which suffices. Pure. */
import type { Asked } from "#serve/mod.ts";

const verbs: Record<string, string> = { GET: "get", HEAD: "get", POST: "create", PUT: "update", PATCH: "patch", DELETE: "delete" };

/** The narrow right first, then the wide one that upstream asks for else. */
export function subresourcesFor(path: string): string[] {
  const first = path.split("/")[1] ?? "";
  switch (first.toLowerCase()) {
    case "pods":
    case "runningpods":
      return ["pods", "proxy"];
    case "healthz":
      return ["healthz", "proxy"];
    case "configz":
      return ["configz", "proxy"];
    case "stats":
      return ["stats"];
    case "metrics":
      return ["metrics"];
    case "logs":
      return ["log"];
    case "checkpoint":
      return ["checkpoint"];
    case "statusz":
      return ["statusz"];
    case "flagz":
      return ["configz"];
    default:
      return ["proxy"];
  }
}

export function askedBy(method: string, path: string, nodeName: string): Extract<Asked, { resource: string }>[] {
  const verb = verbs[method] ?? "get";
  return subresourcesFor(path).map((subresource) => ({ verb, resource: "nodes", subresource, name: nodeName }));
}
