/** Small Ingresses for tests: what a test does not say is as plain as can be. */
import type { HTTPIngressPath, Ingress, IngressBackend, IngressClass, IngressSpec } from "#api/mod.ts";
import { className, controllerName } from "./class.ts";

export const toService = (name: string, port: number | string = 80): IngressBackend => ({
  service: { name, port: typeof port === "string" ? { name: port } : { number: port } },
});

/** `Prefix /a` of a Service of the same words. */
export function aPath(line: string, backend?: IngressBackend): HTTPIngressPath {
  const [pathType, path] = line.split(" ");
  return { pathType, path, backend: backend ?? toService(line) };
}

export interface IngressOptions {
  name?: string;
  namespace?: string;
  /** Seconds since 2026 began. */
  born?: number;
  annotations?: Record<string, string>;
  /** Lines of `aPath` by host. */
  rules?: Record<string, string[]>;
  spec?: IngressSpec;
}

export function anIngress({ name = "web", namespace = "default", born = 0, annotations, rules = {}, spec }: IngressOptions = {}): Ingress {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name,
      namespace,
      uid: `uid-of-${name}`,
      creationTimestamp: new Date(Date.UTC(2026, 0, 1, 0, 0, born)).toISOString(),
      ...(annotations ? { annotations } : {}),
    },
    spec: {
      ingressClassName: className,
      ...(Object.keys(rules).length > 0
        ? {
            rules: Object.entries(rules).map(([host, lines]) => ({
              ...(host ? { host } : {}),
              http: { paths: lines.map((line) => aPath(line)) },
            })),
          }
        : {}),
      ...spec,
    },
  };
}

export const aClass = (name = className, controller = controllerName): IngressClass => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "IngressClass",
  metadata: { name },
  spec: { controller },
});

export const oneClass = (name: string): IngressClass | undefined => (name === className ? aClass() : undefined);
