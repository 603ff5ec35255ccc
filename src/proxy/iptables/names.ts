/** Names of chains, as upstream's proxy gives them: tools and people look for them. */
import { createHash } from "node:crypto";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The first sixteen letters of the hash in base 32. */
function hash(text: string): string {
  const digest = createHash("sha256").update(text).digest();
  let name = "";
  for (let at = 0; at < 16; at++) {
    const bit = at * 5;
    const pair = (digest[bit >> 3]! << 8) | digest[(bit >> 3) + 1]!;
    name += alphabet[(pair >> (11 - (bit & 7))) & 31];
  }
  return name;
}

export interface Port {
  /** `namespace/name:port`, and `namespace/name` where the port has no name. */
  name: string;
  protocol: string;
}

const chain =
  (prefix: string) =>
  ({ name, protocol }: Port): string =>
    `${prefix}${hash(`${name}${protocol}`)}`;

/** To endpoints of the whole cluster. */
export const clusterChain = chain("KUBE-SVC-");
/** To endpoints of this node. */
export const localChain = chain("KUBE-SVL-");
/** What came from outside. */
export const externalChain = chain("KUBE-EXT-");
/** What came to a load balancer's address that only some may use. */
export const firewallChain = chain("KUBE-FW-");
/** To one endpoint. */
export const endpointChain = ({ name, protocol }: Port, endpoint: string): string => `KUBE-SEP-${hash(`${name}${protocol}${endpoint}`)}`;

const fixed = new Set([
  "KUBE-SERVICES",
  "KUBE-EXTERNAL-SERVICES",
  "KUBE-NODEPORTS",
  "KUBE-FORWARD",
  "KUBE-PROXY-FIREWALL",
  "KUBE-FIREWALL",
  "KUBE-POSTROUTING",
  "KUBE-MARK-MASQ",
]);

/** Others call chains KUBE-something too. */
export const isProxyChain = (chain: string): boolean => fixed.has(chain) || /^KUBE-(SVC|SVL|EXT|FW|SEP)-/.test(chain);
