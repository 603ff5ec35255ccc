/** Which rules tell about which kind. */
import type { Ingress, Job, KubeObject, Node, PersistentVolumeClaim, Pod, Service } from "#api/mod.ts";
import { explainClaim } from "./claim.ts";
import type { Facts, Finding } from "./finding.ts";
import { explainNode } from "./node.ts";
import { explainOther } from "./other.ts";
import { explainPod } from "./pod.ts";
import { explainIngress, explainService } from "./service.ts";
import { explainJob, explainWorkload } from "./workload.ts";

/** The finding about `object` itself first, then those about what it stands on. */
export function explain(object: KubeObject, facts: Facts): Promise<Finding[]> {
  const group = object.apiVersion.includes("/") ? object.apiVersion.split("/")[0] : "";
  const of = <T extends KubeObject>() => object as T;
  switch (`${object.kind}.${group}`) {
    case "Pod.":
      return explainPod(of<Pod & KubeObject>(), facts);
    case "Node.":
      return explainNode(of<Node & KubeObject>(), facts);
    case "Service.":
      return explainService(of<Service & KubeObject>(), facts);
    case "PersistentVolumeClaim.":
      return explainClaim(of<PersistentVolumeClaim & KubeObject>(), facts);
    case "Ingress.networking.k8s.io":
      return explainIngress(of<Ingress & KubeObject>(), facts);
    case "Job.batch":
      return explainJob(of<Job & KubeObject>(), facts);
    case "ReplicationController.":
    case "ReplicaSet.apps":
    case "Deployment.apps":
    case "StatefulSet.apps":
    case "DaemonSet.apps":
      // What goes away is told of as any other object is.
      return object.metadata.deletionTimestamp ? explainOther(object, facts) : explainWorkload(object, facts);
    default:
      return explainOther(object, facts);
  }
}
