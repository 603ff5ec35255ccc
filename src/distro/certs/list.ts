/** What a machine has of the cluster's certificates and keys: of which kind each is, when it ends, and who uses it. */
import { X509Certificate } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Place } from "../place.ts";

export interface CertificateRow {
  /** Of the file, without its end. */
  name: string;
  kind: "authority" | "server" | "client" | "both" | "key";
  who: string;
  by: string;
  /** ISO 8601; absent: it has no end. */
  ends?: string;
  renewed: "by itself" | "not by itself" | "";
  use: string;
}

const uses: readonly [name: RegExp, use: string][] = [
  [/^ca$/, "signs all certificates of the cluster; everybody believes it"],
  [/^front-proxy-ca$/, "signs who the API server is to extension servers"],
  [/^ingress-ca$/, "signs what hosts of Ingresses show"],
  [/^etcd-ca$/, "signs servers and clients of etcd"],
  [/^etcd-peer-ca$/, "signs members of etcd to each other"],
  [/^apiserver$/, "the API server, and the ports of controllers and scheduler"],
  [/^apiserver-kubelet-client$/, "the API server, to kubelets"],
  [/^front-proxy-client$/, "the API server, to extension servers"],
  [/^admin$/, "who administers from this machine, and the kubeconfigs that spoke wrote"],
  [/^controller-manager$/, "the controllers"],
  [/^scheduler$/, "the scheduler"],
  [/^(proxy|dns|policy|local-path)$/, "the agent's part of that name"],
  [/^(balancer|ingress)$/, "the part of that name"],
  [/^etcd-client$/, "the API server, to etcd"],
  [/^etcd-server$/, "this machine's member of etcd, to clients"],
  [/^etcd-peer$/, "this machine's member of etcd, to the others"],
  [/^node-/, "the kubelet, to the API server"],
  [/^kubelet-/, "the kubelet's port"],
  [/^service-account$/, "signs tokens of service accounts"],
  [/^service-account-before$/, "tokens of before are believed by it until the rotation is finished"],
  [/^encryption$/, "seals Secrets in the store"],
];

const useOf = (name: string): string => uses.find(([pattern]) => pattern.test(name))?.[1] ?? "";

export function rowsOf(place: Place): CertificateRow[] {
  if (!existsSync(place.pki)) return [];
  const files = readdirSync(place.pki);
  const certificates = files.filter((file) => file.endsWith(".crt")).map((file) => certificateRow(place, file.slice(0, -4)));
  const keys = [
    ["service-account", "service-account.key"],
    ["service-account-before", "service-account-before.pub"],
    ["encryption", "encryption.key"],
  ].flatMap(([name, file]): CertificateRow[] =>
    files.includes(file!) ? [{ name: name!, kind: "key", who: "", by: "", renewed: "", use: useOf(name!) }] : [],
  );
  const order: CertificateRow["kind"][] = ["authority", "server", "both", "client", "key"];
  return [...certificates, ...keys].toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || (a.name < b.name ? -1 : 1));
}

function certificateRow(place: Place, name: string): CertificateRow {
  const parsed = new X509Certificate(readFileSync(join(place.pki, `${name}.crt`)));
  const kind = parsed.ca ? "authority" : kindOf(parsed.keyUsage ?? []);
  return {
    name,
    kind,
    who: nameIn(parsed.subject),
    by: parsed.ca ? "itself" : nameIn(parsed.issuer),
    ends: parsed.validToDate.toISOString().replace(".000Z", "Z"),
    // Those of an etcd that was given are its owner's.
    renewed: parsed.ca || !isMade(place, name) ? "not by itself" : "by itself",
    use: useOf(name),
  };
}

/** By their object identifiers. */
const [serverAuth, clientAuth] = ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"];

function kindOf(usages: readonly string[]): "server" | "client" | "both" {
  const [server, client] = [usages.includes(serverAuth!), usages.includes(clientAuth!)];
  return server && client ? "both" : server ? "server" : "client";
}

const isMade = (place: Place, name: string): boolean => name !== "etcd-client" || existsSync(join(place.pki, "etcd-server.key"));

const nameIn = (subject: string): string => /^CN=(.*)$/m.exec(subject)?.[1] ?? subject.replaceAll("\n", ", ");
