/** The members of an etcd, by its API: who they are, how each is, and how one comes and goes. */
import { type EtcdClient, type EtcdEndpoints, etcdClient } from "./etcd-client.ts";
import type { MemberMessage, MembersResponse, StatusResponse } from "./etcd-messages.ts";

/** `name` is empty until it has started for the first time. A learner follows, and has no voice yet. */
export interface EtcdMember extends MemberMessage {}

export interface EtcdCluster {
  list(): Promise<EtcdMember[]>;
  /** `members`: all there are now, itself among them. */
  addLearner(peerUrl: string): Promise<{ member: EtcdMember; members: EtcdMember[] }>;
  /** Refused while it is not in sync. */
  promote(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  close(): void;
}

const service = "/etcdserverpb.Cluster/";

export async function membersBy(client: EtcdClient): Promise<EtcdMember[]> {
  const { members } = await client.call<MembersResponse>(`${service}MemberList`, ["MemberListRequest", {}], "MemberListResponse", true);
  return members;
}

/** Of those that answer clients: learners do not. */
export const endpointsOf = (members: readonly EtcdMember[]): string[] =>
  members.filter(({ isLearner }) => !isLearner).flatMap(({ clientUrls }) => clientUrls.slice(0, 1));

/** Calls fail with StoreError; its message has etcd's own. */
export function etcdCluster(endpoints: EtcdEndpoints): EtcdCluster {
  const client = etcdClient(endpoints);
  const byId = (method: string, id: string) =>
    client.call<MembersResponse>(`${service}${method}`, ["MemberIdRequest", { id }], "MemberIdResponse", false);
  return {
    list: () => membersBy(client),
    async addLearner(peerUrl) {
      const request = { peerUrls: [peerUrl], isLearner: true };
      const answer = await client.call<MembersResponse>(`${service}MemberAdd`, ["MemberAddRequest", request], "MemberAddResponse", false);
      return { member: answer.member!, members: answer.members };
    },
    promote: async (id) => void (await byId("MemberPromote", id)),
    remove: async (id) => void (await byId("MemberRemove", id)),
    close: () => client.close(),
  };
}

export interface MemberStatus {
  /** Of the cluster that it is a member of: its first members, and the token that they began with. */
  clusterId: string;
  version: string;
  /** Bytes of its database. */
  size: number;
  isLeader: boolean;
  /** It knows of one: more than half of the members hear each other. */
  hasLeader: boolean;
}

/** What one member says of itself. */
export async function memberStatus(endpoint: string, tls: EtcdEndpoints["tls"]): Promise<MemberStatus> {
  const client = etcdClient({ endpoints: [endpoint], ...(tls ? { tls } : {}) });
  try {
    const request: [string, object] = ["StatusRequest", {}];
    const answer = await client.call<StatusResponse>("/etcdserverpb.Maintenance/Status", request, "StatusResponse", false);
    return {
      clusterId: answer.header.clusterId,
      version: answer.version,
      size: answer.dbSize,
      isLeader: answer.leader === answer.header.memberId,
      hasLeader: answer.leader !== "0",
    };
  } finally {
    client.close();
  }
}
