/** `cluster-info`: where the control plane and its services answer. */
import type { Command } from "../../command.ts";
import { listObjects } from "../../objects.ts";

export const command: Command = {
  use: "cluster-info [flags]",
  long: "Display addresses of the control plane and services with label kubernetes.io/cluster-service=true.",
  flags: [],
  async run(session) {
    const { server } = await session.clientTarget();
    const tty = Boolean((session.io.stdout as { isTTY?: boolean }).isTTY);
    const paint = (code: string, text: string) => (tty ? `\x1b[${code}m${text}\x1b[0m` : text);
    const print = (name: string, link: string) => session.line(`${paint("0;32", name)} is running at ${paint("0;33", link)}`);
    const { items } = await listObjects(session, {
      resource: await session.resource("services"),
      namespace: session.flags.text("namespace") || "kube-system",
      labelSelector: "kubernetes.io/cluster-service=true",
    });
    print("Kubernetes control plane", server);
    for (const service of items) {
      const [ingress] = service.status?.loadBalancer?.ingress ?? [];
      const name = service.metadata.labels?.["kubernetes.io/name"] ?? service.metadata.name;
      const port = service.spec.ports?.[0];
      const scheme = port?.name === "https" || port?.port === 443 ? "https:" : "";
      const link = ingress
        ? service.spec.ports.map((each: { port: number }) => `http://${ingress.ip ?? ingress.hostname}:${each.port} `).join("")
        : `${server}/api/v1/namespaces/${service.metadata.namespace}/services/${scheme}${service.metadata.name}:${port?.name ?? ""}/proxy`.replace(
            /:\/proxy$/,
            "/proxy",
          );
      print(name, link);
    }
    session.line("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.");
  },
};
