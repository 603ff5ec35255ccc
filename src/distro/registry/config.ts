/** What of the registry is written down with the cluster. */

export interface RegistryConfig {
  /** On the machine's localhost, and on its end of the bridge. */
  port: number;
}

export interface RegistryWishes {
  on?: boolean;
  port?: number;
}

const usualPort = 5000;

export function registryOf(before: RegistryConfig | undefined, { on, port }: RegistryWishes): { registry?: RegistryConfig } {
  if (!(on ?? before !== undefined)) {
    if (port !== undefined) throw new Error("--registry-port: there is no registry; --registry makes one");
    return {};
  }
  const number = port ?? before?.port ?? usualPort;
  if (number < 1 || number > 65_535) throw new Error(`--registry-port ${number}: from 1 to 65535`);
  return { registry: { port: number } };
}

/** `localhost:5000`, as images are named by it. */
export const registryHost = ({ port }: RegistryConfig): string => `localhost:${port}`;
