/** The messages of device plugins (v1beta1) and of the pod resources API (v1), as data: number, name, type. Facts of the interfaces. */
import { describeMessages } from "#net/mod.ts";

export const pluginMessages = describeMessages(`
Empty
RegisterRequest
  1 version string
  2 endpoint string
  3 resource_name string
  4 options DevicePluginOptions
DevicePluginOptions
  1 pre_start_required bool
  2 get_preferred_allocation_available bool
ListAndWatchResponse
  1 devices repeated Device
Device
  1 ID string
  2 health string
  3 topology TopologyInfo
TopologyInfo
  1 nodes repeated NUMANode
NUMANode
  1 ID int64
PreStartContainerRequest
  1 devices_ids repeated string
PreStartContainerResponse
PreferredAllocationRequest
  1 container_requests repeated ContainerPreferredAllocationRequest
ContainerPreferredAllocationRequest
  1 available_deviceIDs repeated string
  2 must_include_deviceIDs repeated string
  3 allocation_size int32
PreferredAllocationResponse
  1 container_responses repeated ContainerPreferredAllocationResponse
ContainerPreferredAllocationResponse
  1 deviceIDs repeated string
AllocateRequest
  1 container_requests repeated ContainerAllocateRequest
ContainerAllocateRequest
  1 devices_ids repeated string
AllocateResponse
  1 container_responses repeated ContainerAllocateResponse
ContainerAllocateResponse
  1 envs map<string,string>
  2 mounts repeated Mount
  3 devices repeated DeviceSpec
  4 annotations map<string,string>
  5 cdi_devices repeated CDIDevice
CDIDevice
  1 name string
Mount
  1 container_path string
  2 host_path string
  3 read_only bool
DeviceSpec
  1 container_path string
  2 host_path string
  3 permissions string
`);

export const podResourcesMessages = describeMessages(`
AllocatableResourcesRequest
AllocatableResourcesResponse
  1 devices repeated ContainerDevices
ListPodResourcesRequest
ListPodResourcesResponse
  1 pod_resources repeated PodResources
GetPodResourcesRequest
  1 pod_name string
  2 pod_namespace string
GetPodResourcesResponse
  1 pod_resources PodResources
PodResources
  1 name string
  2 namespace string
  3 containers repeated ContainerResources
ContainerResources
  1 name string
  2 devices repeated ContainerDevices
  5 dynamic_resources repeated DynamicResource
DynamicResource
  2 claim_name string
  3 claim_namespace string
  4 claim_resources repeated ClaimResource
ClaimResource
  1 cdi_devices repeated CDIDevice
  2 driver_name string
  3 pool_name string
  4 device_name string
  5 share_id string
CDIDevice
  1 name string
ContainerDevices
  1 resource_name string
  2 device_ids repeated string
  3 topology TopologyInfo
TopologyInfo
  1 nodes repeated NUMANode
NUMANode
  1 ID int64
`);

/** A device as its plugin tells it; `health` is `Healthy` or anything else. */
export interface Device {
  ID: string;
  health: string;
  topology?: { nodes: { ID: number }[] };
}

export interface PluginOptions {
  preStartRequired: boolean;
  getPreferredAllocationAvailable: boolean;
}

/** What a container that has devices is given besides its own words. */
export interface DeviceAnswer {
  envs: Record<string, string>;
  mounts: { containerPath: string; hostPath: string; readOnly: boolean }[];
  devices: { containerPath: string; hostPath: string; permissions: string }[];
  annotations: Record<string, string>;
  cdiDevices: { name: string }[];
}
