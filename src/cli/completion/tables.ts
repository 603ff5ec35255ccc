/** Which command's arguments and which flag's values are completed by what. */
import type { Flag } from "../input/flags.ts";
import * as choose from "./choices.ts";
import type { Completer } from "./protocol.ts";

const rolled = ["deployment", "daemonset", "statefulset"];
const scaled = ["deployment", "replicaset", "replicationcontroller", "statefulset"];

const byCommand: Record<string, Completer> = {
  annotate: choose.typeAndName(),
  "apply edit-last-applied": choose.typeAndName(),
  "apply view-last-applied": choose.typeAndName(),
  attach: choose.podOrType(),
  autoscale: choose.typeAndName(scaled),
  completion: choose.words(["bash", "fish", "powershell", "zsh"]),
  "config delete-cluster": choose.firstOf("clusters"),
  "config delete-context": choose.firstOf("contexts"),
  "config delete-user": choose.firstOf("users"),
  "config rename-context": choose.firstOf("contexts"),
  "config set-context": choose.firstOf("contexts"),
  "config use-context": choose.firstOf("contexts"),
  cordon: choose.firstName("nodes"),
  cp: choose.copied,
  "create token": choose.firstName("serviceaccounts"),
  debug: choose.typeAndName(),
  delete: choose.typeAndName(),
  describe: choose.typeAndName(),
  drain: choose.firstName("nodes"),
  edit: choose.typeAndName(),
  exec: choose.podOrType(),
  expose: choose.typeAndName(["pod", "service", "replicationcontroller", "deployment", "replicaset"]),
  get: choose.typeAndName(),
  label: choose.typeAndName(),
  logs: choose.podOrType(choose.containers),
  patch: choose.typeAndName(),
  "port-forward": choose.podOrType(choose.ports),
  "rollout history": choose.typeAndName(rolled),
  "rollout pause": choose.typeAndName(["deployment"]),
  "rollout restart": choose.typeAndName(rolled),
  "rollout resume": choose.typeAndName(["deployment"]),
  "rollout status": choose.typeAndName(rolled, { once: true }),
  "rollout undo": choose.typeAndName(rolled),
  scale: choose.typeAndName(scaled),
  "set image": choose.typeAndName(
    ["daemonsets", "deployments", "pods", "cronjobs", "replicasets", "replicationcontrollers", "statefulsets"],
    { once: true },
  ),
  taint: choose.typeAndName(["node"]),
  "top node": choose.firstName("nodes"),
  "top pod": choose.firstName("pods"),
  uncordon: choose.firstName("nodes"),
};

const outputs = [
  "json",
  "yaml",
  "kyaml",
  "name",
  "go-template",
  "go-template-file",
  "template",
  "templatefile",
  "jsonpath",
  "jsonpath-as-json",
  "jsonpath-file",
  "custom-columns",
  "custom-columns-file",
  "wide",
];

const byFlag: Record<string, Completer> = {
  "config set-context --namespace": choose.anyName("namespaces"),
  "create clusterrolebinding --clusterrole": choose.anyName("clusterroles"),
  "exec --container": choose.containersOfFirst,
  "get --output": choose.words(outputs, { anywhere: true }),
};

const byGlobalFlag: Record<string, Completer> = {
  namespace: choose.anyName("namespaces"),
  context: choose.anyOf("contexts"),
  cluster: choose.anyOf("clusters"),
  user: choose.anyOf("users"),
};

export function argumentChoices(path: string[]): Completer | undefined {
  return byCommand[path.join(" ")];
}

export function flagChoices(path: string[], flag: Flag, global: boolean): Completer | undefined {
  if (global) return byGlobalFlag[flag.name];
  if (flag.name === "subresource" && path[0] !== "auth") return choose.words(["status", "scale", "resize"], { whole: true });
  return byFlag[`${path.join(" ")} --${flag.name}`];
}
