/** Which versions of Kubernetes may stand beside one another in a cluster, and in which order they change: upstream's version skew policy. */

/** How many minor versions a kubelet may be older than the API server. */
const mostOlder = 3;

export interface Versions {
  /** Of this program, which wants to take over: `v1.36.4`. */
  here: string;
  /** Of the API server that runs now. */
  server: string;
  /** Whether this machine is to run the API server; otherwise it is a node of one that is elsewhere. */
  isServer: boolean;
  /** Of the kubelets of other machines. */
  kubelets: readonly { node: string; version: string }[];
}

interface Minor {
  major: number;
  minor: number;
}

function minorOf(version: string): Minor {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) throw new Error(`${JSON.stringify(version)} is no version of Kubernetes`);
  return { major: Number(major), minor: Number(minor) };
}

/** Why this program must not take over; undefined: it may. */
export function skewObstacle({ here, server, isServer, kubelets }: Versions): string | undefined {
  const [own, runs] = [minorOf(here), minorOf(server)];
  if (own.major !== runs.major)
    return `this program is Kubernetes ${here}, and the API server ${server}: there is no way from one to the other`;
  const ahead = own.minor - runs.minor;
  if (!isServer) {
    if (ahead > 0) return `the API server is ${server}, and a kubelet must not be newer: upgrade the machines with the API server first`;
    if (ahead < -mostOlder) return `the API server is ${server}, and a kubelet of ${here} is more than ${mostOlder} minor versions older`;
    return undefined;
  }
  if (ahead < 0) return `the API server is ${server}, and its objects may be in forms that ${here} does not know: there is no way back`;
  if (ahead > 1) return `the API server is ${server}: between it and ${here} every minor version is to be run once`;
  const late = kubelets.filter(({ version }) => own.minor - minorOf(version).minor > mostOlder);
  if (late.length === 0) return undefined;
  const names = late.map(({ node, version }) => `${node} (${version})`).join(", ");
  return `kubelets may be ${mostOlder} minor versions older than the API server, and these would be more: ${names}. Upgrade them first`;
}
