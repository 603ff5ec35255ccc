/** `expose`: a service for the pods of something that exists. */

import type { Command } from "../command.ts";
import type { Session } from "../connect/session.ts";
import { CliError } from "../failure.ts";
import { buildTargets } from "../input/builder.ts";
import { text } from "../input/flags.ts";
import { filenameFlags } from "../input/manifest.ts";
import { recorded, recordFlag } from "../input/record.ts";
import { dryRunFlag, fieldManagerFlag, saveConfigFlag, withGeneratedLastApplied } from "../input/write-flags.ts";
import { createObject, fetchTargets } from "../objects.ts";
import { overrideFlags, withOverrides } from "../patch/overrides.ts";
import { outcomePrinter, printFlags } from "../print/printers.ts";
import type { KObject } from "../print/values.ts";

export const command: Command = {
  use: "expose (-f FILENAME | TYPE NAME) [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] [--external-ip=external-ip-of-service] [--type=type]",
  long: "Expose a resource as a new Kubernetes service.\n\n The selector of a deployment, service, replica set, replication controller or the labels of a pod become the selector of a new service.",
  examples: "kubectl expose rc nginx --port=80 --target-port=8000",
  flags: [
    text(
      "cluster-ip",
      "ClusterIP to be assigned to the service. Leave empty to auto-allocate, or set to 'None' to create a headless service.",
    ),
    dryRunFlag,
    text("external-ip", "Additional external IP address (not managed by Kubernetes) to accept for the service."),
    fieldManagerFlag("kubectl-expose"),
    ...filenameFlags("identifying the resource to expose a service"),
    text("labels|l", "Labels to apply to the service created by this call."),
    text("load-balancer-ip", "IP to assign to the LoadBalancer."),
    text("name", "The name for the newly created object."),
    ...overrideFlags,
    text("port", "The port that the service should serve on. Copied from the resource being exposed, if unspecified"),
    text("protocol", "The network protocol for the service to be created. Default is 'TCP'."),
    recordFlag,
    saveConfigFlag,
    text("selector", "A label selector to use for this service."),
    text("session-affinity", "If non-empty, set the session affinity for the service to this; legal values: 'None', 'ClientIP'"),
    text("target-port", "Name or number for the port on the container that the service should direct traffic to."),
    text("type", "Type for this service: ClusterIP, NodePort, LoadBalancer, or ExternalName. Default is 'ClusterIP'."),
    ...printFlags,
  ],
  async run(session) {
    const dryRun = session.dryRun();
    const print = await outcomePrinter(session, { typed: true });
    const resource = await session.resource("services");
    for (const found of await fetchTargets(session, await buildTargets(session), { files: true })) {
      let service = recorded(session, await withOverrides(session, serviceFor(session, found.object), "services"));
      if (dryRun === "client") service.metadata.namespace = found.namespace;
      if (session.flags.bool("save-config") && dryRun !== "client") service = await withGeneratedLastApplied(service);
      print(
        dryRun === "client"
          ? service
          : await createObject(session, resource, service, {
              namespace: found.namespace,
              dryRun: dryRun === "server",
              fieldManager: session.flags.text("field-manager"),
            }),
        "exposed",
      );
    }
  },
};

interface Port {
  port: number;
  protocol: string;
}

function serviceFor(session: Session, object: KObject): KObject {
  const { flags } = session;
  const selector = flags.text("selector") ? pairs(flags.text("selector")) : selectorOf(object);
  const found = portsOf(object);
  const given = flags
    .text("port")
    .split(",")
    .filter((port) => port !== "")
    .map(Number);
  if (given.length === 0 && found.length === 0 && flags.text("cluster-ip") !== "None")
    throw new CliError("couldn't find port via --port flag or introspection\nSee 'kubectl expose -h' for help and examples");
  const numbers = given.length > 0 ? given : found.map((port) => port.port);
  const target = flags.text("target-port");
  const ports = numbers.map((port, index) => ({
    ...(numbers.length > 1 ? { name: `port-${index + 1}` } : {}),
    port,
    protocol: flags.text("protocol") || found.find((each) => each.port === port)?.protocol || "TCP",
    targetPort: target === "" ? port : /^\d+$/.test(target) ? Number(target) : target,
  }));
  const labels = flags.text("labels") ? pairs(flags.text("labels")) : object.metadata.labels;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: flags.text("name") || object.metadata.name, ...(labels && Object.keys(labels).length > 0 ? { labels } : {}) },
    spec: {
      ports,
      selector,
      ...(flags.text("type") ? { type: flags.text("type") } : {}),
      ...(flags.text("cluster-ip") ? { clusterIP: flags.text("cluster-ip") } : {}),
      ...(flags.text("external-ip") ? { externalIPs: [flags.text("external-ip")] } : {}),
      ...(flags.text("load-balancer-ip") ? { loadBalancerIP: flags.text("load-balancer-ip") } : {}),
      ...(flags.text("session-affinity") ? { sessionAffinity: flags.text("session-affinity") } : {}),
    },
    status: { loadBalancer: {} },
  };
}

function pairs(text_: string): Record<string, string> {
  return Object.fromEntries(text_.split(",").map((pair) => pair.split(/==?/) as [string, string]));
}

function selectorOf(object: KObject): Record<string, string> {
  const { kind, spec = {}, metadata } = object;
  if (kind === "Pod") {
    if (!metadata.labels || Object.keys(metadata.labels).length === 0) throw new CliError("the pod has no labels and cannot be exposed");
    return metadata.labels;
  }
  if (kind === "Service") {
    if (!spec.selector) throw new CliError("the service has no pod selector set");
    return spec.selector;
  }
  if (kind === "ReplicationController") return spec.selector;
  if (kind !== "Deployment" && kind !== "ReplicaSet")
    throw new CliError(`cannot expose a ${kind}${object.apiVersion.includes("/") ? `.${object.apiVersion.split("/")[0]}` : ""}`);
  if (spec.selector?.matchExpressions?.length)
    throw new CliError(`couldn't convert expressions - "${JSON.stringify(spec.selector.matchExpressions)}" to map-based selector format`);
  return spec.selector.matchLabels;
}

function portsOf(object: KObject): Port[] {
  if (object.kind === "Service") return object.spec.ports ?? [];
  const containers = (object.kind === "Pod" ? object.spec : object.spec?.template?.spec)?.containers ?? [];
  return containers.flatMap((container: { ports?: { containerPort: number; protocol?: string }[] }) =>
    (container.ports ?? []).map((port) => ({ port: port.containerPort, protocol: port.protocol ?? "TCP" })),
  );
}
