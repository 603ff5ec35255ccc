/** `create service`, of each type. */
import type { Session } from "../../connect/session.ts";
import { CliError } from "../../failure.ts";
import { int, list, text } from "../../input/flags.ts";
import { type Generator, generator } from "../../input/generate.ts";
import type { KObject } from "../../print/values.ts";

const tcpFlag = list("tcp", "Port pairs can be specified as '<port>:<targetPort>'.");

function servicePorts(session: Session, nodePort?: number): object[] {
  return session.flags.list("tcp").map((spec) => {
    const [port, target = port] = spec.split(":");
    if (!/^\d+$/.test(port) || Number(port) < 1 || Number(port) > 65535)
      throw new CliError(`invalid port format: ${JSON.stringify(spec)}`.replace("invalid port format", "invalid port value"));
    return {
      name: spec.replace(":", "-"),
      port: Number(port),
      protocol: "TCP",
      targetPort: /^\d+$/.test(target) ? Number(target) : target,
      ...(nodePort ? { nodePort } : {}),
    };
  });
}

function service(name: string, spec: object): KObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels: { app: name } },
    spec: { selector: { app: name }, ...spec },
    status: { loadBalancer: {} },
  };
}

function needPorts(session: Session, ports: object[]): object[] {
  if (ports.length === 0) throw new CliError("at least one tcp port specifier must be provided");
  return ports;
}

const serviceGenerator = (spec: Generator) => generator({ ...spec, plainDryRun: true });

export const serviceClusterIp = serviceGenerator({
  failure: "failed to create ClusterIP service:",
  use: "create service clusterip NAME [--tcp=<port>:<targetPort>] [--dry-run=server|client|none]",
  long: "Create a ClusterIP service with the specified name.",
  flags: [tcpFlag, text("clusterip", "Assign your own ClusterIP or set to 'None' for a 'headless' service (no loadbalancing).")],
  build(session, name) {
    const clusterIP = session.flags.text("clusterip");
    const ports = servicePorts(session);
    if (clusterIP === "None") return service(name, { type: "ClusterIP", clusterIP, ...(ports.length > 0 ? { ports } : {}) });
    return service(name, { type: "ClusterIP", ports: needPorts(session, ports), ...(clusterIP ? { clusterIP } : {}) });
  },
});
export const serviceNodePort = serviceGenerator({
  failure: "failed to create NodePort service:",
  use: "create service nodeport NAME [--tcp=port:targetPort] [--dry-run=server|client|none]",
  long: "Create a NodePort service with the specified name.",
  flags: [tcpFlag, int("node-port", "Port used to expose the service on each node in a cluster.")],
  build: (session, name) =>
    service(name, { type: "NodePort", ports: needPorts(session, servicePorts(session, session.flags.int("node-port"))) }),
});
export const serviceLoadBalancer = serviceGenerator({
  failure: "failed to create LoadBalancer service:",
  use: "create service loadbalancer NAME [--tcp=port:targetPort] [--dry-run=server|client|none]",
  long: "Create a LoadBalancer service with the specified name.",
  flags: [tcpFlag],
  build: (session, name) => service(name, { type: "LoadBalancer", ports: needPorts(session, servicePorts(session)) }),
});
export const serviceExternalName = serviceGenerator({
  failure: "failed to create ExternalName service:",
  required: ["external-name"],
  use: "create service externalname NAME --external-name external.name [--dry-run=server|client|none]",
  long: "Create an ExternalName service with the specified name.",
  flags: [tcpFlag, text("external-name", "External name of service")],
  build(session, name) {
    const ports = servicePorts(session);
    return service(name, {
      type: "ExternalName",
      externalName: session.flags.text("external-name"),
      ...(ports.length > 0 ? { ports } : {}),
    });
  },
});
