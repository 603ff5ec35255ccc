/** The messages of CSI v1's node service, as data: number, name, type; and the numbers of its enumerations. Facts of the interface. */
import { describeMessages } from "#net/mod.ts";

export const csiMessages = describeMessages(`
NodeGetInfoRequest
NodeGetInfoResponse
  1 node_id string
  2 max_volumes_per_node int64
  3 accessible_topology Topology
Topology
  1 segments map<string,string>
NodeGetCapabilitiesRequest
NodeGetCapabilitiesResponse
  1 capabilities repeated NodeServiceCapability
NodeServiceCapability
  1 rpc RPC
RPC
  1 type enum
VolumeCapability
  1 block BlockVolume
  2 mount MountVolume
  3 access_mode AccessMode
BlockVolume
MountVolume
  1 fs_type string
  2 mount_flags repeated string
  3 volume_mount_group string
AccessMode
  1 mode enum
NodeStageVolumeRequest
  1 volume_id string
  2 publish_context map<string,string>
  3 staging_target_path string
  4 volume_capability VolumeCapability
  5 secrets map<string,string>
  6 volume_context map<string,string>
NodeStageVolumeResponse
NodeUnstageVolumeRequest
  1 volume_id string
  2 staging_target_path string
NodeUnstageVolumeResponse
NodePublishVolumeRequest
  1 volume_id string
  2 publish_context map<string,string>
  3 staging_target_path string
  4 target_path string
  5 volume_capability VolumeCapability
  6 readonly bool
  7 secrets map<string,string>
  8 volume_context map<string,string>
NodePublishVolumeResponse
NodeUnpublishVolumeRequest
  1 volume_id string
  2 target_path string
NodeUnpublishVolumeResponse
NodeGetVolumeStatsRequest
  1 volume_id string
  2 volume_path string
  3 staging_target_path string
NodeGetVolumeStatsResponse
  1 usage repeated VolumeUsage
  2 volume_condition VolumeCondition
VolumeUsage
  1 available int64
  2 total int64
  3 used int64
  4 unit enum
VolumeCondition
  1 abnormal bool
  2 message string
NodeExpandVolumeRequest
  1 volume_id string
  2 volume_path string
  3 capacity_range CapacityRange
  4 staging_target_path string
  5 volume_capability VolumeCapability
  6 secrets map<string,string>
NodeExpandVolumeResponse
  1 capacity_bytes int64
CapacityRange
  1 required_bytes int64
  2 limit_bytes int64
`);

/** What a node service can do besides. */
export const capability = { stageUnstage: 1, volumeStats: 2, expand: 3, singleNodeMultiWriter: 5, volumeMountGroup: 6 } as const;
export type Capability = (typeof capability)[keyof typeof capability];

/** Access modes of Kubernetes → those of the interface; a driver that tells one writer from several has words of its own for it. */
export function accessModeOf(mode: string, tellsWritersApart: boolean): number {
  switch (mode) {
    case "ReadWriteOnce":
      return tellsWritersApart ? 7 : 1;
    case "ReadWriteOncePod":
      return tellsWritersApart ? 6 : 1;
    case "ReadOnlyMany":
      return 3;
    case "ReadWriteMany":
      return 5;
    default:
      return 0;
  }
}
