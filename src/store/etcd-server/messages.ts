/** What this server reads and writes of etcd's v3 API, by field number. */
import { describeMessages } from "#net/mod.ts";

export const messages = describeMessages(`
ResponseHeader
  1 cluster_id uint64
  2 member_id uint64
  3 revision int64
  4 raft_term uint64
KeyValue
  1 key bytes
  2 create_revision int64
  3 mod_revision int64
  4 version int64
  5 value bytes
  6 lease int64
RangeRequest
  1 key bytes
  2 range_end bytes
  3 limit int64
  4 revision int64
  5 sort_order enum
  6 sort_target enum
  7 serializable bool
  8 keys_only bool
  9 count_only bool
  10 min_mod_revision int64
  11 max_mod_revision int64
  12 min_create_revision int64
  13 max_create_revision int64
RangeResponse
  1 header ResponseHeader
  2 kvs repeated KeyValue
  3 more bool
  4 count int64
PutRequest
  1 key bytes
  2 value bytes
  3 lease int64
  4 prev_kv bool
  5 ignore_value bool
  6 ignore_lease bool
PutResponse
  1 header ResponseHeader
  2 prev_kv KeyValue
DeleteRangeRequest
  1 key bytes
  2 range_end bytes
  3 prev_kv bool
DeleteRangeResponse
  1 header ResponseHeader
  2 deleted int64
  3 prev_kvs repeated KeyValue
RequestOp
  1 request_range RangeRequest
  2 request_put PutRequest
  3 request_delete_range DeleteRangeRequest
  4 request_txn TxnRequest
ResponseOp
  1 response_range RangeResponse
  2 response_put PutResponse
  3 response_delete_range DeleteRangeResponse
Compare
  1 result enum
  2 target enum
  3 key bytes
  4 version int64
  5 create_revision int64
  6 mod_revision int64
  7 value bytes
  8 lease int64
  64 range_end bytes
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
  2 physical bool
CompactionResponse
  1 header ResponseHeader
WatchCreateRequest
  1 key bytes
  2 range_end bytes
  3 start_revision int64
  4 progress_notify bool
  5 filters repeated enum
  6 prev_kv bool
  7 watch_id int64
  8 fragment bool
WatchCancelRequest
  1 watch_id int64
WatchProgressRequest
WatchRequest
  1 create_request WatchCreateRequest
  2 cancel_request WatchCancelRequest
  3 progress_request WatchProgressRequest
Event
  1 type enum
  2 kv KeyValue
  3 prev_kv KeyValue
WatchResponse
  1 header ResponseHeader
  2 watch_id int64
  3 created bool
  4 canceled bool
  5 compact_revision int64
  6 cancel_reason string
  11 events repeated Event
LeaseGrantRequest
  1 ttl int64
  2 id int64
LeaseGrantResponse
  1 header ResponseHeader
  2 id int64
  3 ttl int64
LeaseRevokeRequest
  1 id int64
LeaseRevokeResponse
  1 header ResponseHeader
LeaseKeepAliveRequest
  1 id int64
LeaseKeepAliveResponse
  1 header ResponseHeader
  2 id int64
  3 ttl int64
LeaseTimeToLiveRequest
  1 id int64
  2 keys bool
LeaseTimeToLiveResponse
  1 header ResponseHeader
  2 id int64
  3 ttl int64
  4 granted_ttl int64
  5 keys repeated bytes
StatusRequest
StatusResponse
  1 header ResponseHeader
  2 version string
  3 db_size int64
  4 leader uint64
  5 raft_index uint64
  6 raft_term uint64
  7 raft_applied_index uint64
  9 db_size_in_use int64
MemberListRequest
Member
  1 id uint64
  2 name string
  4 client_urls repeated string
MemberListResponse
  1 header ResponseHeader
  2 members repeated Member
`);

export interface Kv {
  key: Uint8Array;
  createRevision: number;
  modRevision: number;
  version: number;
  value: Uint8Array;
  lease: number;
}
export interface RangeRequest {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  limit: number;
  revision: number;
  sortOrder: number;
  sortTarget: number;
  keysOnly: boolean;
  countOnly: boolean;
  minModRevision: number;
  maxModRevision: number;
  minCreateRevision: number;
  maxCreateRevision: number;
}
export interface PutRequest {
  key: Uint8Array;
  value: Uint8Array;
  lease: number;
  prevKv: boolean;
  ignoreValue: boolean;
  ignoreLease: boolean;
}
export interface DeleteRequest {
  key: Uint8Array;
  rangeEnd: Uint8Array;
  prevKv: boolean;
}
export interface RequestOp {
  requestRange?: RangeRequest;
  requestPut?: PutRequest;
  requestDeleteRange?: DeleteRequest;
  requestTxn?: object;
}
export interface Compare {
  result: number;
  target: number;
  key: Uint8Array;
  version: number;
  createRevision: number;
  modRevision: number;
  value: Uint8Array;
  lease: number;
  rangeEnd: Uint8Array;
}
export interface TxnRequest {
  compare: Compare[];
  success: RequestOp[];
  failure: RequestOp[];
}
export interface WatchRequest {
  createRequest?: {
    key: Uint8Array;
    rangeEnd: Uint8Array;
    startRevision: number;
    progressNotify: boolean;
    filters: number[];
    prevKv: boolean;
    watchId: number;
  };
  cancelRequest?: { watchId: number };
  progressRequest?: object;
}

/** gRPC's codes that etcd refuses with. */
export const codes = { invalid: 3, notFound: 5, exists: 6, precondition: 9, outOfRange: 11, unimplemented: 12, unavailable: 14 } as const;
