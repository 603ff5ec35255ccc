/** The part of etcd's v3 API that a store needs, by field number. What is not named here is skipped when read. */
import { describeMessages } from "#net/mod.ts";

export interface Header {
  clusterId: string;
  revision: number;
}
export interface KeyValue {
  key: Uint8Array;
  createRevision: number;
  modRevision: number;
  value: Uint8Array;
  /** "0": it has none. */
  lease: string;
}
export interface RangeResponse {
  header: Header;
  kvs: KeyValue[];
  count: number;
}
export interface TxnResponse {
  header: Header;
  succeeded: boolean;
  responses: { responseRange?: RangeResponse }[];
}
export interface WatchResponse {
  header: Header;
  canceled: boolean;
  compactRevision: number;
  cancelReason: string;
  events: { type: 0 | 1; kv: KeyValue; prevKv?: KeyValue }[];
}

export interface MemberMessage {
  id: string;
  name: string;
  peerUrls: string[];
  clientUrls: string[];
  isLearner: boolean;
}
export interface MembersResponse {
  member?: MemberMessage;
  members: MemberMessage[];
}
export interface StatusResponse {
  header: { clusterId: string; memberId: string };
  version: string;
  dbSize: number;
  leader: string;
  isLearner: boolean;
}

export const etcdMessages = describeMessages(`
ResponseHeader
  1 cluster_id id
  2 member_id id
  3 revision int64
KeyValue
  1 key bytes
  2 create_revision int64
  3 mod_revision int64
  4 version int64
  5 value bytes
  6 lease id
RangeRequest
  1 key bytes
  2 range_end bytes
  3 limit int64
  4 revision int64
  9 count_only bool
RangeResponse
  1 header ResponseHeader
  2 kvs repeated KeyValue
  4 count int64
PutRequest
  1 key bytes
  2 value bytes
  3 lease int64
DeleteRangeRequest
  1 key bytes
RequestOp
  1 request_range RangeRequest
  2 request_put PutRequest
  3 request_delete_range DeleteRangeRequest
ResponseOp
  1 response_range RangeResponse
Compare
  1 result enum
  2 target enum
  3 key bytes
  6 mod_revision int64
TxnRequest
  1 compare repeated Compare
  2 success repeated RequestOp
  3 failure repeated RequestOp
TxnResponse
  1 header ResponseHeader
  2 succeeded bool
  3 responses repeated ResponseOp
CompactionRequest
  1 revision int64
CompactionResponse
  1 header ResponseHeader
WatchCreateRequest
  1 key bytes
  2 range_end bytes
  3 start_revision int64
  6 prev_kv bool
WatchRequest
  1 create_request WatchCreateRequest
Event
  1 type enum
  2 kv KeyValue
  3 prev_kv KeyValue
WatchResponse
  1 header ResponseHeader
  4 canceled bool
  5 compact_revision int64
  6 cancel_reason string
  11 events repeated Event
LeaseGrantRequest
  1 ttl int64
  2 id int64
LeaseGrantResponse
  2 id int64
  3 ttl int64
LeaseTimeToLiveRequest
  1 id id
LeaseTimeToLiveResponse
  3 ttl int64
Lease
  1 id int64
  2 ttl int64
Member
  1 id id
  2 name string
  3 peer_urls repeated string
  4 client_urls repeated string
  5 is_learner bool
MemberListRequest
MemberListResponse
  2 members repeated Member
MemberAddRequest
  1 peer_urls repeated string
  2 is_learner bool
MemberAddResponse
  2 member Member
  3 members repeated Member
MemberIdRequest
  1 id id
MemberIdResponse
  2 members repeated Member
StatusRequest
StatusResponse
  1 header ResponseHeader
  2 version string
  3 db_size int64
  4 leader id
  10 is_learner bool
`);

/** Compare.target: the key's modRevision. Compare.result 0 is "equal". */
export const compareMod = 2;
