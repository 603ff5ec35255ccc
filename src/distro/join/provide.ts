/** The control plane's part of joining: what newcomers read, and who approves what they ask for. */
import type { Clock, Log, Random } from "#base/mod.ts";
import { informers, runReconciler } from "#client/mod.ts";
import { type Cluster, ensureOwnRoles } from "#cluster/mod.ts";
import { readRequest } from "#controllers/mod.ts";
import { readCa, serverNames } from "../certificates.ts";
import type { ClusterConfig } from "../cluster.ts";
import { serverOf } from "../machines/seat.ts";
import type { Place } from "../place.ts";
import { approvedSigners, approverUser, joinApproval } from "./approval.ts";
import { factsFor } from "./facts.ts";
import { ensureWelcome } from "./welcome.ts";

interface Given {
  place: Place;
  cluster: ClusterConfig;
  controlPlane: Cluster;
  clock: Clock;
  random: Random;
  log: Log;
}

/** Everybody's. */
const loopback = new Set(["localhost", "127.0.0.1", "::1"]);

const certificates = "certificates.k8s.io";

/** Resolves with the way to end it. */
export async function joinsOf({ place, cluster, controlPlane, clock, random, log }: Given): Promise<() => Promise<void>> {
  const own = {
    name: "spoke:join-approver",
    user: approverUser,
    rules: [
      { apiGroups: [certificates], resources: ["certificatesigningrequests"], verbs: ["get", "list", "watch"] },
      { apiGroups: [certificates], resources: ["certificatesigningrequests/approval"], verbs: ["update"] },
      { apiGroups: [certificates], resources: ["signers"], resourceNames: [...approvedSigners], verbs: ["approve"] },
      { apiGroups: [""], resources: ["nodes"], verbs: ["get", "list", "watch"] },
      { apiGroups: [""], resources: ["events"], verbs: ["create", "patch"] },
    ],
  };
  await ensureOwnRoles(controlPlane.client, [own], log);
  await ensureWelcome(controlPlane.client, { server: serverOf(cluster), ca: readCa(place), facts: factsFor(cluster) });
  const client = controlPlane.as(approverUser);
  const component = log.with({ component: "joins" });
  const follow = informers(client, { clock, random, log: component });
  const running = runReconciler(joinApproval(readRequest, new Set(serverNames(cluster).filter((name) => !loopback.has(name)))), {
    informers: follow,
    client,
    clock,
    log: component,
  });
  return async () => {
    await running.close();
    follow.close();
  };
}
