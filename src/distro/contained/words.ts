/** What a container says at each of its starts, as this start needs it: the first one joins, the later ones are a node that is there. */
import type { ClusterConfig } from "../cluster.ts";
import type { Role } from "../roles/usages.ts";

export interface Seen {
  /** What the volume holds. */
  cluster: ClusterConfig | undefined;
  /** The node has a certificate that still counts. */
  isMember: boolean;
  /** IPv4 addresses of this container. */
  addresses: readonly string[];
  /** The one that others reach; asked for where the former one went. */
  usual: string | undefined;
}

const notHere: Readonly<Record<string, string>> = {
  name: "a container is one machine: say another cluster's name with the variable SPOKE_CLUSTER",
  boot: "a container is started by who runs it: docker run --restart=always",
};

/** Throws for what means nothing in a container. */
export function wordsNow(role: Role, words: readonly string[], { cluster, isMember, addresses, usual }: Seen): string[] {
  for (const [option, why] of Object.entries(notHere)) if (says(words, option)) throw new Error(`--${option}: ${why}`);
  const kept = role === "agent" && isMember ? without(words, "token") : [...words];
  const former = cluster?.machine?.address;
  if (former === undefined || usual === undefined || addresses.includes(former) || says(words, "address")) return kept;
  return [...kept, `--address=${usual}`];
}

const says = (words: readonly string[], option: string): boolean =>
  words.some((word) => word === `--${option}` || word.startsWith(`--${option}=`) || word === `--no-${option}`);

/** Tokens run out after a day; a node that is one needs none. */
function without(words: readonly string[], option: string): string[] {
  return words.filter((word, at) => word !== `--${option}` && !word.startsWith(`--${option}=`) && words[at - 1] !== `--${option}`);
}
