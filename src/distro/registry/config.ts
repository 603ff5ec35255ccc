/** What of the registry is written down with the cluster. */

export interface RegistryConfig {
  /** On the machine's localhost, and on its end of the bridge. */
  port: number;
  /** Other registries of which it keeps copies. */
  mirrors?: MirrorConfig[];
  /** The name of a file with credentials for them, as docker writes it. */
  credentials?: string;
}

export interface MirrorConfig {
  /** As images are named by it: `docker.io`. */
  host: string;
  /** Where it is: `https://registry-1.docker.io`. */
  url: string;
}

export interface RegistryWishes {
  on?: boolean;
  port?: number;
  /** All of them anew; empty: none any more. */
  mirrors?: MirrorConfig[];
  /** Empty: none any more. */
  credentials?: string;
}

const usualPort = 5000;

export function registryOf(before: RegistryConfig | undefined, wishes: RegistryWishes): { registry?: RegistryConfig } {
  const { on, port } = wishes;
  if (!(on ?? before !== undefined)) {
    for (const [flag, said] of [
      ["port", port !== undefined],
      ["mirror", (wishes.mirrors?.length ?? 0) > 0],
      ["credentials", wishes.credentials],
    ])
      if (said) throw new Error(`--registry-${flag}: there is no registry; --registry makes one`);
    return {};
  }
  const number = port ?? before?.port ?? usualPort;
  if (number < 1 || number > 65_535) throw new Error(`--registry-port ${number}: from 1 to 65535`);
  const mirrors = wishes.mirrors ?? before?.mirrors ?? [];
  const credentials = wishes.credentials ?? before?.credentials;
  return { registry: { port: number, ...(mirrors.length > 0 ? { mirrors } : {}), ...(credentials ? { credentials } : {}) } };
}

/** `localhost:5000`, as images are named by it. */
export const registryHost = ({ port }: RegistryConfig): string => `localhost:${port}`;

/** Where images of `docker.io/…` are. */
const elsewhere: Readonly<Record<string, string>> = { "docker.io": "https://registry-1.docker.io" };

/** `docker.io`, `registry.example:5000`, `registry.example=http://10.0.0.5:5000`; an empty word is none. */
export function readMirrors(words: readonly string[] | undefined): MirrorConfig[] | undefined {
  const mirrors = words?.filter((word) => word !== "").map(readMirror);
  const twice = mirrors?.find(({ host }, at) => mirrors.findIndex((other) => other.host === host) < at);
  if (twice) throw new Error(`--registry-mirror ${twice.host}: it is there twice`);
  return mirrors;
}

function readMirror(word: string): MirrorConfig {
  const [host = "", given] = word.split(/=(.*)/s);
  if (!/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d+)?$/.test(host) || !/[.:]/.test(host))
    throw new Error(
      `--registry-mirror ${word}: the name of a registry is needed, as images begin with it, such as docker.io or registry.example:5000`,
    );
  if (/^localhost(:|$)|^registry\.kube-system/.test(host)) throw new Error(`--registry-mirror ${host}: this is the cluster's own registry`);
  const url = given ?? elsewhere[host] ?? `https://${host}`;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.pathname !== "/" || parsed.search !== "" || parsed.username !== "")
    throw new Error(`--registry-mirror ${word}: after the = https://HOST or http://HOST:PORT is needed`);
  return { host, url: `${parsed.protocol}//${parsed.host}` };
}
