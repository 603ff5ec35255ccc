/** What Debian provides to an installed Spoke: what its nodes need, and what its Node is linked to. */
import { needs } from "../../src/distro/packages.ts";

interface Dependency {
  package: string;
  /** Of a version: `(>= 2.28)`. */
  since?: string;
  /** Packages that do as well. */
  or?: readonly string[];
}

/** From elsewhere than Debian they come in one package. */
const elsewhere: Readonly<Record<string, readonly string[]>> = { containerd: ["containerd.io"], runc: ["containerd.io"] };

export const dependencies: readonly Dependency[] = [
  ...needs.map((need): Dependency => ({ package: need.package, ...(elsewhere[need.package] ? { or: elsewhere[need.package] } : {}) })),
  { package: "ca-certificates" },
  // Versions of their symbols, as Node 26 is linked.
  { package: "libc6", since: "(>= 2.28)" },
  { package: "libstdc++6", since: "(>= 5)" },
  { package: "libatomic1" },
];

/** `containerd | containerd.io, …, libc6 (>= 2.28)`: of a Debian package. */
export function dependsLine(): string {
  return dependencies.map((each) => [[each.package, each.since].filter(Boolean).join(" "), ...(each.or ?? [])].join(" | ")).join(", ");
}
